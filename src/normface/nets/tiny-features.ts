import type { Layer, Net } from './net.ts';

/** Batch norm, which takes over the bias, and PReLU. */
const normalisedPRelu = (index: number): Layer[] => [
  { kind: 'batchNorm', name: `norm${index}` },
  { kind: 'prelu', name: `prelu${index}` },
];

const halvingConv = (index: number, channels: number): Layer[] => [
  { kind: 'conv', name: `conv${index}`, channels, kernel: 3, stride: 2, padding: 1, bias: false },
  ...normalisedPRelu(index),
];

/**
 * A feature of two or three numbers from small pictures, to be watched while it forms: 0.7 million multiply-accumulates an image, so that
 * software drivers in browsers take a step in a fraction of a second. It sees colour, which tells generated people apart, and takes
 * digits as grey pictures. Without the batch norms all features begin in one direction, and two numbers need hundreds of steps to leave it.
 */
const tinyFeature = (outputs: 2 | 3): Net => ({
  name: `tiny-${outputs}d`,
  input: [28, 28, 3],
  layers: [
    ...halvingConv(1, 16),
    ...halvingConv(2, 32),
    ...halvingConv(3, 64),
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc4', outputs: 128, bias: false },
    ...normalisedPRelu(4),
    { kind: 'fullyConnected', name: 'fc5', outputs },
  ],
});

export const tiny2d = tinyFeature(2);
export const tiny3d = tinyFeature(3);
