import { describe, expect, test } from 'vitest';
import { Parameters } from '../../src/engine/core/parameters.ts';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { cContrastiveHead } from '../../src/engine/ops/heads/c_contrastive_loss.ts';
import { headInputs } from '../../src/engine/ops/heads/class_head.ts';
import { scoreMatrix } from '../../src/engine/ops/heads/class_scores.reference.ts';
import { cosineSoftmaxHead } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { softmaxLossHead } from '../../src/engine/ops/heads/softmax_loss.ts';
import { type LossWithStatistics, readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { sampleInput, sampleTensor } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

type Head = (features: Tensor, weights: Tensor, labels: Tensor) => LossWithStatistics;
const heads: [string, Head][] = [
  ['softmax', (f, w, y) => softmaxLossHead(f, w, y)],
  ['cosine softmax', (f, w, y) => cosineSoftmaxHead(f, w, y, { scale: 20 })],
  ['C-contrastive', (f, w, y) => cContrastiveHead(f, w, y)],
];

describe('heads walk over their classes', () => {
  test.each(heads)('%s: the memory of a step does not grow with the number of classes', (_, head) => {
    const [n, d] = [64, 16];
    const arenaOf = (classes: number): number =>
      device.scope(() => {
        const init = () => new Float32Array(classes * d).fill(1);
        const parameters = new Parameters(device, [{ name: 'w', shape: [classes, d], init }]);
        const features = device.tensor(new Float32Array(n * d).fill(1), [n, d]).requireGradient();
        const labels = device.tensor(new Uint32Array(n), [n], 'u32');
        const step = device.capture(() => {
          const { loss } = head(features, parameters.get('w'), labels);
          loss.backward();
          return loss;
        });
        const bytes = step.arenaBytes;
        step.dispose();
        parameters.dispose();
        return bytes;
      });
    const [few, many] = [arenaOf(40_000), arenaOf(100_000)];
    // Scores and their gradient in one window of 4 MiB each, and little else.
    expect(many).toBeLessThan(9 * 2 ** 20);
    // One over the norm of each class is all that is kept.
    expect(many - few).toBeLessThanOrEqual(1.1 * 60_000 * 4);
  });

  test('softmax is the same in windows and at once, bias included', async () => {
    const specs = [...headInputs(9, 200, 12), { shape: [200] }];
    const arrays = specs.map((spec, i) => sampleInput(spec, 40 + i));
    const run = () =>
      device.scope(async () => {
        const [f, w, y, b] = arrays.map((array, i) => sampleTensor(device, specs[i]!, array)) as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        const { loss } = softmaxLossHead(f, w, y, { bias: b });
        loss.backward();
        const gradients = [f, w, b].map((tensor) => tensor.gradient!.readFloats());
        return { loss: await loss.item(), gradients: await Promise.all(gradients) };
      });
    const whole = await run();
    const cut = await device.settings.limiting({ classWindowBytes: 64 * 12 * 4 }, run);
    expect(cut.loss).toBeCloseTo(whole.loss, 5);
    cut.gradients.forEach((gradient, i) => {
      const expected = whole.gradients[i]!;
      const scale = Math.max(...expected.map(Math.abs));
      gradient.forEach((value, k) => {
        expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-5 * scale);
      });
    });
  });

  test.each(heads)('%s: the log gets mean cosines', async (_, head) => {
    const specs = headInputs(6, 11, 5);
    const [features, weights, labels] = specs.map((spec, i) => sampleInput(spec, 60 + i)) as [
      ReturnType<typeof sampleInput>,
      ReturnType<typeof sampleInput>,
      ReturnType<typeof sampleInput>,
    ];
    const cosines = scoreMatrix(features, weights);
    const own = cosines.map((row, i) => row[labels.data[i]!]!).reduce((a, b) => a + b) / 6;
    const all = cosines.flat().reduce((a, b) => a + b);
    await device.scope(async () => {
      const [f, w, y] = specs.map((spec, i) =>
        sampleTensor(device, spec, [features, weights, labels][i]!),
      ) as [Tensor, Tensor, Tensor];
      const { positiveCosine, negativeCosine } = await readStatistics(head(f, w, y).statistics);
      expect(positiveCosine).toBeCloseTo(own, 5);
      expect(negativeCosine).toBeCloseTo((all - 6 * own) / 60, 5);
    });
  });
});
