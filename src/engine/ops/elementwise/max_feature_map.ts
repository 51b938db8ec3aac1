import forwardSource from '../../../shaders/elementwise/max_feature_map_forward.wesl';
import gradInputSource from '../../../shaders/elementwise/max_feature_map_grad_input.wesl';
import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount, type Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { maxFeatureMapReference } from './max_feature_map.reference.ts';

const forwardKernel = { name: 'max_feature_map_forward', source: forwardSource };
const gradInputKernel = { name: 'max_feature_map_grad_input', source: gradInputSource };

export interface MaxFeatureMapOptions {
  /** How many parts of the channels compete; a whole number of at least 2. Default 2. */
  readonly parts?: number;
}

const optionNames: OptionNames<MaxFeatureMapOptions> = { parts: true };

/**
 * Element-wise maximum of the two halves of the channels (Wu et al. 2018, "A Light CNN for Deep Face Representation with
 * Noisy Labels", equation 5), or of more parts (maxout, Goodfellow et al. 2013, arXiv 1302.4389). Of equal maxima the gradient goes to
 * the first; a NaN is larger than every number.
 *
 * @param x [..., parts·channels]: the parts one after the other
 * @returns [..., channels]
 * @throws ShapeError if the channels do not divide into so many parts, ArgumentError if those are no parts
 */
export function maxFeatureMap(x: Tensor, options: MaxFeatureMapOptions = {}): Tensor {
  checkOperands('maxFeatureMap', x);
  checkOptionNames('maxFeatureMap', options, optionNames);
  const parts = partsOf('maxFeatureMap', x.shape, options);
  const channels = (x.shape.at(-1) ?? 1) / parts;
  check(isReal(x.dtype), 'maxFeatureMap', () => `x must be f32 or f16, not ${x.dtype}`);
  const y = x.device.empty([...x.shape.slice(0, -1), channels], x.dtype);
  const { grid, constants, conditions } = elementGrid(x.device, y.size, channels);
  x.device.within('maxFeatureMap', () =>
    x.device.dispatch({
      kernel: forwardKernel,
      constants: { ...constants, CHANNELS: conditions.vec4 ? channels / 4 : channels, PARTS: parts },
      conditions,
      bindings: { x, y },
      grid,
      cost: { flops: (parts - 1) * y.size, bytes: 4 * (x.size + y.size) },
    }),
  );
  return record(y, {
    operator: 'maxFeatureMap',
    inputs: [x],
    backward: (dy, into) => [gradInput(x, dy, into(0), parts)],
  });
}

/** The parts of an operator on x. @throws ArgumentError as {@link maxFeatureMap} */
export function partsOf(operator: string, shape: Shape, { parts = 2 }: MaxFeatureMapOptions): number {
  checkArgument(
    Number.isInteger(parts) && parts >= 2,
    operator,
    () => `parts is a whole number of at least 2, not ${parts}`,
  );
  check(
    (shape.at(-1) ?? 1) % parts === 0,
    operator,
    () =>
      `x ${formatShape(shape)} must have ${parts === 2 ? 'an even number of channels' : `a multiple of ${parts} channels`} (its last dimension)`,
  );
  return parts;
}

function gradInput(x: Tensor, dy: Tensor, dx: Tensor, parts: number): Tensor {
  const channels = x.shape.at(-1)! / parts;
  const { grid, constants, conditions } = elementGrid(x.device, dy.size, channels);
  x.device.dispatch({
    kernel: gradInputKernel,
    constants: { ...constants, CHANNELS: conditions.vec4 ? channels / 4 : channels, PARTS: parts },
    conditions,
    bindings: { x, dy, dx },
    grid,
    cost: { flops: (parts - 1) * dy.size, bytes: 4 * (2 * x.size + dy.size) },
  });
  return dx;
}

export const maxFeatureMapOperator = defineOperator<MaxFeatureMapOptions>({
  name: 'maxFeatureMap',
  family: 'activation',
  apply: ([x], options) => maxFeatureMap(x!, options),
  reference: ([x], options) => maxFeatureMapReference(x!, options),
  cost: ([shape], { parts = 2 }) => ({
    flops: (elementCount(shape!) * (parts - 1)) / parts,
    bytes: 4 * elementCount(shape!) * (1 + 1 / parts),
  }),
  cases: [
    { inputs: [{ shape: [2, 3, 5, 14], kind: 'distinct' }], attributes: {} },
    { inputs: [{ shape: [3, 5, 16], kind: 'distinct' }], attributes: {} },
    { inputs: [{ shape: [2], kind: 'distinct' }], attributes: {} },
    { inputs: [{ shape: [131, 66], kind: 'distinct', scale: 100 }], attributes: {} },
    { inputs: [{ shape: [2, 5, 15], kind: 'distinct' }], attributes: { parts: 3 } },
    { inputs: [{ shape: [7, 48], kind: 'distinct' }], attributes: { parts: 4 } },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 4] }],
      attributes: { parts: 3 },
      message: /maxFeatureMap: x \[2, 4\] .*multiple of 3/,
    },
    {
      inputs: [{ shape: [2, 4] }],
      attributes: { parts: 1 },
      message: /maxFeatureMap: parts is .*at least 2, not 1/,
    },
    { inputs: [{ shape: [2, 5] }], attributes: {}, message: /maxFeatureMap: x \[2, 5\] .*even/ },
    { inputs: [{ shape: [] }], attributes: {}, message: /maxFeatureMap: x \[\] .*even/ },
    {
      inputs: [{ shape: [2], kind: 'labels', classes: 2 }],
      attributes: {},
      message: /maxFeatureMap: x must be f32 or f16, not u32/,
    },
  ],
});
