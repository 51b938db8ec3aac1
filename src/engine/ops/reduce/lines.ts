import { check, checkArgument } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount, type Shape } from '../../core/shape.ts';
import type { Device, Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { checkAxes } from '../shape/copy_strided.ts';
import { permute } from '../shape/permute.ts';

/** Which axes a reduction runs over, and whether they stay with extent 1. */
export interface ReduceOptions {
  /** Axes to reduce; negative ones count from the end. Default all. */
  readonly axes?: readonly number[];
  /** Whether they stay, with extent 1. Default false. */
  readonly keepDims?: boolean;
}

const reduceOptions: OptionNames<ReduceOptions> = { axes: true, keepDims: true };

/** An array seen as [outer, axis, inner]: outer·inner lines along the axis, as in shaders/lib/lines. */
export interface Lines {
  readonly outer: number;
  readonly axis: number;
  readonly inner: number;
}

export interface Reduced {
  /** What is to be reduced: x, or x with its axes in another order. */
  readonly x: Tensor;
  readonly lines: Lines;
  /** Of the result. */
  readonly shape: Shape;
}

/**
 * How to reduce some axes of x. Those that do not follow one another are brought together first, by an operator of the graph.
 *
 * @throws ShapeError unless x is f32, ArgumentError unless the axes are some of its own
 */
export function reduced(operator: string, x: Tensor, options: ReduceOptions): Reduced {
  checkOperands(operator, x);
  checkOptionNames(operator, options, reduceOptions);
  const { axes, keepDims = false } = options;
  check(x.dtype === 'f32', operator, () => `x must be f32, not ${x.dtype}`);
  const rank = x.shape.length;
  checkArgument(axes?.length !== 0, operator, () => 'the list of axes is empty; without one all are reduced');
  const named = axes ? checkAxes(operator, x, axes) : x.shape.map((_, axis) => axis);
  const isReduced = (axis: number): boolean => named.includes(axis);
  const shape = x.shape.flatMap((extent, axis) => (isReduced(axis) ? (keepDims ? [1] : []) : [extent]));
  // Axes of extent 1 are in nobody's way.
  const long = x.shape.map((_, axis) => axis).filter((axis) => x.shape[axis]! > 1);
  const first = long.findIndex(isReduced);
  const last = long.findLastIndex(isReduced);
  if (first < 0) return { x, lines: { outer: x.size, axis: 1, inner: 1 }, shape };
  const extentOf = (list: readonly number[]): number => elementCount(list.map((axis) => x.shape[axis]!));
  if (long.slice(first, last + 1).every(isReduced)) {
    const [outer, axis, inner] = [
      long.slice(0, first),
      long.slice(first, last + 1),
      long.slice(last + 1),
    ] as const;
    return {
      x,
      lines: { outer: extentOf(outer), axis: extentOf(axis), inner: extentOf(inner) },
      shape,
    };
  }
  const kept = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !isReduced(axis));
  const order = [...kept, ...named.toSorted((a, b) => a - b)];
  return {
    x: permute(x, order),
    lines: { outer: extentOf(kept), axis: extentOf(named), inner: 1 },
    shape,
  };
}

/** x along one axis. @throws ShapeError unless x is f32, ArgumentError unless it has the axis */
export function linesAlong(operator: string, x: Tensor, axis: number): Lines {
  checkOperands(operator, x);
  check(x.dtype === 'f32', operator, () => `x must be f32, not ${x.dtype}`);
  const [at] = checkAxes(operator, x, [axis]) as [number];
  return {
    outer: elementCount(x.shape.slice(0, at)),
    axis: x.shape[at]!,
    inner: elementCount(x.shape.slice(at + 1)),
  };
}

export const linesOf = ({ outer, inner }: Lines): Shape => [outer, inner];

/** Grid, constants and conditions of an element-wise kernel built on shaders/lib/lines. */
export function lineGrid(device: Device, { outer, axis, inner }: Lines, vectors = true) {
  const rows = inner === 1;
  const unit = vectors && (rows ? axis : inner) % 4 === 0 ? 4 : 1;
  const { grid, constants } = elementGrid(device, outer * axis * inner, unit);
  return {
    grid,
    constants: { ...constants, AXIS: rows ? axis / unit : axis, INNER: rows ? 1 : inner / unit },
    conditions: { vec4: unit === 4, rows },
  };
}
