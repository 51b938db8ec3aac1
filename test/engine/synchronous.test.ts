import { expect, test } from 'vitest';
import { withoutGradients } from '../../src/engine/core/recording.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const runtime = runtimeOf(device);

/** Everything that does something before and after a body, and so must have all of it in between. */
const takers: Readonly<Record<string, (body: () => unknown) => unknown>> = {
  capture: (body) => device.capture(body),
  dispatchesOf: (body) => runtime.dispatchesOf(body),
  sketch: (body) => runtime.sketch(body),
  inPart: (body) => runtime.inPart('part', body),
  editing: (body) => runtime.editing((dispatch) => dispatch, body),
  within: (body) => device.within('relu', body),
  withoutGradients,
  preferring: (body) => runtime.tuner.preferring(() => undefined, body),
  trying: (body) => runtime.settings.trying({}, body),
};

test.each(Object.entries(takers))('%s refuses an asynchronous function', (name, take) => {
  const refusal = `${name}: its function must not be asynchronous, but returned a promise; await before the call or after it`;
  expect(() => take(async () => null)).toThrow(refusal);
  // One that fails later is refused like the others, and its failure is not left unhandled.
  expect(() => take(() => Promise.reject(new Error('later')))).toThrow(refusal);
  expect(() => take(() => null)).not.toThrow();
});

test('tuned refuses an asynchronous maker', async () => {
  const made = runtime.tuner.tuned(
    async () => null,
    () => {},
  );
  await expect(made).rejects.toThrow('tuned: its function must not be asynchronous');
});

test('after a refusal the device works on', async () => {
  const x = device.tensor([-1, 2], [2]);
  expect(() => device.capture(async () => relu(x))).toThrow('asynchronous');
  const step = device.capture(() => relu(x));
  step.run();
  expect([...(await step.outputs.readFloats())]).toEqual([0, 2]);
});
