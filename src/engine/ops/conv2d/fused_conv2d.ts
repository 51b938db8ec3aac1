import { record, wantsGradient } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { checkOperands, checkOptionalOperands } from '../../core/operands.ts';
import { defineOperator, type OperatorCase } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { preluReference } from '../elementwise/prelu.reference.ts';
import { preluBackward } from '../elementwise/prelu.ts';
import { reluGradInput } from '../elementwise/relu.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { conv2dReference } from './conv2d.reference.ts';
import { checkConv2d, conv2dShorthand, outputShape } from './conv2d.ts';
import { type Conv2dOptions, conv2dCost, conv2dGeometry } from './conv2d_geometry.ts';
import { conv2dForward, conv2dGradInput, conv2dGradWeight } from './conv2d_products.ts';

/** What is convolved, and what follows. */
export interface FusedConv2dOperands {
  /** [n, height, width, channels] */
  readonly x: Tensor;
  /** [kernel height, kernel width, channels / groups, out channels] */
  readonly weight: Tensor;
  /** [out channels], added to the convolution. */
  readonly bias?: Tensor | null;
  /** What the sum goes through: ReLU, or PReLU with a slope [out channels]. */
  readonly activation?: 'relu' | { readonly slope: Tensor } | null;
  /** Like the output: added after the activation. */
  readonly residual?: Tensor | null;
}

const operandNames: OptionNames<FusedConv2dOperands> = {
  x: true,
  weight: true,
  bias: true,
  activation: true,
  residual: true,
};

/**
 * y = activation(x ∗ weight + bias) + residual, without a pass over memory for anything but the convolution: the arithmetic of the
 * operators one by one, in the same order.
 *
 * @returns [n, out height, out width, out channels]
 * @throws ArgumentError if the shapes and options do not fit
 */
export function fusedConv2d(operands: FusedConv2dOperands, options: Conv2dOptions = {}): Tensor {
  const operator = 'fusedConv2d';
  checkOptionNames(operator, operands, operandNames);
  const { x, weight, bias = null, activation = null, residual = null } = operands;
  const slope = activation && activation !== 'relu' ? activation.slope : null;
  const relu = activation === 'relu';
  const g = checkConv2d(operator, x, weight, bias, options);
  if (activation && !relu) checkOperands(operator, slope!);
  checkOptionalOperands(operator, residual);
  const shape = outputShape(g);
  check(
    !slope || (slope.dtype === 'f32' && slope.shape.length === 1 && slope.size === g.OUT_CHANNELS),
    operator,
    () => `slope must be f32 [${g.OUT_CHANNELS}], not ${slope!.dtype} ${formatShape(slope!.shape)}`,
  );
  check(
    !residual || (residual.dtype === x.dtype && formatShape(residual.shape) === formatShape(shape)),
    operator,
    () =>
      `residual must be ${x.dtype} ${formatShape(shape)}, not ${residual!.dtype} ${formatShape(residual!.shape)}`,
  );
  const { device } = x;
  const y = device.empty(shape, x.dtype);
  // What comes before the activation is kept for its gradients only; of a ReLU, y says as much unless a residual was added.
  const keeps = (slope || (relu && residual)) && wantsGradient(x, weight, bias, slope);
  const z = keeps ? device.empty(shape, x.dtype) : null;
  device.within(operator, () =>
    conv2dForward(device, g, x, weight, { bias, slope, relu, residual, before: z }, y),
  );
  const inputs = [
    x,
    weight,
    ...(bias ? [bias] : []),
    ...(slope ? [slope] : []),
    ...(residual ? [residual] : []),
  ];
  return record(y, {
    operator,
    inputs,
    backward: (dy, into) => {
      const dBias = bias?.requiresGradient ? into(2) : null;
      const dSlope = slope?.requiresGradient ? into(bias ? 3 : 2) : null;
      const wantsProduct = x.requiresGradient || weight.requiresGradient;
      const dz = activation && (wantsProduct || (relu && dBias)) ? device.empty(shape, x.dtype) : dy;
      if (z && slope && (wantsProduct || dSlope || dBias))
        preluBackward(z, slope, dy, { dx: wantsProduct ? dz : null, dSlope, dBias });
      if (relu && (wantsProduct || dBias)) reluGradInput(z ?? y, dy, dz);
      if (!slope && dBias) sumRows(dz, dy.size / g.OUT_CHANNELS, g.OUT_CHANNELS, dBias);
      return [
        x.requiresGradient ? conv2dGradInput(device, g, dz, weight, into(0)) : null,
        weight.requiresGradient ? conv2dGradWeight(device, g, x, dz, into(1)) : null,
        ...(bias ? [dBias] : []),
        ...(slope ? [dSlope] : []),
        ...(residual ? [residual.requiresGradient ? dy : null] : []),
      ];
    },
  });
}

interface Attributes extends Conv2dOptions {
  /** Which of the optional inputs there are, after x and weight: a bias, the slope of a PReLU, a residual. */
  readonly bias?: boolean;
  readonly activation?: 'prelu' | 'relu';
}

/** The inputs of a case by their names, and the options of the convolution. */
function operandsOf<T>(
  [x, weight, ...rest]: readonly T[],
  { bias = false, activation, ...options }: Attributes,
): {
  readonly x: T;
  readonly weight: T;
  readonly bias: T | null;
  readonly slope: T | null;
  readonly relu: boolean;
  readonly residual: T | null;
  readonly options: Conv2dOptions;
} {
  const next = (present: boolean): T | null => (present ? (rest.shift() ?? null) : null);
  return {
    x: x!,
    weight: weight!,
    bias: next(bias),
    slope: next(activation === 'prelu'),
    relu: activation === 'relu',
    residual: next(true),
    options,
  };
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
    ...(attributes.bias ? [{ shape: [weight[3]!] }] : []),
    ...(attributes.activation === 'prelu' ? [{ shape: [weight[3]!] }] : []),
    ...(residual ? [{ shape: residual }] : []),
  ],
  attributes,
});

export const fusedConv2dOperator = defineOperator<Attributes>({
  name: 'fusedConv2d',
  family: 'convolution',
  shorthand: (extents, { bias = true, activation = 'prelu', ...given }) => {
    const made = conv2dShorthand(extents, given);
    return made && caseOf(...made.shapes, { ...made.options, bias, activation });
  },
  apply(inputs, attributes) {
    const { slope, relu, options, ...operands } = operandsOf(inputs, attributes);
    return fusedConv2d({ ...operands, activation: relu ? 'relu' : slope && { slope } }, options);
  },
  reference(inputs, attributes) {
    const { x, weight, bias, slope, relu, residual, options } = operandsOf(inputs, attributes);
    const z = conv2dReference(x, weight, bias, conv2dGeometry(x.shape, weight.shape, options));
    const { shape, data } = slope ? preluReference(z, slope) : z;
    const activated = relu ? data.map((value) => Math.max(value, 0)) : data;
    return { shape, data: activated.map((value, i) => value + (residual?.data[i] ?? 0)) };
  },
  cost(shapes, attributes) {
    const { x, weight, options } = operandsOf(shapes, attributes);
    return conv2dCost(conv2dGeometry(x, weight, options));
  },
  cases: [
    caseOf([2, 7, 9, 4], [3, 3, 4, 8], { padding: 1, bias: true, activation: 'prelu' }, [2, 7, 9, 8]),
    caseOf([2, 9, 8, 20], [3, 3, 20, 36], { padding: 1, activation: 'prelu' }, [2, 9, 8, 36]),
    caseOf([3, 6, 5, 3], [3, 3, 3, 5], { padding: [0, 1, 2, 0], bias: true, activation: 'prelu' }),
    caseOf([2, 10, 11, 4], [3, 3, 4, 6], { stride: 2, padding: 1, activation: 'prelu' }, [2, 5, 6, 6]),
    caseOf([2, 5, 6, 12], [1, 1, 4, 24], { groups: 3, bias: true, activation: 'prelu' }),
    caseOf(
      [2, 5, 7, 8],
      [3, 3, 1, 8],
      { padding: 1, groups: 8, bias: true, activation: 'prelu' },
      [2, 5, 7, 8],
    ),
    caseOf([2, 7, 6, 6], [3, 3, 1, 6], { stride: 2, groups: 6, activation: 'prelu' }),
    caseOf([2, 5, 6, 12], [1, 1, 12, 8], { bias: true }, [2, 5, 6, 8]),
    caseOf([2, 5, 7, 8], [3, 3, 1, 8], { padding: 1, groups: 8, bias: true, activation: 'relu' }),
    caseOf([2, 7, 9, 4], [3, 3, 4, 8], { padding: 1, activation: 'relu' }, [2, 7, 9, 8]),
    caseOf([2, 5, 4, 3], [3, 2, 3, 5], { bias: true, activation: 'relu' }, [2, 3, 3, 5]),
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 5, 5, 4] }, { shape: [3, 3, 4, 8] }, { shape: [4] }],
      attributes: { activation: 'prelu' },
      message: /fusedConv2d: slope must be f32 \[8\], not f32 \[4\]/,
    },
    {
      ...caseOf([2, 5, 5, 4], [3, 3, 4, 8], { activation: 'prelu' }, [2, 5, 5, 8]),
      message: /fusedConv2d: residual must be f32 \[2, 3, 3, 8\], not f32 \[2, 5, 5, 8\]/,
    },
    {
      ...caseOf([2, 2, 5, 4], [3, 3, 4, 8], { bias: true, activation: 'relu' }),
      message: /fusedConv2d: .*larger than the padded image/,
    },
  ],
});
