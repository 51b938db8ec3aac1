/** Files of MTCNN with random weights, in the shapes and order of the published ones. */

import type { ModelFile, ModelTensor } from '../../../src/normface/models/model-file.ts';
import { randomTensor } from './loops.ts';

type Shapes = readonly (readonly [name: string, shape: readonly number[]])[];

/** Weights, bias and, unless it is a head, the slopes behind. */
const layer = (name: string, weight: readonly number[], prelu?: string): Shapes => [
  [`${name}.weight`, weight],
  [`${name}.bias`, [weight[0]!]],
  ...(prelu ? [[`${prelu}.weight`, [weight[0]!]] as const] : []),
];

const shapes: readonly Shapes[] = [
  [
    ...layer('conv1', [10, 3, 3, 3], 'prelu1'),
    ...layer('conv2', [16, 10, 3, 3], 'prelu2'),
    ...layer('conv3', [32, 16, 3, 3], 'prelu3'),
    ...layer('conv4_1', [2, 32, 1, 1]),
    ...layer('conv4_2', [4, 32, 1, 1]),
  ],
  [
    ...layer('conv1', [28, 3, 3, 3], 'prelu1'),
    ...layer('conv2', [48, 28, 3, 3], 'prelu2'),
    ...layer('conv3', [64, 48, 2, 2], 'prelu3'),
    ...layer('dense4', [128, 576], 'prelu4'),
    ...layer('dense5_1', [2, 128]),
    ...layer('dense5_2', [4, 128]),
  ],
  [
    ...layer('conv1', [32, 3, 3, 3], 'prelu1'),
    ...layer('conv2', [64, 32, 3, 3], 'prelu2'),
    ...layer('conv3', [64, 64, 3, 3], 'prelu3'),
    ...layer('conv4', [128, 64, 2, 2], 'prelu4'),
    ...layer('dense5', [256, 1152], 'prelu5'),
    ...layer('dense6_1', [2, 256]),
    ...layer('dense6_2', [4, 256]),
    ...layer('dense6_3', [10, 256]),
  ],
];

/** P-Net, R-Net and O-Net; weights about as large as those that keep the size of numbers from layer to layer. */
export const mtcnnFiles = (format: 'pytorch' | 'caffe'): ModelFile[] =>
  shapes.map((tensors, net) => ({
    format,
    tensors: tensors.map(([name, shape], i) => {
      const inputs = shape.slice(1).reduce((product, extent) => product * extent, 1);
      return randomTensor(name, shape, 100 * net + i, shape.length > 1 ? Math.sqrt(3 / inputs) : 0.3);
    }),
  }));

/** The net of a PyTorch file as Caffe has it, for pictures with rows and columns exchanged. */
export const transposed = ({ tensors }: ModelFile): ModelFile => ({
  format: 'caffe',
  tensors: tensors.map((tensor) => {
    const { name, shape } = tensor;
    if (shape.length === 4) return { name, shape, values: () => exchanged(tensor, shape[2]!) };
    // [out, (x, y, channel)] to [out, (channel, x, y)], of 3 × 3 pixels.
    if (name === 'dense4.weight' || name === 'dense5.weight')
      return { name, shape, values: () => channelsFirst(tensor) };
    return tensor;
  }),
});

function exchanged(tensor: ModelTensor, kernel: number): Float32Array {
  const values = tensor.values();
  return values.map((_, i) => {
    const [a, b] = [Math.floor(i / kernel) % kernel, i % kernel];
    return values[i - a * kernel - b + b * kernel + a]!;
  });
}

function channelsFirst(tensor: ModelTensor): Float32Array {
  const [values, inputs] = [tensor.values(), tensor.shape[1]!];
  const channels = inputs / 9;
  return values.map((_, i) => {
    const [row, at] = [Math.floor(i / inputs), i % inputs];
    return values[row * inputs + (at % 9) * channels + Math.floor(at / 9)]!;
  });
}
