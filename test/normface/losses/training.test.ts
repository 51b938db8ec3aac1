/** The losses of the paper's comparisons and of its follow-ups, each from a configuration. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { lossBound } from '../../../src/normface/losses/bound.ts';
import { lossNames } from '../../../src/normface/losses/names.ts';
import type { StoredTensor } from '../../../src/normface/training/checkpoint/safetensors.ts';
import type { TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import type { StepMetrics } from '../../../src/normface/training/loop.ts';
import { batch, tinyModel } from '../training/tiny.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.close());

type LossInput = NonNullable<TrainingConfigInput['loss']>;
const fixedPictures = { augmentation: { mirror: false } };

/** Losses of which one setting is not the default are those with another path through the head. */
const losses: LossInput[] = [
  { name: 'softmax', dropout: 0.3 },
  { name: 'normface', normalise: 'features', scale: { learn: false } },
  { name: 'normface', normalise: 'weights' },
  { name: 'normface', normalise: 'weights', weightNormalisation: 'hard' },
  { name: 'c-contrastive', negativeMargin: 0 },
  { name: 'c-triplet', dropout: 0.2 },
  { name: 'cosface' },
  { name: 'cosface', onlyAbove: true, scale: { initial: 10, learn: true }, weightNormalisation: 'hard' },
  { name: 'arcface', scale: { initial: 16 } },
  { name: 'arcface', scale: { initial: 16 }, straightThrough: true, weightNormalisation: 'hard' },
  { name: 'arcface', scale: { initial: 16 }, easyMargin: true },
  { name: 'sphereface' },
  { name: 'sphereface', annealing: { initial: 20, minimum: 2 }, weightNormalisation: 'hard' },
  { name: 'sphereface2', r: 10 },
  { name: 'sphereface2', r: 10, gradient: 'detached', weightNormalisation: 'hard' },
  { name: 'uniface', s: 10 },
  { name: 'uniface', s: 10, clamped: true, weightNormalisation: 'hard' },
  { name: 'adacos' },
  { name: 'adacos', dynamic: true, weightNormalisation: 'hard' },
  { name: 'circle', gamma: 16 },
  { name: 'circle', gamma: 16, weightNormalisation: 'hard' },
  { name: 'curricularface', scale: { initial: 16 } },
  { name: 'curricularface', scale: { initial: 16, learn: true }, momentum: 0.5, weightNormalisation: 'hard' },
  { name: 'adaface', scale: { initial: 16 }, alpha: 0.5 },
  { name: 'magface', scale: { initial: 16 }, leastNorm: 0.1, mostNorm: 5, lambda: 0.1 },
  { name: 'elasticface', scale: { initial: 16 }, assignment: 'sorted', weightNormalisation: 'hard' },
];

const withClassWeights = new Set(losses.map(({ name }) => name));

describe('learns one batch', () => {
  test.each(losses)('%o', async (loss) => {
    const trained = tinyModel(device, { loss, ...fixedPictures });
    // With the weight of its authors SphereFace2 has long gradients.
    const rate = loss.name === 'sphereface2' ? 0.002 : 0.01;
    const course = [];
    for (let step = 0; step < 40; step++) course.push(await trained.step(batch, rate, step));
    const [first, last] = [course[0], course.at(-1)!];
    expect(last.loss).toBeLessThan(0.5 * first!.loss);
    expect(last.positiveCosine).toBeGreaterThan(first!.positiveCosine!);
    trained.dispose();
  });

  test('no loss is missing but those of samples, which have a test of their own', () => {
    const missing = lossNames.filter((name) => !withClassWeights.has(name as LossInput['name']));
    expect(missing).toEqual(['center', 'pair-contrastive', 'triplet']);
  });
});

/** Metrics of a model's first step, and the weights after it; each computed once. */
async function firstStep(config: TrainingConfigInput): Promise<FirstStep> {
  const key = JSON.stringify(config);
  const known = firstSteps.get(key);
  if (known) return known;
  const model = tinyModel(device, { ...fixedPictures, ...config });
  const metrics = await model.step(batch, 0.01, 0);
  const { weights } = await model.snapshot();
  model.dispose();
  const first = { ...metrics, weights };
  firstSteps.set(key, first);
  return first;
}

type FirstStep = StepMetrics & { readonly weights: ReadonlyMap<string, StoredTensor> };
const firstSteps = new Map<string, FirstStep>();

describe('settings reach the loss', () => {
  /** Two settings that must not give the same loss on the first batch. */
  const pairs: [LossInput, LossInput][] = [
    [{ name: 'softmax' }, { name: 'softmax', dropout: 0.5 }],
    [{ name: 'sphereface' }, { name: 'sphereface', labelSmoothing: 0.1 }],
    [{ name: 'normface' }, { name: 'normface', normalise: 'weights', scale: { initial: 10 } }],
    [{ name: 'cosface' }, { name: 'cosface', margin: 0.2 }],
    [{ name: 'cosface' }, { name: 'cosface', onlyAbove: true }],
    [{ name: 'cosface' }, { name: 'cosface', scale: { initial: 64 } }],
    [{ name: 'arcface' }, { name: 'arcface', margin: 0.2 }],
    [{ name: 'arcface' }, { name: 'arcface', easyMargin: true }],
    [{ name: 'sphereface' }, { name: 'sphereface', annealing: { initial: 10 } }],
    [{ name: 'sphereface' }, { name: 'sphereface', multiple: 3 }],
    [{ name: 'sphereface2' }, { name: 'sphereface2', weight: 1 }],
    [{ name: 'sphereface2' }, { name: 'sphereface2', bias: { initial: 0 } }],
    [{ name: 'sphereface2' }, { name: 'sphereface2', lambda: 0.5 }],
    [{ name: 'sphereface2' }, { name: 'sphereface2', t: 1 }],
    [{ name: 'adacos' }, { name: 'adacos', dynamic: true }],
    [{ name: 'uniface' }, { name: 'uniface', s: 30 }],
    [{ name: 'uniface' }, { name: 'uniface', lambda: 0.5 }],
    [{ name: 'uniface' }, { name: 'uniface', margin: 0.2 }],
    [{ name: 'uniface' }, { name: 'uniface', bias: { initial: 0 } }],
    [
      { name: 'uniface', s: 2 },
      { name: 'uniface', s: 2, clamped: true },
    ],
    [{ name: 'circle' }, { name: 'circle', margin: 0.4 }],
    [{ name: 'curricularface' }, { name: 'curricularface', margin: 0.4 }],
    [{ name: 'curricularface' }, { name: 'curricularface', momentum: 0.5 }],
  ];
  test.each(pairs)('%o, %o', async (one, other) => {
    expect((await firstStep({ loss: one })).loss).not.toBe((await firstStep({ loss: other })).loss);
  });

  test('class weights that are not normalised get the gradient that is not projected', async () => {
    // They start with length 1: the loss is the same.
    const [both, features] = await Promise.all(
      (['both', 'features'] as const).map((normalise) =>
        firstStep({ loss: { name: 'normface', normalise } }),
      ),
    );
    expect(features!.loss).toBe(both!.loss);
    const squaredNorms = ({ weights }: FirstStep) => {
      const { data, shape } = weights.get('loss.weight')!;
      return (data as Float32Array).reduce((sum, x) => sum + x * x, 0) / shape[0]!;
    };
    // A step along the tangent is second order in the rate of 0.01, another is first order.
    expect(Math.abs(squaredNorms(both!) - 1)).toBeLessThan(1e-3);
    expect(Math.abs(squaredNorms(features!) - 1)).toBeGreaterThan(5e-3);
  });

  test('a scale that is not learnt stays, one that is learnt moves and is saved', async () => {
    for (const name of ['cosface', 'arcface'] as const) {
      for (const learn of [false, true]) {
        const { weights, scale } = await firstStep({ loss: { name, scale: { initial: 20, learn } } });
        expect(scale).toBe(20);
        expect(weights.has('loss.scale')).toBe(learn);
        if (learn) expect(weights.get('loss.scale')!.data[0]).not.toBe(20);
      }
    }
  });

  test("the bias of SphereFace2 stays where it is not learnt, and starts at its authors' value", async () => {
    const fixed = await firstStep({ loss: { name: 'sphereface2', bias: { initial: 3, learn: false } } });
    expect(fixed.weights.get('loss.bias')!.data[0]).toBe(3);
    const still = await firstStep({
      loss: { name: 'sphereface2', bias: { learningRateMultiplier: 0 } },
    });
    // Four classes: q = 7/9, with r = 40, m = 0.4 and t = 3.
    const [q, own, others] = [7 / 9, 40 * (-0.75 - 0.4), 40 * (-0.75 + 0.4)];
    const root = Math.sqrt((1 - q) ** 2 + 4 * q * Math.exp(own - others));
    expect(still.weights.get('loss.bias')!.data[0]).toBeCloseTo(
      Math.log(2 * q) - others - Math.log(1 - q + root),
      4,
    );
  });

  test('AdaCos: √2·log 3 with four classes', async () => {
    expect((await firstStep({ loss: { name: 'adacos' } })).scale).toBeCloseTo(Math.SQRT2 * Math.log(3), 6);
    const dynamic = await firstStep({ loss: { name: 'adacos', dynamic: true } });
    expect(dynamic.weights.get('loss.scale')!.data[0]).toBe(dynamic.scale);
    expect(() => tinyModel(device, { loss: { name: 'adacos' } }, 2)).toThrow(
      'the loss "adacos" needs at least 3 people, not 2',
    );
  });

  test('multipliers of the class matrix', async () => {
    const weightsOf = async (loss: LossInput) => [
      ...(await firstStep({ loss })).weights.get('loss.weight')!.data,
    ];
    for (const name of withClassWeights) {
      expect(await weightsOf({ name }), name).not.toEqual(
        await weightsOf({ name, learningRateMultiplier: 0 }),
      );
    }
    for (const name of ['cosface', 'sphereface2'] as const) {
      expect(await weightsOf({ name, decayMultiplier: 9 }), name).not.toEqual(await weightsOf({ name }));
    }
  });
});

describe('bounds in the log', () => {
  test('of losses over cosines of both sides, with their scale and margin, times the weight', async () => {
    const boundOf = async (loss: LossInput) => (await firstStep({ loss })).bound;
    expect(await boundOf({ name: 'normface', weight: 3 })).toBeCloseTo(3 * lossBound(4, 10), 9);
    expect(await boundOf({ name: 'cosface', scale: { initial: 4 } })).toBeCloseTo(
      Math.log1p(3 * Math.exp(4 * (0.35 - 4 / 3))),
      9,
    );
    expect(await boundOf({ name: 'cosface', onlyAbove: true })).toBeCloseTo(lossBound(4, 30), 12);
    expect(await boundOf({ name: 'adacos' })).toBeCloseTo(lossBound(4, Math.SQRT2 * Math.log(3)), 6);
  });

  test.each<LossInput>([
    { name: 'softmax' },
    { name: 'normface', normalise: 'features' },
    { name: 'normface', normalise: 'weights' },
    { name: 'normface', classSampling: { rate: 0.9 } },
    { name: 'normface', labelSmoothing: 0.1 },
    { name: 'arcface' },
    { name: 'sphereface' },
    { name: 'sphereface2' },
    { name: 'uniface' },
    { name: 'circle' },
    { name: 'curricularface' },
    { name: 'magface' },
  ])('none: %o', async (loss) => {
    expect((await firstStep({ loss })).bound).toBeUndefined();
  });
});

describe('a restored model continues with the same bits', () => {
  test.each<LossInput>([
    { name: 'sphereface', annealing: { gamma: 10, minimum: 1 }, dropout: 0.2 },
    { name: 'adacos', dynamic: true },
    { name: 'sphereface2' },
    { name: 'curricularface', momentum: 0.5, classSampling: { rate: 0.5 } },
    { name: 'uniface', classSampling: { rate: 0.5 } },
    { name: 'cosface', classSampling: { rate: 0.5 }, scale: { learn: true } },
    { name: 'softmax', bias: true, classSampling: { rate: 0.5 } },
    { name: 'adaface', alpha: 0.3, classSampling: { rate: 0.5 } },
    { name: 'elasticface', deviation: 0.1, classSampling: { rate: 0.5 } },
    { name: 'magface', leastNorm: 0.1, mostNorm: 5, classSampling: { rate: 0.5 } },
  ])('%o', async (loss) => {
    const people = 20;
    for (const optimiser of [{ name: 'sgd' }, { name: 'adamw', learningRate: 0.001 }] as const) {
      const config: TrainingConfigInput = { loss, optimiser };
      const names = { source: 'x', net: 'tiny' };
      const whole = tinyModel(device, config, people);
      for (let step = 0; step < 3; step++) await whole.step(batch, 0.002, step);
      const saved = await whole.snapshot();
      const expected = [];
      for (let step = 3; step < 6; step++) expected.push(await whole.step(batch, 0.002, step));
      const other = tinyModel(device, config, people);
      await other.step(batch, 0.1, 0);
      other.restore(saved, names);
      const resumed = [];
      for (let step = 3; step < 6; step++) resumed.push(await other.step(batch, 0.002, step));
      expect(resumed).toEqual(expected);
      expect(await other.snapshot()).toEqual(await whole.snapshot());
      whole.dispose();
      other.dispose();
    }
  });
});
