/** Groups of layers that the nets of the Center Face family repeat. */

import type { Layer } from './net.ts';

/** 3×3 convolution and PReLU: `conv1a` and `prelu1a` for the suffix `1a`. */
export function convPRelu(
  suffix: string,
  channels: number,
  { stride = 1, padding = 0 }: { stride?: number; padding?: number } = {},
): Layer[] {
  return [
    { kind: 'conv', name: `conv${suffix}`, channels, kernel: 3, stride, padding },
    { kind: 'prelu', name: `prelu${suffix}` },
  ];
}

/**
 * Residual pairs x + PReLU(conv(PReLU(conv(x)))): the second PReLU comes before the sum, nothing after it; convolutions without bias,
 * Gaussian with standard deviation 0.01 (docs/reference.md#center-face-resnet). The convolutions of stage 3 are conv3_1, conv3_2, conv3_3 …
 */
export function residualPairs(stage: number, channels: number, count: number): Layer[] {
  const half = (index: number): Layer[] => [
    {
      kind: 'conv',
      name: `conv${stage}_${index}`,
      channels,
      kernel: 3,
      padding: 1,
      bias: false,
      init: { gaussian: 0.01 },
    },
    { kind: 'prelu', name: `prelu${stage}_${index}` },
  ];
  return Array.from({ length: count }, (_, i) => ({
    kind: 'residual',
    name: `res${stage}_${2 * i + 2}`,
    layers: [...half(2 * i + 1), ...half(2 * i + 2)],
  }));
}
