/** Samples that a head recognises with certainty: 1 − p of their class is far below the rounding of 1, and so is the gradient. */

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { cContrastiveLoss } from '../../src/engine/ops/heads/c_contrastive_loss.ts';
import { cTripletLoss } from '../../src/engine/ops/heads/c_triplet_loss.ts';
import { rowOf, scoreMatrix } from '../../src/engine/ops/heads/class_scores.reference.ts';
import { cosineSoftmaxLoss } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { marginSoftmaxLoss } from '../../src/engine/ops/heads/margin_softmax_loss.ts';
import { softmaxLoss } from '../../src/engine/ops/heads/softmax_loss.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

type Loss = (features: Tensor, weights: Tensor, labels: Tensor) => Tensor;

async function evaluate(loss: Loss, features: ArrayLike<number>, weights: ArrayLike<number>, d: number) {
  return device.scope(async () => {
    const f = device.tensor(features, [features.length / d, d]).requireGradient();
    const w = device.tensor(weights, [weights.length / d, d]).requireGradient();
    const value = loss(f, w, device.tensor(new Uint32Array(f.shape[0]!), [f.shape[0]!], 'u32'));
    value.backward();
    return {
      loss: await value.item(),
      features: await f.gradient!.readFloats(),
      weights: await w.gradient!.readFloats(),
    };
  });
}

const d = 7;
const scale = 40;
const cosFace = { kind: 'cosine', margin: 0.35 } as const;
const arcFace = { kind: 'angle', margin: 0.5 } as const;

/** A feature in the direction of its class weight, which is not of length 1, and a second weight at some cosine to them. */
function nearOwnClass(cosine: number) {
  const a = rowOf(sampleInput({ shape: [1, d] }, 3), 0);
  const b = rowOf(sampleInput({ shape: [1, d] }, 4), 0);
  const length = (x: ArrayLike<number>): number => Math.hypot(...Array.from(x));
  const unit = a.map((x) => x / length(a));
  const along = b.reduce((sum, x, k) => sum + x * unit[k]!, 0);
  const across = b.map((x, k) => x - along * unit[k]!);
  const other = unit.map((x, k) => cosine * x + Math.sqrt(1 - cosine ** 2) * (across[k]! / length(across)));
  const features = Float32Array.from(unit, (x) => 1.7 * x);
  const weights = Float32Array.from([...unit.map((x) => 0.6 * x), ...other.map((x) => 2.3 * x)]);
  return { features, weights };
}

describe('the gradient of 1 − p ≈ 1e-16 has all its digits', () => {
  test.each<[string, Loss, typeof cosFace | null]>([
    ['cosine softmax', (f, w, y) => cosineSoftmaxLoss(f, w, y, { scale }), null],
    ['CosFace', (f, w, y) => marginSoftmaxLoss(f, w, y, { margin: cosFace, scale }), cosFace],
  ])('%s', async (_, loss, margin) => {
    const { features, weights } = nearOwnClass(margin ? -0.27 : 0.08);
    const found = await evaluate(loss, features, weights, d);
    const matrix = (data: Float32Array) => ({
      shape: [data.length / d, d],
      data: Float64Array.from(data),
    });
    const [own, other] = scoreMatrix(matrix(features), matrix(weights))[0]!;
    const odds = Math.exp(scale * (other! - own! + (margin?.margin ?? 0)));
    expect(odds).toBeLessThan(2e-16);
    expect(found.loss / odds).toBeCloseTo(1, 4);
    // s·(1 − p)·(ŵ_2 − c·f̂)/‖f‖: the own weight is in the direction of the feature.
    const length = Math.hypot(...features);
    const second = weights.slice(d);
    const expected = features.map(
      (x, k) => (scale * odds * (second[k]! / Math.hypot(...second) - (other! * x) / length)) / length,
    );
    const largest = Math.max(...expected.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-16);
    for (const [k, value] of found.features.entries())
      expect(Math.abs(value - expected[k]!) / largest).toBeLessThan(1e-4);
  });

  test('plain softmax, with a bias', async () => {
    const bias: Loss = (f, w, y) => softmaxLoss(f, w, y, { bias: device.tensor([30, -7], [2]) });
    const found = await evaluate(bias, [1, 0], [1, 2, 0.5, -1], 2);
    const odds = Math.exp(0.5 - 7 - 31);
    expect(found.loss / odds).toBeCloseTo(1, 4);
    [0.5 - 1, -1 - 2].forEach((difference, k) => {
      expect(found.features[k]! / (odds * difference)).toBeCloseTo(1, 4);
    });
  });
});

describe('one class: loss and gradients are exactly zero', () => {
  const { data: features } = sampleInput({ shape: [5, d] }, 8);
  const { data: weights } = sampleInput({ shape: [1, d] }, 9);
  test.each<[string, Loss]>([
    ['softmax', (f, w, y) => softmaxLoss(f, w, y)],
    ['cosine softmax', (f, w, y) => cosineSoftmaxLoss(f, w, y, { scale: 64 })],
    ['CosFace', (f, w, y) => marginSoftmaxLoss(f, w, y, { margin: cosFace, scale: 64 })],
    ['ArcFace', (f, w, y) => marginSoftmaxLoss(f, w, y, { margin: arcFace, scale: 64 })],
    [
      'SphereFace',
      (f, w, y) =>
        marginSoftmaxLoss(f, w, y, {
          margin: { kind: 'multiple-angle', multiple: 4, annealing: 3 },
          scale: 1,
          normaliseFeatures: false,
        }),
    ],
    [
      'circle',
      (f, w, y) => marginSoftmaxLoss(f, w, y, { margin: { kind: 'circle', margin: 0.25 }, scale: 256 }),
    ],
  ])('%s', async (_, loss) => {
    const found = await evaluate(loss, features, weights, d);
    expect(found.loss).toBe(0);
    for (const value of [...found.features, ...found.weights]) expect(Math.abs(value)).toBe(0);
  });
});

/** −log of what ArcFace leaves for the other class is the own logit, where the other cosine is 0. */
test.each([
  ['along an axis', 0],
  ['in any direction', 1],
  ['1e-4 away', 1e-4],
])('ArcFace: the own logit is exact for a feature at its class weight, %s', async (_, kind) => {
  const { data } = sampleInput({ shape: [1, d] }, 12);
  const feature = Float32Array.from({ length: d + 2 }, (_, k) =>
    kind === 0 ? (k === 3 ? 1 : 0) : k < d ? data[k]! : 0,
  );
  const weights = new Float32Array(2 * (d + 2));
  weights.set(feature);
  weights[2 * (d + 2) - 1] = 1;
  if (kind === 1e-4) weights[d] = Math.fround(1e-4 * Math.hypot(...feature));
  const s = 64;
  const loss: Loss = (f, w, y) => marginSoftmaxLoss(f, w, y, { margin: arcFace, scale: s });
  const found = await evaluate(loss, feature, weights, d + 2);
  const angle = kind === 1e-4 ? Math.atan(1e-4) : 0;
  expect(Math.abs(-Math.log(found.loss) - s * Math.cos(angle + arcFace.margin))).toBeLessThan(2e-4);
});

describe('C-contrastive and C-triplet keep the digits of a small distance', () => {
  test.each<[string, Loss]>([
    ['C-contrastive', (f, w, y) => cContrastiveLoss(f, w, y)],
    ['C-triplet with center loss', (f, w, y) => cTripletLoss(f, w, y, { margin: 0.1 })],
  ])('%s', async (_, loss) => {
    const { features, weights } = nearOwnClass(-0.5);
    for (const tilt of [1e-2, 1e-3, 1e-4]) {
      const tilted = weights.map((x, k) => (k < d ? x + 0.6 * tilt * Math.sin(k) : x));
      const units = [features, tilted.slice(0, d)].map((row) =>
        Array.from(row, (x) => x / Math.hypot(...row)),
      );
      const distance = units[0]!.reduce((sum, x, k) => sum + (x - units[1]![k]!) ** 2, 0);
      const found = await evaluate(loss, features, tilted, d);
      expect(Math.abs(found.loss / distance - 1)).toBeLessThan(1e-6 / tilt);
    }
  });
});
