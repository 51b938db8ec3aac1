import { convPRelu, residualPairs } from './blocks.ts';
import type { Layer, Net } from './net.ts';

const pool = (name: string): Layer => ({ kind: 'maxPool', name, kernel: 2 });

/**
 * The "Center Face" ResNet of Wen et al., which NormFace trains (docs/reference.md#center-face-resnet): 27 convolutions and a fully connected layer,
 * 27,536,800 parameters, 2.1 billion multiply-accumulates an image. fc5 gives the feature, with nothing after it.
 *
 * Caffe flattens feature maps as channels, rows, columns, this engine as rows, columns, channels: only the order of the rows of
 * fc5's weight differs.
 */
export const centerFaceResnet: Net = {
  name: 'center-face-resnet',
  input: [112, 96, 3],
  layers: [
    ...convPRelu('1a', 32),
    ...convPRelu('1b', 64),
    pool('pool1b'),
    ...residualPairs(2, 64, 1),
    ...convPRelu('2', 128),
    pool('pool2'),
    ...residualPairs(3, 128, 2),
    ...convPRelu('3', 256),
    pool('pool3'),
    ...residualPairs(4, 256, 5),
    ...convPRelu('4', 512),
    pool('pool4'),
    ...residualPairs(5, 512, 3),
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc5', outputs: 512 },
  ],
};
