/** Softmax losses over the first rows of a class matrix are those over a matrix of these rows alone. */

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { headInputs } from '../../src/engine/ops/heads/class_head.ts';
import { cosineSoftmaxHead } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { marginSoftmaxHead } from '../../src/engine/ops/heads/margin_softmax_loss.ts';
import type { SharedHeadOptions } from '../../src/engine/ops/heads/softmax_head.ts';
import { softmaxLossHead } from '../../src/engine/ops/heads/softmax_loss.ts';
import { type LossWithStatistics, readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { uniFaceHead } from '../../src/engine/ops/heads/uniface_loss.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

type Head = (f: Tensor, w: Tensor, b: Tensor, y: Tensor, options: SharedHeadOptions) => LossWithStatistics;
const margin = { kind: 'cosine', margin: 0.35 } as const;
const curricular = () => ({ kind: 'curricular', margin: 0.5, t: device.tensor([0.4], [1]) }) as const;
const elastic = { kind: 'elastic', of: 'angle', margin: 0.5, deviation: 0.1, assignment: 'sorted' } as const;
const magnitude = { kind: 'magnitude', margins: [0.45, 0.8], norms: [1, 6] } as const;
const adaptive = () =>
  ({ kind: 'adaptive', margin: 0.4, alpha: 0.5, running: device.tensor([2, 0.5], [2]) }) as const;
const heads: [string, Head][] = [
  ['softmax with bias', (f, w, b, y, options) => softmaxLossHead(f, w, y, { bias: b, ...options })],
  [
    'softmax with smoothed labels',
    (f, w, b, y, options) => softmaxLossHead(f, w, y, { bias: b, labelSmoothing: 0.2, ...options }),
  ],
  ['cosine softmax', (f, w, _, y, options) => cosineSoftmaxHead(f, w, y, { scale: 12, ...options })],
  [
    'AdaCos',
    (f, w, _, y, options) =>
      cosineSoftmaxHead(f, w, y, { scale: device.tensor([5], [1]), ...options, adaptive: true }),
  ],
  [
    'UniFace',
    (f, w, _, y, { classesInUse }) =>
      uniFaceHead(f, w, y, { bias: device.tensor([3], [1]), s: 16, classesInUse }),
  ],
  [
    'CurricularFace',
    (f, w, _, y, options) => marginSoftmaxHead(f, w, y, { margin: curricular(), scale: 12, ...options }),
  ],
  [
    'AdaFace',
    (f, w, _, y, options) => marginSoftmaxHead(f, w, y, { margin: adaptive(), scale: 12, ...options }),
  ],
  [
    'MagFace',
    (f, w, _, y, options) => marginSoftmaxHead(f, w, y, { margin: magnitude, scale: 12, ...options }),
  ],
  [
    'ElasticFace',
    (f, w, _, y, options) => {
      device.setRandom(5, 3);
      return marginSoftmaxHead(f, w, y, { margin: elastic, scale: 12, ...options });
    },
  ],
  ['CosFace', (f, w, _, y, options) => marginSoftmaxHead(f, w, y, { margin, scale: 12, ...options })],
];

const [n, d, used] = [7, 12, 70];

async function evaluate(head: Head, classes: number, classesInUse?: number) {
  const specs = [...headInputs(n, 200, d), { shape: [200] }];
  const [features, weights, labels, bias] = specs.map((spec, i) => sampleInput(spec, 90 + i).data);
  return device.scope(async () => {
    const f = device.tensor(features!, [n, d]).requireGradient();
    const w = device.tensor(weights!.subarray(0, classes * d), [classes, d]).requireGradient();
    const b = device.tensor(bias!.subarray(0, classes), [classes]).requireGradient();
    const y = device.tensor(
      labels!.map((label) => label % used),
      [n],
      'u32',
    );
    const options = classesInUse ? { classesInUse: device.tensor([classesInUse], [1], 'u32') } : {};
    const { loss, statistics } = head(f, w, b, y, options);
    loss.backward();
    return {
      loss: await loss.item(),
      statistics: Object.values(await readStatistics(statistics)),
      features: await f.gradient!.readFloats(),
      weights: await w.gradient!.readFloats(),
      bias: b.gradient && (await b.gradient.readFloats()),
    };
  });
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const largest = Math.max(...Array.from(expected, Math.abs));
  Array.from(expected, (value, i) => expect(Math.abs(value - actual[i]!)).toBeLessThan(1e-5 * largest));
}

describe.each(heads)('%s', (_, head) => {
  test.each([
    ['at once', Number.POSITIVE_INFINITY],
    ['in windows', 64 * d * 4],
  ])('%s', async (_, limit) => {
    const alone = await evaluate(head, used);
    const part = await device.settings.limiting({ classWindowBytes: limit }, () => evaluate(head, 200, used));
    expect(part.loss / alone.loss).toBeCloseTo(1, 5);
    expectClose(part.statistics, alone.statistics);
    expectClose(part.features, alone.features);
    expectClose(part.weights.subarray(0, used * d), alone.weights);
    expect(part.weights.subarray(used * d).every((value) => value === 0)).toBe(true);
    if (!alone.bias) return;
    expectClose(part.bias!.subarray(0, used), alone.bias);
    expect(part.bias!.subarray(used).every((value) => value === 0)).toBe(true);
  });
});

test('the number of classes must be one u32', () => {
  device.scope(() => {
    const [f, w, y] = headInputs(2, 4, 3).map((spec, i) =>
      device.tensor(sampleInput(spec, i).data, spec.shape, i === 2 ? 'u32' : 'f32'),
    ) as [Tensor, Tensor, Tensor];
    expect(() => cosineSoftmaxHead(f, w, y, { scale: 1, classesInUse: device.tensor([2], [1]) })).toThrow(
      'cosineSoftmaxLoss: classesInUse must be one u32, not [1] f32',
    );
  });
});
