/** CurricularFace's t: where each batch moves it, on one rank or several, and what must not move it. */

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { runInProcess } from '../../src/engine/distributed/in-process.ts';
import { rangeOf } from '../../src/engine/distributed/range.ts';
import { scoreMatrix } from '../../src/engine/ops/heads/class_scores.reference.ts';
import { marginSoftmaxLoss } from '../../src/engine/ops/heads/margin_softmax_loss.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

const [n, classes, d] = [7, 11, 5];
const features = sampleInput({ shape: [n, d] }, 1);
const weights = sampleInput({ shape: [classes, d] }, 2);
const labels = Uint32Array.of(0, 10, 5, 5, 3, 7, 0);
const scale = 16;

type Numbers = ArrayLike<number>;
const meanCosine =
  scoreMatrix(features, weights).reduce((sum, row, i) => sum + row[labels[i]!]!, 0) / labels.length;

/** One step of a head from t on, on the classes of a rank or on all: the loss, and t after it. */
async function step(t: Tensor, momentum?: number, f: Numbers = features.data) {
  return device.scope(async () => {
    const loss = marginSoftmaxLoss(
      device.tensor(Float32Array.from(f), [n, d]),
      device.tensor(Float32Array.from(weights.data), [classes, d]),
      device.tensor(labels, [n], 'u32'),
      { scale, margin: { kind: 'curricular', margin: 0.5, t, momentum } },
    );
    return { loss: await loss.item(), t: (await t.readFloats())[0]! };
  });
}

/** The same with a t that stays. */
async function lossAt(t: number) {
  return device.scope(() =>
    marginSoftmaxLoss(
      device.tensor(Float32Array.from(features.data), [n, d]),
      device.tensor(Float32Array.from(weights.data), [classes, d]),
      device.tensor(labels, [n], 'u32'),
      { scale, margin: { kind: 'curricular', margin: 0.5, t } },
    ).item(),
  );
}

describe('t', () => {
  test.each([
    [undefined, 0.99],
    [0.5, 0.5],
    [0, 0],
  ])(
    'with a momentum of %s keeps a share of %d, and the loss is that of the new one',
    async (momentum, share) => {
      const t = device.tensor([0], [1]);
      let expected = 0;
      for (let call = 0; call < 3; call++) {
        expected = share * expected + (1 - share) * meanCosine;
        const after = await step(t, momentum);
        expect(after.t / expected).toBeCloseTo(1, 5);
        expect(after.loss).toBe(await lossAt(after.t));
      }
      t.dispose();
    },
  );

  test('moves on once a step of a captured one', async () => {
    const t = device.tensor([0], [1]);
    const inputs = [
      device.tensor(Float32Array.from(features.data), [n, d]).requireGradient(),
      device.tensor(Float32Array.from(weights.data), [classes, d]).requireGradient(),
      device.tensor(labels, [n], 'u32'),
    ] as const;
    const captured = device.capture(() => {
      const loss = marginSoftmaxLoss(...inputs, { scale, margin: { kind: 'curricular', margin: 0.5, t } });
      loss.backward();
      return loss;
    });
    for (let call = 1; call <= 3; call++) {
      await captured.runAndRead([captured.outputs]);
      expect((await t.readFloats())[0]! / ((1 - 0.99 ** call) * meanCosine)).toBeCloseTo(1, 4);
    }
    captured.dispose();
    t.dispose();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'stays where a feature is %s, which the loss tells',
    async (spoilt) => {
      const t = device.tensor([0.25], [1]);
      const f = Float32Array.from(features.data);
      f[3] = spoilt;
      const after = await step(t, 0.5, f);
      expect(after).toEqual({ loss: Number.NaN, t: 0.25 });
      t.dispose();
    },
  );

  test('of features of zero is a cosine of zero', async () => {
    const t = device.tensor([0.5], [1]);
    const after = await step(t, 0.5, new Float32Array(n * d));
    expect(after.t).toBeCloseTo(0.25, 6);
    expect(after.loss).toBeGreaterThan(0);
    t.dispose();
  });

  test('is the same on every rank, and that of one process', async () => {
    const alone = device.tensor([0.5], [1]);
    const expected = await step(alone, 0.5);
    for (const size of [2, 3]) {
      const found = await runInProcess(size, async (ranks) => {
        const { first, count } = rangeOf(classes, ranks.size, ranks.rank);
        const t = device.tensor([0.5], [1]);
        const own = device.tensor(Float32Array.from(weights.data.subarray(first * d, (first + count) * d)), [
          count,
          d,
        ]);
        const f = device.tensor(Float32Array.from(features.data), [n, d]);
        const y = device.tensor(labels, [n], 'u32');
        const captured = device.capture(() =>
          marginSoftmaxLoss(f, own, y, {
            scale,
            margin: { kind: 'curricular', margin: 0.5, t, momentum: 0.5 },
            shard: { first, classes, ranks },
          }),
        );
        const [loss] = await captured.runAndRead([captured.outputs]);
        captured.dispose();
        return { loss: loss![0]!, t: (await t.readFloats())[0]! };
      });
      for (const rank of found) {
        expect(rank).toEqual(found[0]);
        expect(rank.t / expected.t).toBeCloseTo(1, 6);
        expect(rank.loss / expected.loss).toBeCloseTo(1, 5);
      }
    }
    alone.dispose();
  });
});

test('a t that is learnt, or of several numbers, is refused', () => {
  device.scope(() => {
    const inputs = [device.zeros([n, d]), device.zeros([classes, d]), device.zeros([n], 'u32')] as const;
    for (const t of [device.tensor([0.1], [1]).requireGradient(), device.zeros([2])]) {
      expect(() =>
        marginSoftmaxLoss(...inputs, { scale, margin: { kind: 'curricular', margin: 0.5, t } }),
      ).toThrow(
        /marginSoftmaxLoss: t must be a finite number or one f32 in a tensor that requires no gradient, not \[/,
      );
    }
  });
});
