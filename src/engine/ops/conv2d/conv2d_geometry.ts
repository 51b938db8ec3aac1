import { showValue } from '../../../common/show-value.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import type { Shape } from '../../core/shape.ts';
import type { Cost } from '../../runtime/kernel.ts';

/** How the filters of a convolution move over an image. */
export interface Conv2dOptions {
  /** One number, or [vertical, horizontal]. Default 1. */
  stride?: number | readonly [number, number];
  /** One number, or [top, bottom, left, right]. Default 0. */
  padding?: number | readonly [number, number, number, number];
  /** One number, or [vertical, horizontal]. Default 1. */
  dilation?: number | readonly [number, number];
  /** Input and output channels fall into this many groups that do not see each other. Default 1; = channels for depthwise. */
  groups?: number;
}

/** Everything about the shapes of one convolution, under the names that the kernels use. */
export interface Conv2dGeometry {
  readonly BATCH: number;
  readonly HEIGHT: number;
  readonly WIDTH: number;
  readonly CHANNELS: number;
  readonly OUT_HEIGHT: number;
  readonly OUT_WIDTH: number;
  readonly OUT_CHANNELS: number;
  readonly KERNEL_H: number;
  readonly KERNEL_W: number;
  readonly STRIDE_H: number;
  readonly STRIDE_W: number;
  readonly PAD_TOP: number;
  readonly PAD_LEFT: number;
  readonly DILATION_H: number;
  readonly DILATION_W: number;
  readonly GROUP_IN: number;
  readonly GROUP_OUT: number;
}

const pair = (value: number | readonly [number, number]): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/**
 * Shapes of a convolution; output extent = ⌊(extent + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 *
 * @throws ArgumentError if the shapes and options do not fit
 */
export function conv2dGeometry(
  x: Shape,
  weight: Shape,
  options: Conv2dOptions = {},
  operator = 'conv2d',
): Conv2dGeometry {
  const shapes = (): string => `x ${formatShape(x)}, weight ${formatShape(weight)}`;
  check(x.length === 4, operator, () => `x must be [n, height, width, channels], not ${formatShape(x)}`);
  check(
    weight.length === 4,
    operator,
    () => `weight must be [height, width, in, out], not ${formatShape(weight)}`,
  );
  const [strideH, strideW] = pair(options.stride ?? 1);
  const [dilationH, dilationW] = pair(options.dilation ?? 1);
  const { padding = 0, groups = 1 } = options;
  checkArgument(
    typeof padding === 'number' || (Array.isArray(padding) && padding.length === 4),
    operator,
    () => `padding is one number or [top, bottom, left, right], not ${showValue(padding)}`,
  );
  const [top, bottom, left, right] =
    typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  const positive = [strideH, strideW, dilationH, dilationW, groups];
  checkArgument(
    positive.every((value) => Number.isInteger(value) && value > 0),
    operator,
    () => `stride, dilation and groups are positive integers, not ${positive.join(', ')}`,
  );
  checkArgument(
    [top, bottom, left, right].every((value) => Number.isInteger(value) && value >= 0),
    operator,
    () => `padding is not negative and whole, not ${[top, bottom, left, right].join(', ')}`,
  );
  const [batch, height, width, channels] = x as [number, number, number, number];
  const [kernelH, kernelW, groupIn, outChannels] = weight as [number, number, number, number];
  check(
    groupIn * groups === channels,
    operator,
    () =>
      `${shapes()}: ${groups} groups of ${groupIn} input channels make ${groupIn * groups}, but x has ${channels}${layoutHint(x, weight, groups)}`,
  );
  check(
    outChannels % groups === 0,
    operator,
    () => `${shapes()}: ${outChannels} output channels do not divide into ${groups} groups`,
  );
  const outHeight = Math.floor((height + top + bottom - dilationH * (kernelH - 1) - 1) / strideH) + 1;
  const outWidth = Math.floor((width + left + right - dilationW * (kernelW - 1) - 1) / strideW) + 1;
  check(
    outHeight > 0 && outWidth > 0,
    operator,
    () =>
      `${shapes()}: the kernel is larger than the padded image (padding ${[top, bottom, left, right].join(', ')}, dilation ${dilationH}, ${dilationW})`,
  );
  return {
    BATCH: batch,
    HEIGHT: height,
    WIDTH: width,
    CHANNELS: channels,
    OUT_HEIGHT: outHeight,
    OUT_WIDTH: outWidth,
    OUT_CHANNELS: outChannels,
    KERNEL_H: kernelH,
    KERNEL_W: kernelW,
    STRIDE_H: strideH,
    STRIDE_W: strideW,
    PAD_TOP: top,
    PAD_LEFT: left,
    DILATION_H: dilationH,
    DILATION_W: dilationW,
    GROUP_IN: groupIn,
    GROUP_OUT: outChannels / groups,
  };
}

/** What to say where the shapes would fit in the order of other libraries. */
function layoutHint(x: Shape, weight: Shape, groups: number): string {
  if (x[1] !== weight[2]! * groups && x[1] !== weight[1]! * groups) return '';
  return ': channels come last, x [n, height, width, channels] and weight [height, width, in, out]';
}

/** Multiply-adds counted as two; the input gradient and the weight gradient cost the same. */
export function conv2dCost(g: Conv2dGeometry): Cost {
  const input = g.BATCH * g.HEIGHT * g.WIDTH * g.CHANNELS;
  const output = g.BATCH * g.OUT_HEIGHT * g.OUT_WIDTH * g.OUT_CHANNELS;
  const weights = g.KERNEL_H * g.KERNEL_W * g.GROUP_IN * g.OUT_CHANNELS;
  return { flops: 2 * output * g.KERNEL_H * g.KERNEL_W * g.GROUP_IN, bytes: 4 * (input + output + weights) };
}
