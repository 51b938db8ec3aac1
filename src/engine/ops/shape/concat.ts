import forwardSource from '../../../shaders/shape/concat_forward.wesl';
import copyColumnsSource from '../../../shaders/shape/copy_columns.wesl';
import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { concatReference } from './concat.reference.ts';

const forwardKernel = { name: 'concat_forward', source: forwardSource };
const copyColumnsKernel = { name: 'copy_columns', source: copyColumnsSource };

/** Along which axis tensors are joined. */
export interface ConcatOptions {
  /** 0 is the first; negative axes count from the end, −1 is the last (channels). */
  readonly axis: number;
}

const optionNames: OptionNames<ConcatOptions> = { axis: true };

/**
 * Joins tensors along one axis.
 *
 * @param inputs at least one, equal in every extent but that of the axis
 * @throws ShapeError if the other extents differ, ArgumentError if there is no such axis
 */
export function concat(inputs: readonly Tensor[], options: ConcatOptions): Tensor {
  checkOperands('concat', ...inputs);
  checkOptionNames('concat', options, optionNames);
  const { axis } = options;
  const [first] = inputs;
  checkArgument(first !== undefined, 'concat', () => 'there is nothing to join');
  const rank = first.shape.length;
  const joined = axis < 0 ? axis + rank : axis;
  checkArgument(
    Number.isInteger(joined) && joined >= 0 && joined < rank,
    'concat',
    () => `a tensor of shape ${formatShape(first.shape)} has no axis ${axis}`,
  );
  const shapes = inputs.map(({ shape }) => formatShape(shape)).join(', ');
  check(
    inputs.every(
      ({ shape }) =>
        shape.length === rank && shape.every((extent, i) => i === joined || extent === first.shape[i]),
    ),
    'concat',
    () => `along axis ${axis} all other extents must be equal, not ${shapes}`,
  );
  check(
    inputs.every(({ dtype }) => isReal(dtype) && dtype === first.dtype),
    'concat',
    () => `all must be f32, or all f16, not ${inputs.map(({ dtype }) => dtype).join(', ')}`,
  );
  return joinAll(inputs, joined);
}

/** Joins by halves, so that no element is copied more than ⌈log₂ n⌉ times. */
function joinAll(inputs: readonly Tensor[], axis: number): Tensor {
  if (inputs.length === 1) return inputs[0]!;
  const half = Math.ceil(inputs.length / 2);
  return join(joinAll(inputs.slice(0, half), axis), joinAll(inputs.slice(half), axis), axis);
}

function join(a: Tensor, b: Tensor, axis: number): Tensor {
  const shape = a.shape.map((extent, i) => (i === axis ? extent + b.shape[i]! : extent));
  const y = a.device.empty(shape, a.dtype);
  const rowOfA = elementCount(a.shape.slice(axis));
  const rowOfB = elementCount(b.shape.slice(axis));
  const { grid, constants, conditions } = elementGrid(a.device, y.size, commonUnit(rowOfA, rowOfB));
  const unit = conditions.vec4 ? 4 : 1;
  a.device.within('concat', () =>
    a.device.dispatch({
      kernel: forwardKernel,
      constants: { ...constants, A: rowOfA / unit, B: rowOfB / unit },
      conditions,
      bindings: { a, b, y },
      grid,
      cost: { flops: 0, bytes: 8 * y.size },
    }),
  );
  return record(y, {
    operator: 'concat',
    inputs: [a, b],
    backward: (dy, into) => [
      a.requiresGradient ? copyColumns(dy, rowOfA + rowOfB, 0, rowOfA, into(0)) : null,
      b.requiresGradient ? copyColumns(dy, rowOfA + rowOfB, rowOfA, rowOfB, into(1)) : null,
    ],
  });
}

/** 4 where rows fall into vectors of four at every boundary between them, else 1. */
function commonUnit(...columns: number[]): number {
  return columns.every((column) => column % 4 === 0) ? 4 : 1;
}

/** Columns start ≤ c < start + kept of x, seen as rows of `columns` numbers, to y. */
function copyColumns(x: Tensor, columns: number, start: number, kept: number, y: Tensor): Tensor {
  const { grid, constants, conditions } = elementGrid(x.device, y.size, commonUnit(columns, start, kept));
  const unit = conditions.vec4 ? 4 : 1;
  x.device.dispatch({
    kernel: copyColumnsKernel,
    constants: { ...constants, COLUMNS: columns / unit, KEPT: kept / unit, START: start / unit },
    conditions,
    bindings: { x, y },
    grid,
    cost: { flops: 0, bytes: 8 * y.size },
  });
  return y;
}

export const concatOperator = defineOperator<ConcatOptions>({
  name: 'concat',
  apply: (inputs, options) => concat(inputs, options),
  reference: (inputs, { axis }) => concatReference(inputs, axis),
  cost: (shapes) => ({ flops: 0, bytes: 8 * shapes.reduce((sum, shape) => sum + elementCount(shape), 0) }),
  cases: [
    {
      inputs: [{ shape: [2, 3, 5, 4] }, { shape: [2, 3, 5, 7], kind: 'outliers' }],
      attributes: { axis: -1 },
    },
    { inputs: [{ shape: [2, 3] }, { shape: [1, 3] }, { shape: [5, 3] }], attributes: { axis: 0 } },
    { inputs: [{ shape: [3, 4] }, { shape: [3, 12] }], attributes: { axis: 1 } },
    {
      inputs: [1, 2, 3, 1, 7].map((extent) => ({ shape: [4, extent, 3] })),
      attributes: { axis: 1 },
    },
    { inputs: [{ shape: [1] }, { shape: [1] }], attributes: { axis: 0 } },
  ],
  misuses: [
    { inputs: [], attributes: { axis: 0 }, message: /concat: there is nothing to join/ },
    { inputs: [{ shape: [2, 3] }], attributes: { axis: 2 }, message: /concat: .*\[2, 3\] has no axis 2/ },
    { inputs: [{ shape: [2, 3] }], attributes: { axis: -3 }, message: /concat: .*\[2, 3\] has no axis -3/ },
    {
      inputs: [{ shape: [2, 3] }, { shape: [4, 2] }],
      attributes: { axis: 0 },
      message: /concat: along axis 0 .*\[2, 3\], \[4, 2\]/,
    },
    {
      inputs: [{ shape: [2] }, { shape: [2], kind: 'labels', classes: 2 }],
      attributes: { axis: 0 },
      message: /concat: all must be f32, or all f16, not f32, u32/,
    },
  ],
});
