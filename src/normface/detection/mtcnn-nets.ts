/**
 * The three nets of MTCNN (Zhang, Zhang, Li, Qiao: Joint Face Detection and Alignment using Multi-task Cascaded Convolutional Networks,
 * arXiv 1604.02878, figure 2), with the layers of the models that its authors published: PReLU everywhere, poolings that round up.
 * Pictures stand upright here; bytes become (byte − 127.5)/128.
 *
 * The outputs of the heads are side by side: two scores (no face, face), how far left, top, right and bottom edge are from those of the
 * true box in fractions of the window, and, of O-Net, five x and five y of points as fractions of the window.
 */

import type { Layer, Net } from '../nets/net.ts';

/** Convolution without padding, and PReLU. */
const conv = (number: number, channels: number, kernel: number): Layer[] => [
  { kind: 'conv', name: `conv${number}`, channels, kernel },
  { kind: 'prelu', name: `prelu${number}` },
];

const pool = (number: number, kernel: number): Layer => ({
  kind: 'maxPool',
  name: `pool${number}`,
  kernel,
  stride: 2,
  ceilMode: true,
});

const fullyConnected = (number: number, outputs: number): Layer[] => [
  { kind: 'flatten', name: 'flatten' },
  { kind: 'fullyConnected', name: `fc${number}`, outputs },
  { kind: 'prelu', name: `prelu${number}` },
];

/** Extents of windows, and how far P-Net's are apart. */
export const windowOf = { proposal: { size: 12, stride: 2 }, refinement: 24, output: 48 } as const;

/** P-Net: a map of 6 numbers for each window of 12 pixels, which lie two pixels apart. */
export const proposalNet = (height: number, width: number): Net => ({
  name: 'MTCNN P-Net',
  input: [height, width, 3],
  layers: [
    ...conv(1, 10, 3),
    pool(1, 2),
    ...conv(2, 16, 3),
    ...conv(3, 32, 3),
    { kind: 'conv', name: 'heads', channels: 6, kernel: 1 },
  ],
});

/** R-Net: 6 numbers for a window of 24 pixels. */
export const refinementNet: Net = {
  name: 'MTCNN R-Net',
  input: [24, 24, 3],
  layers: [
    ...conv(1, 28, 3),
    pool(1, 3),
    ...conv(2, 48, 3),
    pool(2, 3),
    ...conv(3, 64, 2),
    ...fullyConnected(4, 128),
    { kind: 'fullyConnected', name: 'heads', outputs: 6 },
  ],
};

/** O-Net: 16 numbers for a window of 48 pixels. */
export const outputNet: Net = {
  name: 'MTCNN O-Net',
  input: [48, 48, 3],
  layers: [
    ...conv(1, 32, 3),
    pool(1, 3),
    ...conv(2, 64, 3),
    pool(2, 3),
    ...conv(3, 64, 3),
    pool(3, 2),
    ...conv(4, 128, 2),
    ...fullyConnected(5, 256),
    { kind: 'fullyConnected', name: 'heads', outputs: 16 },
  ],
};
