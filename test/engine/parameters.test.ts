import { expect, test } from 'vitest';
import { type ParameterDeclaration, Parameters } from '../../src/engine/core/parameters.ts';
import { multiply } from '../../src/engine/ops/elementwise/multiply.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { DeviceRuntime } from '../../src/engine/runtime/device.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const declare = (name: string, shape: number[], more: Partial<ParameterDeclaration> = {}) => ({
  name,
  shape,
  init: () => Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
  ...more,
});

test('parameters are views of one array, each at the start of a block of 64 floats', async () => {
  const parameters = new Parameters(device, [declare('a', [3, 5]), declare('b', [64]), declare('c', [])]);
  expect(parameters.names).toEqual(['a', 'b', 'c']);
  expect(parameters.count).toBe(80);
  expect(parameters.entries.map(({ offset }) => offset)).toEqual([0, 64, 128]);
  expect(parameters.get('a').shape).toEqual([3, 5]);
  const [window] = parameters.windows;
  const flat = await window!.values.readFloats();
  expect(flat.length).toBe(192);
  expect([flat[14], flat[15], flat[64], flat[127], flat[128], flat[129]]).toEqual([15, 0, 1, 64, 1, 0]);
  parameters.dispose();
});

test('values are written and read by name', async () => {
  const parameters = new Parameters(device, [
    declare('a', [3]),
    declare('b', [2], { init: new Float32Array([7, 8]) }),
  ]);
  const reading = parameters.readAll();
  parameters.write('a', [4, 5, 6]);
  expect(await reading).toEqual(
    new Map([
      ['a', new Float32Array([1, 2, 3])],
      ['b', new Float32Array([7, 8])],
    ]),
  );
  expect((await parameters.readAll()).get('a')).toEqual(new Float32Array([4, 5, 6]));
  expect(() => parameters.write('a', [1])).toThrow('Parameters: a [3] has 3 values, not 1');
  expect(() => parameters.get('d')).toThrow('Parameters: there is no parameter d');
});

test('a parameter made inside a scope outlives it', async () => {
  const parameters = device.scope(() => new Parameters(device, [declare('a', [2])]));
  expect((await parameters.readAll()).get('a')).toEqual(new Float32Array([1, 2]));
});

test('gradients land in the array of gradients; frozen parameters get none', async () => {
  const parameters = new Parameters(device, [declare('a', [2]), declare('b', [2], { frozen: true })]);
  const [a, b] = [parameters.get('a'), parameters.get('b')];
  device.scope(() => sum(multiply(a, b)).backward());
  expect(await a.gradient!.read()).toEqual(new Float32Array([1, 2]));
  expect((await parameters.windows[0]!.gradients.readFloats()).subarray(0, 3)).toEqual(
    new Float32Array([1, 2, 0]),
  );
  expect(b.requiresGradient).toBe(false);
  expect(b.gradient).toBeNull();
});

test.each<[string, ParameterDeclaration[], RegExp]>([
  ['nothing', [], /^Parameters: there are no declarations$/],
  ['a name twice', [declare('a', [1]), declare('a', [1])], /^Parameters: two parameters are called a$/],
  ['a wrong shape', [declare('a', [0])], /^Parameters: a: every extent.*\[0\]$/],
  [
    'too few values',
    [declare('a', [2], { init: new Float32Array(1) })],
    /^Parameters: a \[2\] has 2 values, not 1$/,
  ],
  [
    'a negative multiplier',
    [declare('a', [1], { decayMultiplier: -1 })],
    /^Parameters: the decayMultiplier of a must be.*-1$/,
  ],
])('refuses %s', (_, declarations, message) => {
  expect(() => new Parameters(device, declarations)).toThrow(message);
});

test('a step that is captured once more gives the gradients of one run, whatever ran before', async () => {
  const parameters = new Parameters(device, [declare('a', [3], { init: Float32Array.of(1, 2, 3) })]);
  const a = parameters.get('a');
  const body = () => {
    sum(multiply(a, a)).backward();
    return a.gradient!;
  };
  body();
  const steps = [device.capture(body), device.capture(body)];
  for (const step of steps) {
    for (let run = 0; run < 3; run++) step.run();
    expect([...(await step.outputs.readFloats())]).toEqual([2, 4, 6]);
    step.dispose();
  }
  parameters.dispose();
});

test('an arena larger than a buffer is refused with its size', () => {
  const small = new DeviceRuntime(device.gpu, {
    ...device.report,
    limits: { ...device.report.limits, maxBufferSize: 1024 },
  });
  expect(() => new Parameters(small, [declare('a', [300])])).toThrow(/320 parameters need.*1280 bytes.*1024/);
});
