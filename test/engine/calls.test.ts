import { expect, test } from 'vitest';
import { fill } from '../../src/engine/ops/elementwise/fill.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { batchNorm } from '../../src/engine/ops/norm/batch_norm.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

test('dispatches of one operator call share a number, and those of the next have a larger one', () => {
  const x = device.tensor(new Float32Array(64).fill(1), [16, 4]).requireGradient();
  const perChannel = () => device.tensor([1, 1, 1, 1], [4]);
  const [gamma, beta, mean, variance] = [perChannel(), perChannel(), perChannel(), perChannel()];
  const dispatches = runtimeOf(device).dispatchesOf(() => {
    const y = batchNorm(x, gamma, beta, { mean, variance }, { training: true });
    sum(relu(relu(y))).backward();
    fill(mean, 0);
    fill(mean, 0);
  });
  const runs: { operator: string; phase: string; call: number; count: number }[] = [];
  for (const { operator, phase, call } of dispatches) {
    const last = runs.at(-1);
    if (last?.call === call) last.count++;
    else runs.push({ operator, phase, call, count: 1 });
  }
  expect(runs.map(({ operator, phase }) => `${operator} ${phase}`)).toEqual([
    'batchNorm forward',
    'relu forward',
    'relu forward',
    'sum forward',
    'sum backward',
    'relu backward',
    'relu backward',
    'batchNorm backward',
    'fill forward',
    'fill forward',
  ]);
  expect(runs[0]!.count).toBeGreaterThan(1);
  const calls = runs.map(({ call }) => call);
  expect(calls).toEqual([...calls].sort((a, b) => a - b));
  expect(new Set(calls).size).toBe(calls.length);
  expect(runtimeOf(device).call).toBe(calls.at(-1));
});

test('the dispatches of a step can be had without memory for it', () => {
  const x = device.tensor(new Float32Array(1 << 20), [1 << 20]).requireGradient();
  let buffers = 0;
  const create = device.gpu.createBuffer.bind(device.gpu);
  device.gpu.createBuffer = (descriptor) => {
    buffers++;
    return create(descriptor);
  };
  try {
    const listed = runtimeOf(device).dispatchesOf(() => sum(relu(x)));
    expect(buffers).toBe(0);
    const step = device.capture(() => sum(relu(x)));
    expect(buffers).toBeGreaterThan(0);
    expect(listed.map(({ kernel }) => kernel)).toEqual(step.dispatches.map(({ kernel }) => kernel));
    step.dispose();
  } finally {
    device.gpu.createBuffer = create;
  }
});
