import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check, formatShape } from '../../core/errors.ts';
import { checkOperands, checkOptionalOperands } from '../../core/operands.ts';
import { defineOperator, type OperatorCase } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { conv2dReference } from './conv2d.reference.ts';
import { type Conv2dGeometry, type Conv2dOptions, conv2dCost, conv2dGeometry } from './conv2d_geometry.ts';
import { conv2dForward, conv2dGradInput, conv2dGradWeight } from './conv2d_products.ts';

const optionNames: OptionNames<Conv2dOptions> = { stride: true, padding: true, dilation: true, groups: true };

/**
 * Shapes of a convolution and its bias, checked.
 *
 * @throws ArgumentError in the name of `operator`
 */
export function checkConv2d(
  operator: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: Conv2dOptions,
): Conv2dGeometry {
  checkOperands(operator, x, weight);
  checkOptionalOperands(operator, bias);
  checkOptionNames(operator, options, optionNames);
  const geometry = conv2dGeometry(x.shape, weight.shape, options, operator);
  const outChannels = geometry.OUT_CHANNELS;
  check(
    !bias || (bias.shape.length === 1 && bias.size === outChannels),
    operator,
    () => `bias must be [${outChannels}], not ${formatShape(bias!.shape)}`,
  );
  check(isReal(x.dtype), operator, () => `x must be f32 or f16, not ${x.dtype}`);
  for (const tensor of [weight, bias])
    check(
      !tensor || tensor.dtype === 'f32',
      operator,
      () => `weight and bias must be f32, not ${tensor!.dtype}`,
    );
  return geometry;
}

/** [n, out height, out width, out channels] */
export const outputShape = (g: Conv2dGeometry): Shape => [g.BATCH, g.OUT_HEIGHT, g.OUT_WIDTH, g.OUT_CHANNELS];

/**
 * 2-D convolution (cross-correlation, as everywhere in deep learning).
 *
 * @param x [n, height, width, channels]
 * @param weight [kernel height, kernel width, channels / groups, out channels]
 * @param bias [out channels] or null
 * @returns [n, out height, out width, out channels], stored like x
 * @throws ArgumentError if the shapes and options do not fit
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: Conv2dOptions = {},
): Tensor {
  const geometry = checkConv2d('conv2d', x, weight, bias, options);
  const outChannels = geometry.OUT_CHANNELS;
  const { device } = x;
  const y = device.empty(outputShape(geometry), x.dtype);
  device.within('conv2d', () => conv2dForward(device, geometry, x, weight, { bias }, y));
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

const conv2dCase = (
  x: Shape,
  weight: Shape,
  attributes: Conv2dOptions = {},
  bias = false,
): OperatorCase<Conv2dOptions> => ({
  inputs: [{ shape: x }, { shape: weight }, ...(bias ? [{ shape: [weight[3]!] }] : [])],
  attributes,
});

/**
 * `8x28x24x128 3x3 128`: images, kernel, output channels; padded so that the images keep their size, unless something else is said.
 *
 * @returns shapes of x and weight, and the options; null for other extents
 */
export function conv2dShorthand(
  extents: readonly Shape[],
  options: Conv2dOptions,
): { readonly shapes: readonly [Shape, Shape]; readonly options: Conv2dOptions } | null {
  const [x, kernel, out, ...rest] = extents;
  if (x?.length !== 4 || kernel?.length !== 2 || out?.length !== 1 || rest.length > 0) return null;
  const { groups = 1, dilation = 1 } = options;
  const [down, across] = typeof dilation === 'number' ? [dilation, dilation] : dilation;
  const [vertical, horizontal] = [down * (kernel[0]! - 1), across * (kernel[1]! - 1)];
  const before = [Math.floor(vertical / 2), Math.floor(horizontal / 2)] as const;
  const padding = [before[0], vertical - before[0], before[1], horizontal - before[1]] as const;
  return { shapes: [x, [...kernel, x[3]! / groups, ...out]], options: { padding, ...options } };
}

export const conv2dOperator = defineOperator<Conv2dOptions>({
  name: 'conv2d',
  family: 'convolution',
  shorthand: (extents, given) => {
    const made = conv2dShorthand(extents, given);
    return made && { inputs: made.shapes.map((shape) => ({ shape })), attributes: made.options };
  },
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
    conv2dCase([2, 9, 8, 8], [3, 3, 1, 8], { stride: 2, padding: 1, groups: 8 }, true),
    conv2dCase([3, 7, 6, 12], [7, 6, 1, 12], { groups: 12 }),
    conv2dCase([2, 6, 11, 8], [3, 3, 1, 8], { padding: [0, 2, 3, 1], groups: 8 }, true),
    conv2dCase([2, 10, 9, 5], [4, 5, 1, 5], { stride: [3, 2], padding: 2, groups: 5 }),
    conv2dCase([1, 7, 8, 4], [3, 3, 1, 4], { stride: 1, padding: 2, dilation: 2, groups: 4 }),
    {
      inputs: [
        { shape: [3, 13, 12, 8], kind: 'outliers' },
        { shape: [3, 3, 1, 8], kind: 'outliers' },
      ],
      attributes: { padding: 1, groups: 8 },
    },
    conv2dCase([2, 5, 6, 6], [3, 3, 2, 9], { stride: 2, groups: 3 }, true),
    conv2dCase([2, 5, 4, 8], [1, 1, 8, 12]),
    conv2dCase([2, 7, 5, 4], [1, 1, 4, 4], { stride: 3 }),
    conv2dCase([2, 17, 16, 36], [1, 1, 36, 36], {}, true),
    conv2dCase([2, 9, 8, 36], [3, 3, 36, 68], { padding: 1 }, true),
    conv2dCase([3, 10, 7, 8], [3, 3, 8, 12], { padding: [0, 2, 1, 0] }),
    conv2dCase([35, 5, 3, 4], [3, 3, 4, 4], { padding: 1 }),
    {
      inputs: [
        { shape: [2, 11, 9, 16], kind: 'outliers' },
        { shape: [3, 3, 16, 20], kind: 'outliers' },
      ],
      attributes: { padding: 2 },
      // Winograd's sums bring large and small pixels of a tile together: 4×4 measures 2e-5, 2×2 2e-6, the other ways 1e-7.
      tolerance: { scaledForward: 6e-5 },
    },
    {
      inputs: [
        { shape: [3, 13, 11, 8], kind: 'outliers' },
        { shape: [3, 3, 8, 40], kind: 'outliers' },
        { shape: [40] },
      ],
      attributes: { padding: 1, stride: 2 },
    },
    conv2dCase([2, 11, 9, 12], [3, 2, 12, 5], { stride: [3, 2], dilation: [2, 3], padding: 3 }),
    conv2dCase([2, 10, 11, 12], [3, 3, 12, 8], { stride: 2, padding: 1, dilation: 2 }),
    conv2dCase([2, 12, 13, 1], [5, 5, 1, 36], { padding: 2 }),
    {
      inputs: [
        { shape: [2, 9, 11, 3], kind: 'outliers' },
        { shape: [3, 4, 3, 10], kind: 'outliers' },
      ],
      attributes: { stride: [1, 2], padding: [0, 2, 3, 1] },
    },
  ],
  misuses: [
    {
      ...conv2dCase([2, 5, 5], [3, 3, 4, 8]),
      message: /conv2d: x must be \[n, height, width, channels\], not \[2, 5, 5\]/,
    },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 8]), message: /conv2d: weight must be .* not \[3, 3, 8\]/ },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 3, 8]), message: /conv2d: .*3 input channels.*x has 4$/ },
    {
      ...conv2dCase([2, 3, 8, 9], [3, 3, 3, 8]),
      message: /conv2d: .*x has 9: channels come last, x \[n, height, width, channels\]/,
    },
    { ...conv2dCase([2, 3, 8, 9], [8, 3, 5, 5]), message: /conv2d: .*channels come last/ },
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
      message: /conv2d: x must be f32 or f16, not u32/,
    },
  ],
});
