/** Steps on gradients that are a factor times what they stand for, and what becomes of the factor. */

import { describe, expect, test } from 'vitest';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { Adam } from '../../../src/engine/optim/adam.ts';
import { measureClipping } from '../../../src/engine/optim/clip.ts';
import { LossScale } from '../../../src/engine/optim/loss_scale.ts';
import type { OptimiserOptions } from '../../../src/engine/optim/optimiser.ts';
import { SGD } from '../../../src/engine/optim/sgd.ts';
import { testDevice } from '../open.ts';
import { bitsOf, GradientSource } from './harness.ts';

const device = await testDevice();

type Make = (source: GradientSource, options: OptimiserOptions) => Adam | SGD;
const optimisers: readonly [string, Make][] = [
  ['SGD', ({ parameters }, options) => new SGD(parameters, options)],
  ['Adam', ({ parameters }, options) => new Adam(parameters, options)],
];

/** Parameters, an optimiser of them, and one captured step. */
function prepared(make: Make, scaled: boolean, options: Partial<OptimiserOptions> = {}) {
  const source = new GradientSource(device);
  const lossScale = scaled ? new LossScale(device) : null;
  const optimiser = make(source, { learningRate: 0.1, weightDecay: 0.01, ...options, lossScale });
  const step = device.capture(() => {
    const loss = source.loss();
    if (lossScale) lossScale.backward(loss);
    else loss.backward();
    optimiser.step();
  });
  const all = async () => {
    const state = await optimiser.state();
    state.delete('lossScale');
    return bitsOf(new Map([...(await source.parameters.readAll()), ...state]));
  };
  return { source, optimiser, step, all, scale: () => lossScale!.state.read() };
}

describe.each(optimisers)('%s', (_, make) => {
  test.each([
    ['not clipped', Number.POSITIVE_INFINITY],
    ['clipped', 5],
    ['not clipped by a bound above the norm', 1000],
  ])('gives the same with a scale, %s', async (_, clipNorm) => {
    const [plain, scaled] = [false, true].map((isScaled) => prepared(make, isScaled, { clipNorm }));
    for (let i = 0; i < 3; i++) {
      for (const one of [plain!, scaled!]) {
        one.source.write(i);
        one.step.run();
      }
    }
    // A power of two changes no digit.
    expect(await scaled!.all()).toEqual(await plain!.all());
    expect([...(await scaled!.scale())]).toEqual([2 ** 16, 3, 0, 0]);
    const [factor, norm] = await scaled!.optimiser.clipping!.readFloats();
    if (Number.isFinite(clipNorm))
      expect([factor! * 2 ** 16, norm]).toEqual([...(await plain!.optimiser.clipping!.readFloats())]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e35])(
    'takes no step where a gradient is %f, and goes on',
    async (planted) => {
      const { source, step, all, scale } = prepared(make, true);
      source.write(0);
      step.run();
      const before = await all();
      source.gradients.get('slope')!.write(source.write(1).get('slope')!.fill(planted, 64));
      step.run();
      expect(await all()).toEqual(before);
      expect([...(await scale())]).toEqual([2 ** 15, 0, 1, 1]);
      source.write(1);
      step.run();
      expect(await all()).not.toEqual(before);
      expect([...(await scale())]).toEqual([2 ** 15, 1, 1, 0]);
    },
  );
});

describe('the scale', () => {
  const { source, optimiser, step, all, scale } = prepared(optimisers[0]![1], true);
  /** The scale after one step from there. */
  const stepFrom = async (state: readonly number[], planted?: number): Promise<number[]> => {
    optimiser.restore(new Map([...(await optimiser.state()), ['lossScale', Float32Array.from(state)]]));
    source.write(0);
    if (planted !== undefined) source.gradients.get('scalar')!.write([planted]);
    step.run();
    return [...(await scale())];
  };

  test('is doubled after 2000 good steps, and not beyond 2²⁴', async () => {
    expect(await stepFrom([2 ** 16, 1998, 7, 1])).toEqual([2 ** 16, 1999, 7, 0]);
    expect(await stepFrom([2 ** 16, 1999, 7, 0])).toEqual([2 ** 17, 0, 7, 0]);
    expect(await stepFrom([2 ** 24, 1999, 7, 0])).toEqual([2 ** 24, 2000, 7, 0]);
    expect(await stepFrom([2 ** 24, 2000, 7, 0])).toEqual([2 ** 24, 2000, 7, 0]);
    expect(await stepFrom([2 ** 24, 2000, 7, 0], Number.NaN)).toEqual([2 ** 23, 0, 8, 1]);
  });

  test('at 1 hides nothing: what is not finite then shows in the weights', async () => {
    expect(await stepFrom([2, 5, 7, 0], Number.NaN)).toEqual([1, 0, 8, 1]);
    expect(Object.values(await all()).some((bits) => bits.some((word) => word === 0x7fc00000))).toBe(false);
    expect((await stepFrom([1, 5, 7, 0], Number.NaN))[0]).toBe(1);
    expect((await source.parameters.readAll()).get('scalar')![0]).toBeNaN();
  });
});

test('all ranks skip a step where one of them has an infinite gradient of its own', async () => {
  const outcomes = await runInProcess(3, async (ranks) => {
    const clipping = device.tensor([0, 0], [2]);
    const lossScale = new LossScale(device);
    const own = device.tensor(
      new Float32Array(64).fill(ranks.rank === 1 ? Number.POSITIVE_INFINITY : 1),
      [64],
    );
    const same = device.zeros([64]);
    const step = device.capture(() =>
      measureClipping([same], 10, clipping, { own: [own], ranks, lossScale }),
    );
    await step.runAndRead([]);
    return [(await clipping.read())[0], ...(await lossScale.state.read())];
  });
  expect(outcomes).toEqual(Array(3).fill([-1, 2 ** 15, 0, 1, 1]));
});
