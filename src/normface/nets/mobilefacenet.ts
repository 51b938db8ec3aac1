import type { Layer, Net } from './net.ts';

interface ConvOptions {
  readonly kernel?: number | readonly [number, number];
  readonly stride?: number;
  readonly padding?: number;
  /** One filter a channel instead of products over all of them. */
  readonly depthwise?: boolean;
  /** No PReLU at the end. */
  readonly linear?: boolean;
  readonly decayMultiplier?: number;
}

/** Convolution without bias, batch norm, PReLU whose slopes do not decay. The weights are Gaussian, √(2 / (kernel · channels)). */
function unit(name: string, channels: number, options: ConvOptions): Layer[] {
  const { kernel = 1, stride = 1, padding = 0, depthwise = false, linear = false, decayMultiplier } = options;
  const [kernelHeight, kernelWidth] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
  const conv: Layer = {
    kind: 'conv',
    name,
    channels,
    kernel,
    stride,
    padding,
    groups: depthwise ? channels : 1,
    bias: false,
    init: { gaussian: Math.sqrt(2 / (kernelHeight * kernelWidth * channels)) },
    decayMultiplier,
  };
  const norm: Layer = { kind: 'batchNorm', name: `${name}_norm` };
  const activation: Layer = { kind: 'prelu', name: `${name}_prelu`, decayMultiplier: 0 };
  return linear ? [conv, norm] : [conv, norm, activation];
}

/** More channels, a filter for each, fewer channels again without activation; added to its input where the shape stays. */
function bottleneck(
  index: number,
  inputs: number,
  channels: number,
  expansion: number,
  stride: number,
): Layer[] {
  const name = `block${index}`;
  const hidden = inputs * expansion;
  const layers = [
    ...unit(`${name}_expand`, hidden, {}),
    ...unit(`${name}_depthwise`, hidden, { kernel: 3, stride, padding: 1, depthwise: true }),
    ...unit(`${name}_project`, channels, { linear: true }),
  ];
  return stride === 1 && inputs === channels ? [{ kind: 'residual', name, layers }] : layers;
}

/** Expansion, channels, bottlenecks, stride of the first one. */
const groups = [
  [2, 64, 5, 2],
  [4, 128, 1, 2],
  [2, 128, 6, 1],
  [4, 128, 1, 2],
  [2, 128, 2, 1],
] as const;

function bottlenecks(channelsBefore: number): Layer[] {
  let inputs = channelsBefore;
  let index = 0;
  return groups.flatMap(([expansion, channels, count, firstStride]) =>
    Array.from({ length: count }, (_, i) => {
      const layers = bottleneck(index++, inputs, channels, expansion, i === 0 ? firstStride : 1);
      inputs = channels;
      return layers;
    }).flat(),
  );
}

/**
 * MobileFaceNet (Chen, Liu, Gao, Han, arXiv 1804.07573) for crops of 112×96 and features of 128 numbers: inverted residuals with
 * linear bottlenecks, and a depthwise convolution over the whole last image in the place of a mean. 999,552 parameters, 189
 * million multiply-accumulates an image. The last convolution decays ten times as much as the others; with
 * `optimiser.weightDecay` 4e-5 both are as published. Unlike there, scale and shift of batch norm do not decay.
 */
export const mobileFaceNet: Net = {
  name: 'mobilefacenet',
  input: [112, 96, 3],
  layers: [
    ...unit('conv1', 64, { kernel: 3, stride: 2, padding: 1 }),
    ...unit('conv1_depthwise', 64, { kernel: 3, padding: 1, depthwise: true }),
    ...bottlenecks(64),
    ...unit('conv2', 512, {}),
    ...unit('global_depthwise', 512, { kernel: [7, 6], depthwise: true, linear: true }),
    ...unit('linear', 128, { linear: true, decayMultiplier: 10 }),
    { kind: 'flatten', name: 'flatten' },
  ],
};
