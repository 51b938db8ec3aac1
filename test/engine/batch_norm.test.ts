import { describe, expect, test } from 'vitest';
import { normal01 } from '../../src/engine/core/random.ts';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { multiply } from '../../src/engine/ops/elementwise/multiply.ts';
import { batchNorm } from '../../src/engine/ops/norm/batch_norm.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** Column c has mean 10^c and deviation 1; values are f32. */
function columns(rows: number, channels: number, seed: number): Float32Array {
  return Float32Array.from(
    { length: rows * channels },
    (_, i) => normal01(seed, 0, i) + (i % channels ? 10 ** (i % channels) : 0),
  );
}

function statistics(x: Float32Array, channels: number): { mean: number[]; variance: number[] } {
  const mean: number[] = [];
  const variance: number[] = [];
  for (let c = 0; c < channels; c++) {
    const column = Array.from(x.filter((_, i) => i % channels === c));
    const average = column.reduce((a, b) => a + b, 0) / column.length;
    mean.push(average);
    variance.push(column.reduce((a, b) => a + (b - average) ** 2, 0) / column.length);
  }
  return { mean, variance };
}

const running = (channels: number) => ({
  mean: device.zeros([channels]),
  variance: device.tensor(new Float32Array(channels).fill(1), [channels]),
});
const filled = (value: number, channels: number): Tensor =>
  device.tensor(new Float32Array(channels).fill(value), [channels]);

describe.each([6, 4])('%i channels', (channels) => {
  const rows = 3001;
  const data = columns(rows, channels, channels);
  const { mean, variance } = statistics(data, channels);

  test('means up to 10⁵ times the deviation cost no digits', async () => {
    const x = device.tensor(data, [rows, channels]);
    const y = await batchNorm(x, filled(1, channels), filled(0, channels), running(channels), {
      training: true,
    }).readFloats();
    let error = 0;
    for (let i = 0; i < y.length; i++) {
      const c = i % channels;
      const expected = (data[i]! - mean[c]!) / Math.sqrt(variance[c]! + 1e-5);
      error = Math.max(error, Math.abs(y[i]! - expected));
    }
    expect(error).toBeLessThan(2e-5);
  });

  test('the gradient is orthogonal to constants and to the normalised input', async () => {
    const x = device.tensor(data, [rows, channels]).requireGradient();
    const y = batchNorm(x, filled(2, channels), filled(1, channels), running(channels), { training: true });
    sum(multiply(y, device.tensor(columns(rows, channels, 9), [rows, channels]))).backward();
    const gradient = await x.gradient!.readFloats();
    for (let c = 0; c < channels; c++) {
      let [constant, along, length] = [0, 0, 0];
      for (let i = c; i < data.length; i += channels) {
        constant += gradient[i]!;
        along += (gradient[i]! * (data[i]! - mean[c]!)) / Math.sqrt(variance[c]!);
        length += gradient[i]! ** 2;
      }
      // The weights grow to 10^c, and what is left after projection has deviation 2.
      const bound = 1e-6 * 10 ** c * rows + 1e-4 * Math.sqrt(length * rows);
      expect(Math.abs(constant)).toBeLessThan(bound);
      expect(Math.abs(along)).toBeLessThan(bound);
    }
  });

  test('running statistics move by the momentum, towards the unbiased variance', async () => {
    const x = device.tensor(data, [rows, channels]);
    const state = running(channels);
    for (let step = 0; step < 3; step++) {
      batchNorm(x, filled(1, channels), filled(0, channels), state, { training: true, momentum: 0.25 });
    }
    const [gotMean, gotVariance] = [await state.mean.readFloats(), await state.variance.readFloats()];
    const left = 0.75 ** 3;
    for (let c = 0; c < channels; c++) {
      const unbiased = (variance[c]! * rows) / (rows - 1);
      const expectedMean = (1 - left) * mean[c]!;
      const expectedVariance = left + (1 - left) * unbiased;
      expect(Math.abs(gotMean[c]! / expectedMean - 1)).toBeLessThan(c === 0 ? 1e-4 : 1e-6);
      expect(Math.abs(gotVariance[c]! / expectedVariance - 1)).toBeLessThan(1e-5);
    }
  });
});

test('momentum 1 keeps the last batch, with which inference equals training', async () => {
  const [rows, channels] = [257, 3];
  const x = device.tensor(columns(rows, channels, 1), [rows, channels]);
  const state = running(channels);
  const [gamma, beta] = [filled(0.5, channels), filled(-1, channels)];
  const trained = await batchNorm(x, gamma, beta, state, { training: true, momentum: 1 }).readFloats();
  const before = await state.mean.readFloats();
  const inferred = await batchNorm(x, gamma, beta, state, { training: false }).readFloats();
  expect(await state.mean.readFloats()).toEqual(before);
  // The running variance is the unbiased one: 1/512 less scale.
  const factor = Math.sqrt((rows - 1) / rows);
  inferred.forEach((value, i) => {
    expect(Math.abs(value + 1 - factor * (trained[i]! + 1))).toBeLessThan(2e-4);
  });
});

test('a captured step moves the running statistics once a run', async () => {
  const [rows, channels] = [64, 5];
  const x = device.tensor(columns(rows, channels, 2), [rows, channels]);
  const [eager, captured] = [running(channels), running(channels)];
  const apply = (state: typeof eager) =>
    batchNorm(x, filled(1, channels), filled(0, channels), state, { training: true });
  const step = device.capture(() => apply(captured));
  expect(await captured.mean.readFloats()).toEqual(new Float32Array(channels));
  for (let run = 0; run < 3; run++) {
    apply(eager);
    step.run();
    expect(await captured.mean.readFloats()).toEqual(await eager.mean.readFloats());
    expect(await captured.variance.readFloats()).toEqual(await eager.variance.readFloats());
  }
  step.dispose();
});

test('constant channels give beta and no NaN', async () => {
  const x = device.tensor(new Float32Array(40).fill(1e4), [10, 4]).requireGradient();
  const y = batchNorm(x, filled(3, 4), filled(0.5, 4), running(4), { training: true });
  sum(y).backward();
  expect(await y.readFloats()).toEqual(new Float32Array(40).fill(0.5));
  expect((await x.gradient!.readFloats()).every((value) => Math.abs(value) < 1e-3)).toBe(true);
});
