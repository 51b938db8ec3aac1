import forwardSource from '../../shaders/conv2d_forward.wgsl';
import gradInputSource from '../../shaders/conv2d_grad_input.wgsl';
import gradWeightSource from '../../shaders/conv2d_grad_weight.wgsl';
import { record } from '../autograd.ts';
import type { Device } from '../device.ts';
import { check, formatShape } from '../errors.ts';
import type { Cost } from '../kernel.ts';
import { defineOperator, type OperatorCase } from '../operator.ts';
import { conv2dReference } from '../reference/conv2d.ts';
import { elementCount, type Shape, type Tensor } from '../tensor.ts';
import { sumRows } from './sum_rows.ts';
import { tileExtent, tileProduct, wantedWorkgroups } from './tile_product.ts';

const forwardKernel = { name: 'conv2d_forward', source: forwardSource };
const gradInputKernel = { name: 'conv2d_grad_input', source: gradInputSource };
const gradWeightKernel = { name: 'conv2d_grad_weight', source: gradWeightSource };

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
 * @throws ShapeError if the shapes and options do not fit
 */
export function conv2dGeometry(x: Shape, weight: Shape, options: Conv2dOptions = {}): Conv2dGeometry {
  const shapes = (): string => `x ${formatShape(x)}, weight ${formatShape(weight)}`;
  check(x.length === 4, 'conv2d', () => `x must be [n, height, width, channels], not ${formatShape(x)}`);
  check(
    weight.length === 4,
    'conv2d',
    () => `weight must be [height, width, in, out], not ${formatShape(weight)}`,
  );
  const [strideH, strideW] = pair(options.stride ?? 1);
  const [dilationH, dilationW] = pair(options.dilation ?? 1);
  const { padding = 0, groups = 1 } = options;
  const [top, bottom, left, right] =
    typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  const positive = [strideH, strideW, dilationH, dilationW, groups];
  check(
    positive.every((value) => Number.isInteger(value) && value > 0),
    'conv2d',
    () => `stride, dilation and groups are positive integers, not ${positive.join(', ')}`,
  );
  check(
    [top, bottom, left, right].every((value) => Number.isInteger(value) && value >= 0),
    'conv2d',
    () => `padding is not negative and whole, not ${[top, bottom, left, right].join(', ')}`,
  );
  const [batch, height, width, channels] = x as [number, number, number, number];
  const [kernelH, kernelW, groupIn, outChannels] = weight as [number, number, number, number];
  check(
    groupIn * groups === channels,
    'conv2d',
    () =>
      `${shapes()}: ${groups} groups of ${groupIn} input channels make ${groupIn * groups}, but x has ${channels}`,
  );
  check(
    outChannels % groups === 0,
    'conv2d',
    () => `${shapes()}: ${outChannels} output channels do not divide into ${groups} groups`,
  );
  const outHeight = Math.floor((height + top + bottom - dilationH * (kernelH - 1) - 1) / strideH) + 1;
  const outWidth = Math.floor((width + left + right - dilationW * (kernelW - 1) - 1) / strideW) + 1;
  check(
    outHeight > 0 && outWidth > 0,
    'conv2d',
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

/** Multiply-adds counted as two; the input gradient and the weight gradient cost the same. */
export function conv2dCost(g: Conv2dGeometry): Cost {
  const input = g.BATCH * g.HEIGHT * g.WIDTH * g.CHANNELS;
  const output = g.BATCH * g.OUT_HEIGHT * g.OUT_WIDTH * g.OUT_CHANNELS;
  const weights = g.KERNEL_H * g.KERNEL_W * g.GROUP_IN * g.OUT_CHANNELS;
  return { flops: 2 * output * g.KERNEL_H * g.KERNEL_W * g.GROUP_IN, bytes: 4 * (input + output + weights) };
}

/**
 * 2-D convolution (cross-correlation, as everywhere in deep learning).
 *
 * @param x [n, height, width, channels]
 * @param weight [kernel height, kernel width, channels / groups, out channels]
 * @param bias [out channels] or null
 * @returns [n, out height, out width, out channels]
 * @throws ShapeError if the shapes and options do not fit
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: Conv2dOptions = {},
): Tensor {
  const geometry = conv2dGeometry(x.shape, weight.shape, options);
  const outChannels = geometry.OUT_CHANNELS;
  check(
    !bias || (bias.shape.length === 1 && bias.size === outChannels),
    'conv2d',
    () => `bias must be [${outChannels}], not ${formatShape(bias!.shape)}`,
  );
  for (const tensor of [x, weight, bias]) {
    check(
      !tensor || tensor.dtype === 'f32',
      'conv2d',
      () => `every operand must be f32, not ${tensor!.dtype}`,
    );
  }
  const { device } = x;
  const y = device.empty([geometry.BATCH, geometry.OUT_HEIGHT, geometry.OUT_WIDTH, outChannels]);
  device.within('conv2d', () => forward(device, geometry, x, weight, bias, y));
  return record(y, {
    operator: 'conv2d',
    inputs: bias ? [x, weight, bias] : [x, weight],
    backward: (dy, into) => [
      x.requiresGradient ? conv2dGradInput(device, geometry, dy, weight, into(0)) : null,
      weight.requiresGradient ? conv2dGradWeight(device, geometry, x, dy, into(1)) : null,
      ...(bias
        ? [bias.requiresGradient ? sumRows(dy, dy.size / outChannels, outChannels, into(2)) : null]
        : []),
    ],
  });
}

const groupsOf = (g: Conv2dGeometry): number => g.CHANNELS / g.GROUP_IN;

function forward(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  y: Tensor,
): void {
  const out4 = g.GROUP_OUT % 4 === 0;
  tileProduct(device, {
    kernel: forwardKernel,
    rows: g.BATCH * g.OUT_HEIGHT * g.OUT_WIDTH,
    columns: g.GROUP_OUT,
    depth: groupsOf(g),
    outer: g.KERNEL_H * g.KERNEL_W,
    constants: { ...g },
    conditions: { bias: bias !== null, vec4_x: g.GROUP_IN % 4 === 0, vec4_w: out4, vec4_y: out4 },
    bindings: { x, w, y, ...(bias ? { bias } : {}) },
    cost: conv2dCost(g),
  });
}

/** Gradient of the input, written to `dx`. */
export function conv2dGradInput(
  device: Device,
  g: Conv2dGeometry,
  dy: Tensor,
  w: Tensor,
  dx: Tensor,
): Tensor {
  tileProduct(device, {
    kernel: gradInputKernel,
    rows: g.BATCH * Math.ceil(g.HEIGHT / g.STRIDE_H) * Math.ceil(g.WIDTH / g.STRIDE_W),
    columns: g.GROUP_IN,
    depth: groupsOf(g) * g.STRIDE_H * g.STRIDE_W,
    outer: g.KERNEL_H * g.KERNEL_W,
    constants: { ...g },
    conditions: { vec4_k: g.GROUP_OUT % 4 === 0, vec4_dx: g.GROUP_IN % 4 === 0 },
    bindings: { dy, w, dx },
    cost: conv2dCost(g),
  });
  return dx;
}

/** Gradient of the weights, written to `dw`. */
export function conv2dGradWeight(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  dy: Tensor,
  dw: Tensor,
): Tensor {
  const rows = g.KERNEL_H * g.KERNEL_W * g.GROUP_IN;
  const pixels = g.BATCH * g.OUT_HEIGHT * g.OUT_WIDTH;
  const tile = tileExtent(device);
  const tiles = Math.ceil(rows / tile) * Math.ceil(g.GROUP_OUT / tile) * groupsOf(g);
  // Enough chunks to fill the device, none shorter than 256 pixels, and not more than one pass of sum_rows adds.
  const wanted = Math.min(Math.ceil(wantedWorkgroups(device) / tiles), Math.ceil(pixels / 256), 64);
  const chunk = Math.ceil(pixels / wanted / 16) * 16;
  const splits = Math.ceil(pixels / chunk);
  const partial = splits === 1 ? dw : device.empty([splits, dw.size]);
  tileProduct(device, {
    kernel: gradWeightKernel,
    rows,
    columns: g.GROUP_OUT,
    depth: groupsOf(g) * splits,
    outer: 1,
    constants: { ...g, SPLITS: splits, CHUNK: chunk },
    conditions: { vec4_x: g.GROUP_IN % 4 === 0, vec4_y: g.GROUP_OUT % 4 === 0 },
    bindings: { x, dy, partial },
    cost: conv2dCost(g),
  });
  return splits === 1 ? dw : sumRows(partial, splits, dw.size, dw);
}

const conv2dCase = (
  x: Shape,
  weight: Shape,
  attributes: Conv2dOptions = {},
  bias = false,
): OperatorCase<Conv2dOptions> => ({
  inputs: [{ shape: x }, { shape: weight }, ...(bias ? [{ shape: [weight[3]!] }] : [])],
  attributes,
});

export const conv2dOperator = defineOperator<Conv2dOptions>({
  name: 'conv2d',
  apply: ([x, weight, bias], options) => conv2d(x!, weight!, bias ?? null, options),
  reference: ([x, weight, bias], options) =>
    conv2dReference(x!, weight!, bias ?? null, conv2dGeometry(x!.shape, weight!.shape, options)),
  cost: ([x, weight], options) => conv2dCost(conv2dGeometry(x!, weight!, options)),
  cases: [
    conv2dCase([2, 7, 9, 4], [3, 3, 4, 8], { padding: 1 }, true),
    conv2dCase([1, 1, 1, 1], [1, 1, 1, 1], {}, true),
    conv2dCase([3, 6, 5, 3], [3, 3, 3, 5], { padding: [0, 1, 2, 0] }),
    conv2dCase([2, 9, 8, 7], [5, 2, 7, 3], { stride: [2, 3], padding: [2, 1, 0, 1] }, true),
    conv2dCase([2, 10, 11, 4], [3, 3, 4, 4], { stride: 2, padding: 1, dilation: 2 }),
    conv2dCase([1, 9, 9, 4], [3, 2, 4, 5], { stride: [3, 2], dilation: [2, 3], padding: 3 }),
    conv2dCase([2, 5, 6, 12], [3, 3, 4, 24], { padding: 1, groups: 3 }, true),
    conv2dCase([2, 5, 6, 6], [3, 3, 1, 6], { padding: 1, groups: 6 }),
    conv2dCase([2, 5, 6, 6], [3, 3, 2, 9], { stride: 2, groups: 3 }, true),
    conv2dCase([2, 5, 4, 8], [1, 1, 8, 12]),
    conv2dCase([2, 7, 5, 4], [1, 1, 4, 4], { stride: 3 }),
    conv2dCase([2, 9, 8, 36], [3, 3, 36, 68], { padding: 1 }, true),
    {
      inputs: [
        { shape: [3, 13, 11, 8], kind: 'outliers' },
        { shape: [3, 3, 8, 40], kind: 'outliers' },
        { shape: [40] },
      ],
      attributes: { padding: 1, stride: 2 },
    },
  ],
  misuses: [
    {
      ...conv2dCase([2, 5, 5], [3, 3, 4, 8]),
      message: /conv2d: x must be \[n, height, width, channels\], not \[2, 5, 5\]/,
    },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 8]), message: /conv2d: weight must be .* not \[3, 3, 8\]/ },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 3, 8]), message: /conv2d: .*3 input channels.*x has 4/ },
    {
      ...conv2dCase([2, 5, 5, 4], [3, 3, 2, 7], { groups: 2 }),
      message: /conv2d: .*7 output channels.*2 groups/,
    },
    { ...conv2dCase([2, 2, 5, 4], [3, 3, 4, 8]), message: /conv2d: .*larger than the padded image/ },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 4, 8], { stride: 0 }), message: /conv2d: stride.*positive/ },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 4, 8], { padding: -1 }), message: /conv2d: padding.*-1/ },
    {
      inputs: [{ shape: [2, 5, 5, 4] }, { shape: [3, 3, 4, 8] }, { shape: [4] }],
      attributes: {},
      message: /conv2d: bias must be \[8\], not \[4\]/,
    },
    {
      inputs: [{ shape: [2, 5, 5, 4], kind: 'labels' }, { shape: [3, 3, 4, 8] }],
      attributes: {},
      message: /conv2d: every operand must be f32, not u32/,
    },
  ],
});

/** Number of weights of a convolution, for descriptions of nets. */
export function conv2dParameters(weight: Shape, bias: boolean): number {
  return elementCount(weight) + (bias ? weight[3]! : 0);
}
