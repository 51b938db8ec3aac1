import type { Layer, Net } from './net.ts';

/** Convolution with bias 0.1 and max-feature-map, which halves its channels. */
const convMaxout = (suffix: string, channels: number, kernel: number, padding: number): Layer[] => [
  { kind: 'conv', name: `conv${suffix}`, channels, kernel, padding, bias: 0.1 },
  { kind: 'maxFeatureMap', name: `mfm${suffix}` },
];

const pool = (index: number): Layer => ({ kind: 'maxPool', name: `pool${index}`, kernel: 2 });

/**
 * Light CNN B of Wu et al. (paper section 6.2): grey 128×128 crops, max-feature-map for every activation, 5,480,864 parameters,
 * 977 million multiply-accumulates an image. The dropout before the classifier belongs to the head.
 */
export const lightCnnB: Net = {
  name: 'light-cnn-b',
  input: [128, 128, 1],
  layers: [
    ...convMaxout('1', 96, 5, 2),
    pool(1),
    ...convMaxout('2a', 96, 1, 0),
    ...convMaxout('2', 192, 3, 1),
    pool(2),
    ...convMaxout('3a', 192, 1, 0),
    ...convMaxout('3', 384, 3, 1),
    pool(3),
    ...convMaxout('4a', 384, 1, 0),
    ...convMaxout('4', 256, 3, 1),
    ...convMaxout('5a', 256, 1, 0),
    ...convMaxout('5', 256, 3, 1),
    pool(4),
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc1', outputs: 512, bias: 0.1 },
    { kind: 'maxFeatureMap', name: 'mfm_fc1' },
  ],
};
