import source from '../../../shaders/shape/copy_strided.wesl';
import { isReal } from '../../core/data-type.ts';
import { check, checkArgument } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { elementGrid } from '../../tuning/grid.ts';

const kernel = { name: 'copy_strided', source };

/** One dimension of the array that a strided copy writes. */
export interface CopyDimension {
  /** Of the copy. */
  readonly extent: number;
  /** Elements of the source from one entry along the dimension to the next. */
  readonly stride: number;
  /** Where entries of the source go: from `before` on, every `spacing`-th, `count` of them; the others get the value. */
  readonly gaps?: { readonly before: number; readonly spacing: number; readonly count: number };
}

/** Elements from one entry along each dimension of a row-major array to the next. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = strides[d + 1]! * shape[d + 1]!;
  return strides;
}

/** @throws ArgumentError unless it is a list, of which JavaScript does not make sure */
export function checkList(operator: string, name: string, list: unknown): void {
  checkArgument(
    Array.isArray(list),
    operator,
    () => `${name} must be a list of numbers, not ${String(list)}`,
  );
}

/** Axes of x counted from 0; negative ones count from the end. @throws ArgumentError naming one that x lacks or that appears twice */
export function checkAxes(operator: string, x: Tensor, axes: readonly number[]): number[] {
  checkList(operator, 'axes', axes);
  const rank = x.shape.length;
  const found = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  for (const [i, axis] of found.entries()) {
    checkArgument(
      Number.isInteger(axis) && axis >= 0 && axis < rank,
      operator,
      () => `a tensor of shape [${x.shape.join(', ')}] has no axis ${axes[i]}`,
    );
    checkArgument(
      found.indexOf(axis) === i,
      operator,
      () => `axis ${axis} is named twice in [${axes.join(', ')}]`,
    );
  }
  return found;
}

/**
 * @throws ShapeError unless an element is a word to a kernel, as f16 is too: the copies of this family move bits, whatever they stand for
 * @throws ArgumentError if x is no tensor
 */
export function checkWords(operator: string, x: Tensor): void {
  checkOperands(operator, x);
  check(x.dtype !== 'rgba8', operator, () => `x must be f32, f16, u32 or i32, not ${x.dtype}`);
}

/** The same copy with as few dimensions as describe it: those that follow one another in the source are one. */
function merged(dimensions: readonly CopyDimension[]): CopyDimension[] {
  const result: CopyDimension[] = [];
  for (const dimension of dimensions) {
    if (dimension.extent === 1 && !dimension.gaps) continue;
    const outer = result.at(-1);
    const follows =
      outer && !outer.gaps && !dimension.gaps && outer.stride === dimension.stride * dimension.extent;
    if (follows) result.pop();
    result.push(follows ? { ...dimension, extent: outer.extent * dimension.extent } : dimension);
  }
  return result;
}

/** Whether rows of the copy are whole vectors of four of the source. */
function fitsVectors(dimensions: readonly CopyDimension[], offset: number): boolean {
  const last = dimensions.at(-1);
  if (last?.stride !== 1 || offset % 4 !== 0 || last.extent % 4 !== 0) return false;
  if (dimensions.slice(0, -1).some(({ stride }) => stride % 4 !== 0)) return false;
  const { gaps } = last;
  return !gaps || (gaps.spacing === 1 && gaps.before % 4 === 0 && gaps.count % 4 === 0);
}

/** In vectors of four. */
function inVectors(dimensions: readonly CopyDimension[]): CopyDimension[] {
  return dimensions.map(({ extent, stride, gaps }, d) => {
    if (d < dimensions.length - 1) return { extent, stride: stride / 4, gaps };
    const fewer = gaps && { ...gaps, before: gaps.before / 4, count: gaps.count / 4 };
    return { extent: extent / 4, stride: 1, gaps: fewer };
  });
}

/**
 * Writes y[o] = x[offset + Σ s·stride] for the entries o of its dimensions, the outermost first, and `value` in gaps. Not recorded in
 * the graph. The extents multiply to the size of y; every source element exists.
 */
export function copyStrided(
  x: Tensor,
  y: Tensor,
  dimensions: readonly CopyDimension[],
  { offset = 0, value = 0 }: { offset?: number; value?: number } = {},
): Tensor {
  const { device } = x;
  const least = merged(dimensions);
  const vec4 = fitsVectors(least, offset);
  const used = (vec4 ? inVectors(least) : least).toReversed();
  const gaps = used.some((dimension) => dimension.gaps);
  const geometry = runtimeOf(device).uniform([
    vec4 ? offset / 4 : offset,
    ...used.flatMap(({ extent, stride, gaps: own }) => {
      const { before, spacing, count } = own ?? { before: 0, spacing: 1, count: extent };
      return gaps ? [extent, stride, before, spacing, (count - 1) * spacing + 1] : [extent, stride];
    }),
  ]);
  const { grid, constants } = elementGrid(device, y.size, vec4 ? 4 : 1);
  device.dispatch({
    kernel,
    constants: { ...constants, RANK: used.length, VALUE: bitsOf(value, y) },
    conditions: { vec4, gaps },
    bindings: { x, geometry, y },
    grid,
    cost: { flops: 0, bytes: 8 * y.size },
  });
  return y;
}

/** Of what is stored as f16 those of f32, which become f16 as they are stored. */
function bitsOf(value: number, { dtype }: Tensor): number {
  return isReal(dtype) ? new Uint32Array(Float32Array.of(value).buffer)[0]! : value >>> 0;
}
