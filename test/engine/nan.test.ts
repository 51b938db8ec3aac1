/** A NaN must show in what comes out: a run that diverged must not look healthy because a maximum dropped it. */

import { describe, expect, test } from 'vitest';
import type { BoundCase } from '../../src/engine/core/operator.ts';
import { maxFeatureMap } from '../../src/engine/ops/elementwise/max_feature_map.ts';
import { prelu } from '../../src/engine/ops/elementwise/prelu.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { cosineSoftmaxLoss } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { logitScale } from '../../src/engine/ops/heads/logit_scale.ts';
import { operators } from '../../src/engine/ops/index.ts';
import { batchNorm } from '../../src/engine/ops/norm/batch_norm.ts';
import { maxPool2d } from '../../src/engine/ops/pool/max_pool2d.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { sampleInput, sampleTensor } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const nan = Number.NaN;
const negativeNan = new Float32Array(new Uint32Array([0xffc00000]).buffer)[0]!;

describe('a NaN passes through', () => {
  // One channel goes by numbers, four by vectors.
  describe.each([1, 4])('with %d channels per part', (channels) => {
    const spread = (values: readonly number[]): Float32Array =>
      Float32Array.from({ length: values.length * channels }, (_, i) => values[Math.floor(i / channels)]!);

    test.each([
      ['first', [nan, 2, 3]],
      ['in the middle', [1, nan, 3]],
      ['last', [1, 2, nan]],
      ['with its sign bit set', [1, negativeNan, 3]],
      ['below an infinity', [Number.POSITIVE_INFINITY, 2, nan]],
    ])('max-feature-map, %s of three parts', async (_, values) => {
      const x = device.tensor(spread(values), [1, 3 * channels]).requireGradient();
      const y = maxFeatureMap(x, { parts: 3 });
      expect([...(await y.readFloats())]).toEqual(Array.from({ length: channels }, () => nan));
      sum(y).backward();
      const winner = values.findIndex(Number.isNaN);
      expect([...(await x.gradient!.readFloats())]).toEqual([
        ...spread([0, 1, 2].map((p) => Number(p === winner))),
      ]);
    });

    test('max-feature-map, in either half, and only there', async () => {
      const x = device.tensor(spread([nan, 1, 5, nan, 2, 3]), [3, 2 * channels]);
      expect([...(await maxFeatureMap(x).readFloats())]).toEqual([...spread([nan, nan, 3])]);
    });

    test.each([0, 1, 2, 3])('max pooling, pixel %d of the window, and only there', async (place) => {
      const image = [1, 2, 9, 9, 3, 4, 9, 9];
      image[[0, 1, 4, 5][place]!] = nan;
      const x = device.tensor(spread(image), [1, 2, 4, channels]).requireGradient();
      const y = maxPool2d(x, { kernel: 2 });
      expect([...(await y.readFloats())]).toEqual([...spread([nan, 9])]);
      sum(y).backward();
      const expected = [0, 0, 1, 0, 0, 0, 0, 0].map((one, i) => one + Number(i === [0, 1, 4, 5][place]));
      expect([...(await x.gradient!.readFloats())]).toEqual([...spread(expected)]);
    });

    test('relu and PReLU, and the gradient of a slope', async () => {
      const x = device.tensor(spread([1, nan, -1]), [3, channels]);
      const slope = device.tensor(new Float32Array(channels).fill(0.5), [channels]).requireGradient();
      expect([...(await relu(x).readFloats())]).toEqual([...spread([1, nan, 0])]);
      const y = prelu(x, slope);
      expect([...(await y.readFloats())]).toEqual([...spread([1, nan, -0.5])]);
      sum(y).backward();
      expect([...(await slope.gradient!.readFloats())]).toEqual([...spread([nan])]);
    });
  });

  test('the running variance of batch norm', async () => {
    const x = device.tensor([1, 2, nan, 4], [4, 1]);
    const one = device.tensor([1], [1]);
    const running = { mean: device.zeros([1]), variance: device.tensor([1], [1]) };
    batchNorm(x, one, device.zeros([1]), running, { training: true });
    expect(await running.mean.item()).toBeNaN();
    expect(await running.variance.item()).toBeNaN();
  });

  test('a learnt scale', async () => {
    const features = device.tensor([1, 2, 3, 4], [2, 2]);
    const labels = device.tensor([0, 1], [2], 'u32');
    const loss = cosineSoftmaxLoss(features, device.tensor([1, 0, 0, 1], [2, 2]), labels, {
      scale: device.tensor([nan], [1]),
    });
    expect(await loss.item()).toBeNaN();
  });

  test('the lower clamp of a learnt scale', async () => {
    const scale = device.tensor([nan], [1]);
    logitScale('test', scale, scale, 1);
    expect(await scale.item()).toBeNaN();
  });
});

describe('a NaN in a feature is one in the loss', () => {
  const losses = operators.filter(({ name }) => /loss$/i.test(name));
  test('there are losses', () => expect(losses.length).toBeGreaterThanOrEqual(8));
  /** What chooses a case's kernels: inputs, the loss's options, of numbers only whether they are 0, and rows read as vec4f, or long. */
  const kindOf = ({ inputs, attributes }: BoundCase): string => {
    const d = inputs[0]!.shape[1]!;
    const options = JSON.stringify(attributes, (key, value) =>
      typeof value === 'number' && key !== 'multiple' ? Math.sign(value) : value,
    );
    return [inputs.length, options, d % 4 === 0, d > 256].join();
  };
  test.each(
    losses.flatMap(({ name, cases }) => {
      const small = cases.filter(({ inputs }) => inputs[0]!.shape[0]! < 20);
      return [...new Map(small.map((sample) => [kindOf(sample), sample])).values()].map(
        (sample) => [`${name} ${sample.label}`, sample] as const,
      );
    }),
  )('%s', async (_, sample) => {
    await device.scope(async () => {
      const arrays = sample.inputs.map((spec, i) => sampleInput(spec, 1000 + i));
      arrays[0]!.data[0] = nan;
      device.setRandom(0, 0);
      const tensors = arrays.map((array, i) => sampleTensor(device, sample.inputs[i]!, array));
      const loss = sample.apply(tensors);
      expect(Array.from(await loss.read()).some(Number.isNaN)).toBe(true);
    });
  });
});
