import { convPRelu, residualPairs } from './blocks.ts';
import type { Layer, Net } from './net.ts';

/** Halves the image and sets the channels, then residual pairs. */
const stage = (index: number, channels: number, pairs: number): Layer[] => [
  ...convPRelu(String(index), channels, { stride: 2, padding: 1 }),
  ...residualPairs(index, channels, pairs),
];

/**
 * SphereFace-20 of Liu et al. (arXiv 1704.08063; docs/reference.md#sphereface-20), which AM-Softmax trains too: 22,666,944 parameters (22,670,656 with the biases
 * of the residual pairs, which are frozen at 0), 1.75 billion multiply-accumulates an image. Weights start as in the Center Face
 * ResNet: residual pairs Gaussian, all others xavier.
 */
export const sphereface20: Net = {
  name: 'sphereface-20',
  input: [112, 96, 3],
  layers: [
    ...stage(1, 64, 1),
    ...stage(2, 128, 2),
    ...stage(3, 256, 4),
    ...stage(4, 512, 1),
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc5', outputs: 512 },
  ],
};
