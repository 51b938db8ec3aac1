import type { Layer, Net } from './net.ts';

const grey28 = [28, 28, 1] as const;

/** Convolution, pooling, PReLU: here the activation comes after the pool. */
const poolPRelu = (index: number, channels: number): Layer[] => [
  { kind: 'conv', name: `conv${index}`, channels, kernel: 5 },
  { kind: 'maxPool', name: `pool${index}`, kernel: 2 },
  { kind: 'prelu', name: `prelu${index}` },
];

/**
 * The LeNet behind Fig. 2 (docs/reference.md#mnist-nets): a feature of two numbers, drawn as it is. 427,642 parameters. Its file asks for
 * Gaussian weights with a deviation of 0.01, in the fully connected layers 0.001, which leave the loss at log 10 for hundreds of
 * steps; here they are xavier.
 */
export const mnistLenet: Net = {
  name: 'mnist-lenet',
  input: grey28,
  pixels: { mean: 128, scale: 1 / 128 },
  layers: [
    ...poolPRelu(1, 20),
    ...poolPRelu(2, 50),
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc1', outputs: 500 },
    { kind: 'prelu', name: 'prelu3' },
    { kind: 'fullyConnected', name: 'fc2', outputs: 2 },
  ],
};

/** Two convolutions that keep the size, each with a PReLU whose slopes do not decay. */
const pairOfConvs = (stage: number, channels: number, kernel: number): Layer[] =>
  [1, 2].flatMap((index): Layer[] => [
    { kind: 'conv', name: `conv${stage}_${index}`, channels, kernel, padding: (kernel - 1) / 2 },
    { kind: 'prelu', name: `prelu${stage}_${index}`, decayMultiplier: 0 },
  ]);

/** 28×28 to 3×3 pixels of 128 channels: the last pool has windows of 3×3, two apart (docs/reference.md#mnist-nets). */
const trunk = (kernel: number): Layer[] => [
  ...pairOfConvs(1, 32, kernel),
  { kind: 'maxPool', name: 'pool1', kernel: 2 },
  ...pairOfConvs(2, 64, kernel),
  { kind: 'maxPool', name: 'pool2', kernel: 2 },
  ...pairOfConvs(3, 128, kernel),
  { kind: 'maxPool', name: 'pool3', kernel: 3, stride: 2, ceilMode: true },
  { kind: 'flatten', name: 'flatten' },
];

/**
 * The net of the 3-D gallery with C-contrastive loss (docs/reference.md#mnist-nets), 290,339 parameters. Its file asks for Gaussian weights
 * without a deviation, for which Caffe takes 1; here they are xavier, as in LeNets++.
 * From there losses of normalised features stay for hundreds of steps where all features point the same way; after 200 steps of
 * softmax at a rate of 0.01 C-contrastive converges.
 */
export const mnist3d: Net = {
  name: 'mnist-3d',
  input: grey28,
  pixels: { mean: 128, scale: 1 / 128 },
  layers: [...trunk(3), { kind: 'fullyConnected', name: 'fc', outputs: 3 }],
};

/** LeNets++ of Wen et al. (docs/reference.md#mnist-nets): 5×5 convolutions, and a PReLU after the feature. 797,604 parameters. */
export const lenetsPlusPlus: Net = {
  name: 'lenets-plus-plus',
  input: grey28,
  layers: [
    ...trunk(5),
    { kind: 'fullyConnected', name: 'fc', outputs: 2 },
    { kind: 'prelu', name: 'prelu_fc', decayMultiplier: 0 },
  ],
};
