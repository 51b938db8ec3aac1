import type { Layer, Net } from './net.ts';

/**
 * IResNet, the ResNet of ArcFace (Deng et al., arXiv 1801.07698, section 3.1) and AdaFace (Kim et al., arXiv 2204.00964): blocks of batch
 * norm, convolution, batch norm, PReLU, convolution, batch norm; images keep their 112×112 pixels up to the first block; the feature
 * comes from batch norm, dropout, a fully connected layer and batch norm. Layers, names and initial values are those of `iresnet.py` in
 * insightface (recognition/arcface_torch/backbones), apart from these: dropout is 0.4 as in its MXNet files, where that one takes what
 * its caller says; biases and batch norms do not decay; and the rows of fc's weight are ordered rows, columns, channels.
 */

const conv = (name: string, channels: number, kernel: 1 | 3, stride: number): Layer => ({
  kind: 'conv',
  name,
  channels,
  kernel,
  stride,
  padding: (kernel - 1) / 2,
  bias: false,
  init: { gaussian: 0.1 },
});

const norm = (name: string): Layer => ({ kind: 'batchNorm', name });

const prelu = (name: string): Layer => ({ kind: 'prelu', name });

/** The first block of a stage halves the image and has a projection for a shortcut. */
function block(stage: number, index: number, channels: number, hasSqueezeExcite: boolean): Layer {
  const name = `layer${stage}.${index}`;
  const stride = index === 0 ? 2 : 1;
  return {
    kind: 'residual',
    name,
    layers: [
      norm(`${name}.bn1`),
      conv(`${name}.conv1`, channels, 3, 1),
      norm(`${name}.bn2`),
      prelu(`${name}.prelu`),
      conv(`${name}.conv2`, channels, 3, stride),
      norm(`${name}.bn3`),
      ...(hasSqueezeExcite ? [{ kind: 'squeezeExcite', name: `${name}.se`, bias: false } as const] : []),
    ],
    ...(index === 0 && {
      shortcut: [conv(`${name}.downsample.0`, channels, 1, stride), norm(`${name}.downsample.1`)],
    }),
  };
}

const iresnet = (depth: number, blocks: readonly number[], hasSqueezeExcite: boolean): Net => ({
  name: `iresnet-${depth}${hasSqueezeExcite ? '-se' : ''}`,
  input: [112, 112, 3],
  pixels: { mean: 127.5, scale: 1 / 127.5 },
  layers: [
    conv('conv1', 64, 3, 1),
    norm('bn1'),
    prelu('prelu'),
    ...blocks.flatMap((count, stage) =>
      Array.from({ length: count }, (_, index) => block(stage + 1, index, 64 << stage, hasSqueezeExcite)),
    ),
    norm('bn2'),
    { kind: 'flatten', name: 'flatten' },
    { kind: 'dropout', name: 'dropout', rate: 0.4 },
    { kind: 'fullyConnected', name: 'fc', outputs: 512, init: { uniform: 1 / Math.sqrt(7 * 7 * 512) } },
    { kind: 'batchNorm', name: 'features', scale: false },
  ],
});

/** Blocks of each stage, by depth: the number of convolutions and fully connected layers. */
const depths = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 14, 3], 100: [3, 13, 30, 3] };

export const iresnets: readonly Net[] = [false, true].flatMap((hasSqueezeExcite) =>
  Object.entries(depths).map(([depth, blocks]) => iresnet(Number(depth), blocks, hasSqueezeExcite)),
);
