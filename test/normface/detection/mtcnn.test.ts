import { expect, test } from 'vitest';
import { ImageNet } from '../../../src/normface/detection/image-net.ts';
import { Mtcnn } from '../../../src/normface/detection/mtcnn.ts';
import { mtcnnNets } from '../../../src/normface/detection/mtcnn-weights.ts';
import type { ModelFile } from '../../../src/normface/models/model-file.ts';
import { testDevice } from '../../engine/open.ts';
import { convolved, type Maps, mapped, pooled, randomPicture } from './loops.ts';
import { mtcnnFiles } from './mtcnn-files.ts';

const device = await testDevice();
const [proposal, refinement, output] = mtcnnFiles('pytorch').map((model, i) => ({
  model,
  source: `net${i + 1}`,
}));
const nets = mtcnnNets({ proposal: proposal!, refinement: refinement!, output: output! });

const pixel = (byte: number) => (byte - 127.5) / 128;

/** By the names of a file in PyTorch's layout. */
function loops({ tensors }: ModelFile) {
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const valuesOf = (name: string) => stored.get(name)!.values();
  return {
    conv(x: Maps, layer: string, prelu?: string): Maps {
      const [outputs, inputs, kernel] = stored.get(`${layer}.weight`)!.shape as [number, number, number];
      const weight = valuesOf(`${layer}.weight`);
      const at = (v: number, u: number, i: number, o: number) =>
        weight[((o * inputs + i) * kernel + v) * kernel + u]!;
      const y = convolved(x, kernel, outputs, at, valuesOf(`${layer}.bias`));
      if (!prelu) return y;
      const slope = valuesOf(`${prelu}.weight`);
      return mapped(y, (value, c) => (value > 0 ? value : slope[c]! * value));
    },
    linear(x: readonly number[], layer: string, prelu?: string): number[] {
      const weight = valuesOf(`${layer}.weight`);
      const slope = prelu ? valuesOf(`${prelu}.weight`) : null;
      return [...valuesOf(`${layer}.bias`)].map((bias, o) => {
        const sum = x.reduce((total, value, i) => total + value * weight[o * x.length + i]!, bias);
        return slope && sum < 0 ? slope[o]! * sum : sum;
      });
    },
  };
}

/** [x, y, channel], as the PyTorch conversion flattens. */
const flattened = (x: Maps): number[] => x[0]!.flatMap((_, column) => x.flatMap((row) => row[column]!));

const largestError = (got: Float32Array, wanted: readonly number[]): number =>
  Math.max(...wanted.map((value, i) => Math.abs(value - got[i]!)));

test('P-Net gives the map that loops in float64 give, also where the pooling hangs over the border', async () => {
  const [height, width] = [17, 22];
  const net = new ImageNet(device, nets.proposal(height, width), 1);
  const { pixels, input } = randomPicture(height, width, 3, pixel);
  const got = await net.run(pixels);
  const { conv } = loops(proposal!.model);
  const features = conv(
    conv(pooled(conv(input, 'conv1', 'prelu1'), 2, 2, true), 'conv2', 'prelu2'),
    'conv3',
    'prelu3',
  );
  const [scores, moves] = [conv(features, 'conv4_1'), conv(features, 'conv4_2')];
  expect(net.outputShape).toEqual([scores.length, scores[0]!.length, 6]);
  const wanted = scores.flatMap((row, y) => row.flatMap((pair, x) => [...pair, ...moves[y]![x]!]));
  expect(got).toHaveLength(wanted.length);
  expect(largestError(got, wanted)).toBeLessThan(1e-5);
  net.dispose();
});

test('R-Net and O-Net give what loops in float64 give', async () => {
  const refine = new ImageNet(device, nets.refinement, 2);
  const look = new ImageNet(device, nets.output, 1);
  const small = randomPicture(24, 24, 4, pixel);
  const large = randomPicture(48, 48, 5, pixel);
  const r = loops(refinement!.model);
  let x = pooled(r.conv(small.input, 'conv1', 'prelu1'), 3, 2, true);
  x = r.conv(pooled(r.conv(x, 'conv2', 'prelu2'), 3, 2, true), 'conv3', 'prelu3');
  const hidden = r.linear(flattened(x), 'dense4', 'prelu4');
  const second = new Uint8Array(2 * small.pixels.length);
  second.set(small.pixels, small.pixels.length);
  const got = (await refine.run(second)).subarray(6);
  expect(largestError(got, [...r.linear(hidden, 'dense5_1'), ...r.linear(hidden, 'dense5_2')])).toBeLessThan(
    1e-5,
  );

  const o = loops(output!.model);
  x = pooled(o.conv(large.input, 'conv1', 'prelu1'), 3, 2, true);
  x = pooled(o.conv(x, 'conv2', 'prelu2'), 3, 2, true);
  x = o.conv(pooled(o.conv(x, 'conv3', 'prelu3'), 2, 2, true), 'conv4', 'prelu4');
  const face = o.linear(flattened(x), 'dense5', 'prelu5');
  const heads = ['dense6_1', 'dense6_2', 'dense6_3'].flatMap((name) => o.linear(face, name));
  expect(largestError(await look.run(large.pixels), heads)).toBeLessThan(1e-5);
  refine.dispose();
  look.dispose();
});

test('options out of range and photographs without their bytes are refused', async () => {
  expect(() => new Mtcnn(device, nets, { minFace: 11 })).toThrow(
    'the smallest face must be 12 pixels or more, not 11',
  );
  expect(() => new Mtcnn(device, nets, { thresholds: [0.6, 1, 0.7] })).toThrow(
    'thresholds lie between 0 and 1, not 0.6, 1, 0.7',
  );
  const detector = new Mtcnn(device, nets);
  await expect(detector.detect({ width: 3, height: 2, data: new Uint8Array(18) })).rejects.toThrow(
    'a photograph of 3 × 2 pixels needs 24 bytes of red, green, blue and alpha, not 18',
  );
  // Too small for the smallest face.
  expect(await detector.detect({ width: 3, height: 2, data: new Uint8Array(24) })).toEqual([]);
  detector.dispose();
});
