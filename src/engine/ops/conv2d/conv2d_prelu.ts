import { record, wantsGradient } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { checkOperands, checkOptionalOperands } from '../../core/operands.ts';
import { defineOperator, type OperatorCase } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { preluReference } from '../elementwise/prelu.reference.ts';
import { preluBackward } from '../elementwise/prelu.ts';
import { conv2dReference } from './conv2d.reference.ts';
import { checkConv2d, conv2dShorthand, outputShape } from './conv2d.ts';
import { type Conv2dOptions, conv2dCost, conv2dGeometry } from './conv2d_geometry.ts';
import { conv2dForward, conv2dGradInput, conv2dGradWeight } from './conv2d_products.ts';

/** What may follow and precede the PReLU. */
export interface Conv2dPReluOperands {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly slope: Tensor;
  readonly bias?: Tensor | null;
  readonly residual?: Tensor | null;
}

const operandNames: OptionNames<Conv2dPReluOperands> = {
  x: true,
  weight: true,
  slope: true,
  bias: true,
  residual: true,
};

/**
 * y = prelu(x ∗ weight + bias, slope) + residual, without a pass over memory for anything but the convolution: the arithmetic
 * of the operators one by one, in the same order.
 *
 * @param operands x [n, height, width, channels]; weight [kernel height, kernel width, channels / groups, out channels]; slope
 *   and bias [out channels]; residual like the output
 * @returns [n, out height, out width, out channels]
 * @throws ArgumentError if the shapes and options do not fit
 */
export function conv2dPRelu(operands: Conv2dPReluOperands, options: Conv2dOptions = {}): Tensor {
  const operator = 'conv2dPRelu';
  checkOptionNames(operator, operands, operandNames);
  const { x, weight, slope, bias = null, residual = null } = operands;
  const g = checkConv2d(operator, x, weight, bias, options);
  checkOperands(operator, slope);
  checkOptionalOperands(operator, residual);
  const shape = outputShape(g);
  check(
    slope.dtype === 'f32' && slope.shape.length === 1 && slope.size === g.OUT_CHANNELS,
    operator,
    () => `slope must be f32 [${g.OUT_CHANNELS}], not ${slope.dtype} ${formatShape(slope.shape)}`,
  );
  check(
    !residual || (residual.dtype === 'f32' && formatShape(residual.shape) === formatShape(shape)),
    operator,
    () =>
      `residual must be f32 ${formatShape(shape)}, not ${residual!.dtype} ${formatShape(residual!.shape)}`,
  );
  const { device } = x;
  const y = device.empty(shape);
  const inputs = [x, weight, slope, ...(bias ? [bias] : []), ...(residual ? [residual] : [])];
  // What comes before the PReLU is kept for its gradients only.
  const z = wantsGradient(x, weight, slope, bias) ? device.empty(shape) : null;
  device.within(operator, () => conv2dForward(device, g, x, weight, { bias, slope, residual, before: z }, y));
  return record(y, {
    operator,
    inputs,
    backward: (dy, into) => {
      const dSlope = slope.requiresGradient ? into(2) : null;
      const dBias = bias?.requiresGradient ? into(3) : null;
      const dz = x.requiresGradient || weight.requiresGradient ? device.empty(shape) : null;
      if (z && (dz || dSlope || dBias)) preluBackward(z, slope, dy, { dx: dz, dSlope, dBias });
      return [
        x.requiresGradient ? conv2dGradInput(device, g, dz!, weight, into(0)) : null,
        weight.requiresGradient ? conv2dGradWeight(device, g, x, dz!, into(1)) : null,
        dSlope,
        ...(bias ? [dBias] : []),
        ...(residual ? [residual.requiresGradient ? dy : null] : []),
      ];
    },
  });
}

interface Attributes extends Conv2dOptions {
  /** Whether the fourth input is a bias; the last may be a residual. */
  readonly bias: boolean;
}

const caseOf = (
  x: Shape,
  weight: Shape,
  attributes: Attributes,
  residual?: Shape,
): OperatorCase<Attributes> => ({
  inputs: [
    { shape: x },
    { shape: weight },
    { shape: [weight[3]!] },
    ...(attributes.bias ? [{ shape: [weight[3]!] }] : []),
    ...(residual ? [{ shape: residual }] : []),
  ],
  attributes,
});

export const conv2dPReluOperator = defineOperator<Attributes>({
  name: 'conv2dPRelu',
  family: 'convolution',
  shorthand: (extents, { bias = true, ...given }) => {
    const made = conv2dShorthand(extents, given);
    return made && caseOf(...made.shapes, { ...made.options, bias });
  },
  apply: ([x, weight, slope, ...rest], { bias, ...options }) =>
    conv2dPRelu(
      {
        x: x!,
        weight: weight!,
        slope: slope!,
        bias: bias ? rest[0]! : null,
        residual: rest[bias ? 1 : 0] ?? null,
      },
      options,
    ),
  reference: ([x, weight, slope, ...rest], { bias, ...options }) => {
    const g = conv2dGeometry(x!.shape, weight!.shape, options);
    const y = preluReference(conv2dReference(x!, weight!, bias ? rest[0]! : null, g), slope!);
    const residual = rest[bias ? 1 : 0];
    return { shape: y.shape, data: y.data.map((value, i) => value + (residual?.data[i] ?? 0)) };
  },
  cost: ([x, weight], { bias: _, ...options }) => conv2dCost(conv2dGeometry(x!, weight!, options)),
  cases: [
    caseOf([2, 7, 9, 4], [3, 3, 4, 8], { padding: 1, bias: true }, [2, 7, 9, 8]),
    caseOf([2, 9, 8, 20], [3, 3, 20, 36], { padding: 1, bias: false }, [2, 9, 8, 36]),
    caseOf([3, 6, 5, 3], [3, 3, 3, 5], { padding: [0, 1, 2, 0], bias: true }),
    caseOf([2, 10, 11, 4], [3, 3, 4, 6], { stride: 2, padding: 1, bias: false }, [2, 5, 6, 6]),
    caseOf([2, 5, 6, 12], [1, 1, 4, 24], { groups: 3, bias: true }),
    caseOf([2, 5, 7, 8], [3, 3, 1, 8], { padding: 1, groups: 8, bias: true }, [2, 5, 7, 8]),
    caseOf([2, 7, 6, 6], [3, 3, 1, 6], { stride: 2, groups: 6, bias: false }),
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 5, 5, 4] }, { shape: [3, 3, 4, 8] }, { shape: [4] }],
      attributes: { bias: false },
      message: /conv2dPRelu: slope must be f32 \[8\], not f32 \[4\]/,
    },
    {
      ...caseOf([2, 5, 5, 4], [3, 3, 4, 8], { bias: false }, [2, 5, 5, 8]),
      message: /conv2dPRelu: residual must be f32 \[2, 3, 3, 8\], not f32 \[2, 5, 5, 8\]/,
    },
    {
      ...caseOf([2, 2, 5, 4], [3, 3, 4, 8], { bias: true }),
      message: /conv2dPRelu: .*larger than the padded image/,
    },
  ],
});
