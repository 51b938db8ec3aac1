/** Tensors that are known before any image is: weights, shapes, and what follows from them. */

import type { OnnxTensor } from './tensor.ts';

export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly isInteger: boolean;
  /** Tensors of the file that it is made of. */
  readonly sources: readonly string[];
  /** Operations between them and it. */
  readonly depth: number;
  numbers(): ArrayLike<number>;
}

/** In a list that settings are taken from. */
export const mostNumbers = 100_000;

/** Stands for the number of images in a shape, which is open. */
export const batchExtent = Number.NaN;

export const constantOf = (tensor: OnnxTensor, name = tensor.name): Constant => ({
  ...tensor,
  name,
  sources: tensor.name === '' ? [] : [tensor.name],
  depth: 0,
});

/** Whole numbers that stand in a node's attribute, or follow from shapes. */
export const wholeNumbers = (name: string, values: readonly number[], shape = [values.length]): Constant => ({
  name,
  shape,
  isInteger: true,
  sources: [],
  depth: 0,
  numbers: () => values,
});

/** Longer chains of operations on constants than any model has; each is a call within a call. */
export const mostDepth = 256;

/** What is computed from constants, once. */
function derived(
  name: string,
  shape: readonly number[],
  from: readonly Constant[],
  compute: () => ArrayLike<number>,
): Constant {
  let computed: ArrayLike<number> | undefined;
  return {
    name,
    shape,
    isInteger: from.every(({ isInteger }) => isInteger),
    sources: [...new Set(from.flatMap(({ sources }) => sources))],
    depth: 1 + Math.max(...from.map(({ depth }) => depth)),
    numbers() {
      computed ??= compute();
      return computed;
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
  return derived(name, shape, [constant], () => {
    const values = constant.numbers();
    const result = new Float32Array(values.length);
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
    return result;
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
  return derived(name, shape, [a, b], () => {
    const [left, right] = [a.numbers(), b.numbers()];
    return Array.from({ length: sizeOf(shape) }, (_, i) =>
      operation(left[sizeA === 1 ? 0 : i]!, right[sizeB === 1 ? 0 : i]!),
    );
  });
}

/** A function of each number. */
export const mapped = (constant: Constant, name: string, f: (x: number) => number): Constant =>
  derived(name, constant.shape, [constant], () => Array.from(constant.numbers(), f));
