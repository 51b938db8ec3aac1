import type { Layer, Net } from './net.ts';

/** Light CNN of Wu et al. (docs/reference.md#light-cnn): grey crops, max-feature-map for every activation, every bias 0.1. */

const pixels = { mean: 0, scale: 1 / 255 } as const;

/** Convolution, max-feature-map, which halves its channels. */
const convMaxout = (suffix: string, channels: number, kernel: number): Layer[] => [
  { kind: 'conv', name: `conv${suffix}`, channels, kernel, padding: (kernel - 1) / 2, bias: 0.1 },
  { kind: 'maxFeatureMap', name: `mfm${suffix}` },
];

/** A 1×1 convolution, then one of 3×3 pixels. */
const pair = (index: number, between: number, channels: number): Layer[] => [
  ...convMaxout(`${index}a`, between, 1),
  ...convMaxout(`${index}`, channels, 3),
];

const pool = (index: number): Layer => ({ kind: 'maxPool', name: `pool${index}`, kernel: 2 });

const feature = (outputs: number): Layer[] => [
  { kind: 'flatten', name: 'flatten' },
  { kind: 'fullyConnected', name: 'fc1', outputs, bias: 0.1 },
  { kind: 'maxFeatureMap', name: 'mfm_fc1' },
];

/** Convolution, pooling, max-feature-map; the pools round up, which the last one of 9×9 pixels needs. */
const convPoolMaxout = (index: number, channels: number, kernel: number): Layer[] => [
  { kind: 'conv', name: `conv${index}`, channels, kernel, bias: 0.1 },
  { kind: 'maxPool', name: `pool${index}`, kernel: 2, ceilMode: true },
  { kind: 'maxFeatureMap', name: `mfm${index}` },
];

/** Light CNN A: 4,098,048 parameters, 1.25 billion multiply-accumulates an image. */
export const lightCnnA: Net = {
  name: 'light-cnn-a',
  input: [128, 128, 1],
  pixels,
  layers: [
    ...convPoolMaxout(1, 96, 9),
    ...convPoolMaxout(2, 192, 5),
    ...convPoolMaxout(3, 256, 5),
    ...convPoolMaxout(4, 384, 4),
    ...feature(512),
  ],
};

/**
 * Light CNN B: 5,480,864 parameters, 977 million multiply-accumulates an image. Its dropout of 0.75 belongs to the classifier:
 * `loss.dropout`.
 */
export const lightCnnB: Net = {
  name: 'light-cnn-b',
  input: [128, 128, 1],
  pixels,
  layers: [
    ...convMaxout('1', 96, 5),
    pool(1),
    ...pair(2, 96, 192),
    pool(2),
    ...pair(3, 192, 384),
    pool(3),
    ...pair(4, 384, 256),
    ...pair(5, 256, 256),
    pool(4),
    ...feature(512),
  ],
};

/**
 * Light CNN B with a quarter of the channels and half the width of the images: 212,552 parameters, 17 million
 * multiply-accumulates an image. Learning rates must be small, as in docs/reference.md#schedules: with momentum 0.9 it learns a batch of 16 at
 * 0.002 and diverges at 0.01.
 */
export const lightCnnSmall: Net = {
  name: 'light-cnn-small',
  input: [64, 64, 1],
  pixels,
  layers: [
    ...convMaxout('1', 24, 5),
    pool(1),
    ...pair(2, 24, 48),
    pool(2),
    ...pair(3, 48, 96),
    pool(3),
    ...pair(4, 96, 64),
    ...pair(5, 64, 64),
    pool(4),
    ...feature(256),
  ],
};
