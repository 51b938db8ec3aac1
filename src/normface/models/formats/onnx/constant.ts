/** Tensors that are known before any image is: weights, shapes, and what follows from them. */

import type { OnnxTensor } from './tensor.ts';

export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly isInteger: boolean;
  /** The tensor of the file that it is. */
  readonly source?: string;
  /** Constants that it is computed from. */
  readonly from: readonly Constant[];
  /** Operations between tensors of the file and it. */
  readonly depth: number;
  numbers(): ArrayLike<number>;
}

/** In a list that settings are taken from, or a shape. */
export const mostNumbers = 4096;

/** Stands for the number of images in a shape, which is open. */
export const batchExtent = Number.NaN;

/** A tensor among those of the file. */
export const constantOf = (tensor: OnnxTensor): Constant => ({
  ...tensor,
  ...(tensor.name !== '' && { source: tensor.name }),
  from: [],
  depth: 0,
});

/** Numbers that stand in a node's attribute, or follow from shapes and short lists. */
export const listed = (
  name: string,
  values: readonly number[],
  { shape = [values.length], isInteger = true }: { shape?: readonly number[]; isInteger?: boolean } = {},
): Constant => ({ name, shape, isInteger, from: [], depth: 0, numbers: () => values });

/** Longer chains of operations on constants than any model has; each is a call within a call. */
export const mostDepth = 256;

type Numbers = Float32Array | Float64Array;

/** What is computed from constants, once: like ONNX's operators in float32, whole numbers up to 2⁵³. */
function derived(
  name: string,
  shape: readonly number[],
  from: readonly Constant[],
  fill: (result: Numbers) => void,
  isInteger = from.every((constant) => constant.isInteger),
): Constant {
  let computed: Numbers | undefined;
  return {
    name,
    shape,
    isInteger,
    from,
    depth: 1 + Math.max(...from.map(({ depth }) => depth)),
    numbers() {
      if (computed) return computed;
      const size = sizeOf(shape);
      const result = isInteger ? new Float64Array(size) : new Float32Array(size);
      fill(result);
      computed = result;
      return result;
    },
  };
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, 1);

/** The same numbers under another name and shape. */
export const reshaped = (constant: Constant, name: string, shape: readonly number[]): Constant => ({
  ...constant,
  name,
  shape,
});

/**
 * A shape in which -1 stands for what is left, and 0 for the extent of the old one; undefined where it has not as many numbers as before.
 *
 * @param keepsZeros whether 0 is an extent of nothing
 */
export function resolvedShape(
  old: readonly number[],
  wanted: readonly number[],
  keepsZeros = false,
): number[] | undefined {
  const copied = wanted.map((extent, i) => (extent === 0 && !keepsZeros ? (old[i] ?? 0) : extent));
  const known = copied.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const shape = copied.map((extent) => (extent === -1 ? sizeOf(old) / known : extent));
  return sizeOf(shape) === sizeOf(old) && shape.every((extent) => Number.isInteger(extent) && extent >= 0)
    ? shape
    : undefined;
}

/** The axes of a tensor in another order: axis i of the result is axis order[i]. */
export function transposed(constant: Constant, name: string, order: readonly number[]): Constant {
  const shape = order.map((axis) => constant.shape[axis]!);
  const strides = constant.shape.map((_, axis) => sizeOf(constant.shape.slice(axis + 1)));
  return derived(name, shape, [constant], (result) => {
    const values = constant.numbers();
    const place = order.map(() => 0);
    let from = 0;
    for (let to = 0; to < result.length; to++) {
      result[to] = values[from]!;
      for (let axis = order.length - 1; axis >= 0; axis--) {
        const stride = strides[order[axis]!]!;
        from += stride;
        place[axis]!++;
        if (place[axis]! < shape[axis]!) break;
        from -= stride * shape[axis]!;
        place[axis] = 0;
      }
    }
  });
}

/** An element-wise operation on tensors of one shape, or of one number and any shape; undefined for others. */
export function combined(
  a: Constant,
  b: Constant,
  name: string,
  operation: (x: number, y: number) => number,
): Constant | undefined {
  const [sizeA, sizeB] = [sizeOf(a.shape), sizeOf(b.shape)];
  const isSame = a.shape.join() === b.shape.join();
  if (!isSame && sizeA !== 1 && sizeB !== 1) return undefined;
  const { shape } = sizeA >= sizeB ? a : b;
  return derived(name, shape, [a, b], (result) => {
    const [left, right] = [a.numbers(), b.numbers()];
    for (let i = 0; i < result.length; i++)
      result[i] = operation(left[sizeA === 1 ? 0 : i]!, right[sizeB === 1 ? 0 : i]!);
  });
}

/** A function of each number. @param isInteger of what it gives; default as before */
export const mapped = (
  constant: Constant,
  name: string,
  f: (x: number) => number,
  isInteger = constant.isInteger,
): Constant =>
  derived(
    name,
    constant.shape,
    [constant],
    (result) => {
      const numbers = constant.numbers();
      for (let i = 0; i < result.length; i++) result[i] = f(numbers[i]!);
    },
    isInteger,
  );
