import source from '../../../shaders/conv2d/conv2d_col2im.wesl';
import rolledSource from '../../../shaders/lib/rolled.wesl';
import { type Device, type Tensor, viewOf } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { gemm } from '../matmul/gemm.ts';
import type { Conv2dGeometry } from './conv2d_geometry.ts';

/**
 * Input gradient where there are few input channels (images, with one or three): the implicit product has a column a channel,
 * and most of a tile stays empty. Here the taps are columns too, 9 or 25 times as many, and a second kernel adds them up.
 */

const kernel = { name: 'conv2d_col2im', source };

export const col2imSources: readonly string[] = [source, rolledSource];

/** With this many, Winograd's product is about as fast (docs/kernels/conv.md); with more, the shares are too many numbers to write. */
const mostChannels = 8;

/** The shares of all taps are kept below this many bytes. */
const largestArray = 1 << 28;

const tapsOf = (g: Conv2dGeometry): number => g.KERNEL_H * g.KERNEL_W;
const pixelsOf = (g: Conv2dGeometry): number => g.BATCH * g.OUT_HEIGHT * g.OUT_WIDTH;

/** Whether the input gradient can, and should, be computed this way. */
export function supportsCol2im(device: Device, g: Conv2dGeometry): boolean {
  const bytes = 4 * pixelsOf(g) * tapsOf(g) * g.CHANNELS;
  return (
    g.GROUP_IN === g.CHANNELS &&
    g.CHANNELS <= mostChannels &&
    tapsOf(g) > 1 &&
    bytes <= Math.min(largestArray, device.report.limits.maxStorageBufferBindingSize)
  );
}

/** Gradient of the input, written to `dx`. */
export function col2imGradInput(device: Device, g: Conv2dGeometry, dy: Tensor, w: Tensor, dx: Tensor): void {
  const shares = device.empty([pixelsOf(g), tapsOf(g) * g.CHANNELS]);
  const [pixels, taps] = [
    viewOf(dy, [pixelsOf(g), g.OUT_CHANNELS]),
    viewOf(w, [tapsOf(g) * g.CHANNELS, g.OUT_CHANNELS]),
  ];
  gemm(pixels, taps, { transposeB: true, out: shares });
  const { grid, constants, conditions } = elementGrid(device, dx.size, g.CHANNELS);
  const channels = conditions.vec4 ? g.CHANNELS / 4 : g.CHANNELS;
  device.dispatch({
    kernel,
    grid,
    constants: { ...constants, ...g, CHANNELS: channels },
    conditions: { ...conditions, rolled: device.report.software },
    bindings: { shares, dx },
    cost: { flops: shares.size, bytes: 4 * (shares.size + dx.size) },
  });
  for (const tensor of [pixels, taps, shares]) tensor.dispose();
}
