import { isReal } from '../../core/data-type.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import type { OptionNames } from '../../core/options.ts';
import type { Device, Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';

/** One number for both directions, or [vertical, horizontal]. */
type Pair = number | readonly [number, number];

/** The windows of a pooling. */
export interface Pool2dOptions {
  /** Extent of the window. */
  kernel: Pair;
  /** Step from window to window. Default: the kernel, so that windows tile the image. */
  stride?: Pair;
  /** Rows above and below, columns left and right; less than the kernel. Default 0. */
  padding?: Pair;
  /**
   * true rounds the number of windows up instead of down, as Caffe does: a last window may hang over the padded image, but
   * none starts beyond the image and its leading padding. Default false.
   */
  ceilMode?: boolean;
}

export const pool2dOptions: OptionNames<Pool2dOptions> = {
  kernel: true,
  stride: true,
  padding: true,
  ceilMode: true,
};

/** Everything about the shapes of one pooling, under the names that the kernels use. */
export interface Pool2dGeometry {
  readonly HEIGHT: number;
  readonly WIDTH: number;
  readonly CHANNELS: number;
  readonly OUT_HEIGHT: number;
  readonly OUT_WIDTH: number;
  readonly KERNEL_H: number;
  readonly KERNEL_W: number;
  readonly STRIDE_H: number;
  readonly STRIDE_W: number;
  readonly PAD_H: number;
  readonly PAD_W: number;
}

const pair = (value: Pair): readonly [number, number] => (typeof value === 'number' ? [value, value] : value);

/**
 * Number of windows along one direction: ⌊(extent + 2·padding − kernel) / stride⌋ + 1, or with ⌈·⌉ less the windows that
 * would start beyond the image and its leading padding (Caffe's PoolingLayer::Reshape). Caffe applies the second rule only
 * where there is padding; without it, and with a stride larger than the kernel, it keeps an empty window, which has no
 * maximum. Here every window holds at least one element.
 */
function windowCount(
  extent: number,
  kernel: number,
  stride: number,
  padding: number,
  ceilMode: boolean,
): number {
  const steps = (extent + 2 * padding - kernel) / stride;
  const windows = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return (windows - 1) * stride >= extent + padding ? windows - 1 : windows;
}

/**
 * Shapes of a pooling.
 *
 * @throws ArgumentError if the shapes and options do not fit
 */
export function pool2dGeometry(
  operator: string,
  x: Pick<Tensor, 'shape' | 'dtype'>,
  options: Pool2dOptions,
): Pool2dGeometry {
  check(
    x.shape.length === 4,
    operator,
    () => `x must be [n, height, width, channels], not ${formatShape(x.shape)}`,
  );
  check(isReal(x.dtype), operator, () => `x must be f32 or f16, not ${x.dtype}`);
  const kernel = pair(options.kernel);
  const stride = pair(options.stride ?? options.kernel);
  const padding = pair(options.padding ?? 0);
  checkArgument(
    [...kernel, ...stride].every((value) => Number.isInteger(value) && value > 0),
    operator,
    () => `kernel and stride are positive integers, not ${kernel.join(', ')} and ${stride.join(', ')}`,
  );
  checkArgument(
    padding.every((value, i) => Number.isInteger(value) && value >= 0 && value < kernel[i]!),
    operator,
    () =>
      `padding ${padding.join(', ')} is not whole, not negative and less than the kernel ${kernel.join(', ')}`,
  );
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const { ceilMode = false } = options;
  const geometry = {
    HEIGHT: height,
    WIDTH: width,
    CHANNELS: channels,
    OUT_HEIGHT: windowCount(height, kernel[0], stride[0], padding[0], ceilMode),
    OUT_WIDTH: windowCount(width, kernel[1], stride[1], padding[1], ceilMode),
    KERNEL_H: kernel[0],
    KERNEL_W: kernel[1],
    STRIDE_H: stride[0],
    STRIDE_W: stride[1],
    PAD_H: padding[0],
    PAD_W: padding[1],
  };
  check(
    geometry.OUT_HEIGHT > 0 && geometry.OUT_WIDTH > 0,
    operator,
    () =>
      `the window of ${kernel.join(' × ')} is larger than x ${formatShape(x.shape)} with padding ${padding.join(', ')}`,
  );
  return geometry;
}

/** Grid, constants and conditions of a pooling kernel that is element-wise over `size` elements, channels innermost. */
export function poolGrid(device: Device, geometry: Pool2dGeometry, size: number, vector: 1 | 4 = 4) {
  const { grid, constants, conditions } = elementGrid(device, size, geometry.CHANNELS, vector);
  const channels = conditions.vec4 ? geometry.CHANNELS / 4 : geometry.CHANNELS;
  return { grid, constants: { ...constants, ...geometry, CHANNELS: channels }, conditions };
}
