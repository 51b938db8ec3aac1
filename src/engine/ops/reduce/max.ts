import { record } from '../../core/autograd.ts';
import { defineOperator } from '../../core/operator.ts';
import { elementCount, type Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { linesOf, type ReduceOptions, reduced } from './lines.ts';
import { reduceReference } from './reduce.reference.ts';
import { reduceLines, spreadLines } from './reduce.ts';

/**
 * Largest number along some axes, or of all elements. A NaN counts as larger than all numbers. The gradient goes to the first of equal
 * maxima in row-major order.
 *
 * @throws ShapeError unless x is f32, ArgumentError unless it has the axes
 */
export function max(given: Tensor, options: ReduceOptions = {}): Tensor {
  const { x, lines, shape } = reduced('max', given, options);
  const { device } = x;
  const y = device.within('max', () => reduceLines(x, lines, { kind: 'maximum' }, device.empty(shape)));
  return record(y, {
    operator: 'max',
    inputs: [x],
    backward: (dy, into) => {
      const index = device.empty(linesOf(lines), 'u32');
      reduceLines(x, lines, { kind: 'argmax' }, index);
      return [spreadLines(dy, lines, { index }, into(0))];
    },
  });
}

/**
 * Index of the largest number along some axes, or of all elements: of several axes, as if they were one in row-major order. Of equal
 * maxima the first, and the first NaN if there is one. Has no gradient.
 *
 * @returns u32
 * @throws ShapeError unless x is f32, ArgumentError unless it has the axes
 */
export function argmax(given: Tensor, options: ReduceOptions = {}): Tensor {
  const { x, lines, shape } = reduced('argmax', given, options);
  const y = x.device.empty(shape, 'u32');
  return x.device.within('argmax', () => reduceLines(x, lines, { kind: 'argmax' }, y));
}

/** Where the largest is, the first of equals and the first NaN. */
function indexOfLargest(numbers: readonly number[]): number {
  const nan = numbers.findIndex(Number.isNaN);
  return nan >= 0 ? nan : numbers.indexOf(numbers.reduce((a, b) => Math.max(a, b)));
}

const cost = ([shape]: readonly Shape[]) => {
  const size = elementCount(shape!);
  return { flops: size, bytes: 4 * size };
};

const misuses = [
  { inputs: [{ shape: [2], kind: 'labels' as const }], attributes: {}, message: /x must be f32, not u32/ },
  { inputs: [{ shape: [2, 3] }], attributes: { axes: [-3] }, message: /\[2, 3\] has no axis -3/ },
];

const samples: readonly (readonly [Shape, ReduceOptions])[] = [
  [[3, 5, 7], {}],
  [[], {}],
  [[5, 13], { axes: [1] }],
  [[3, 300, 4], { axes: [1], keepDims: true }],
  [[2, 3, 4, 5], { axes: [0, 2] }],
  [[2, 1100], { axes: [-1] }],
];

export const maxOperator = defineOperator<ReduceOptions>({
  name: 'max',
  apply: ([x], options) => max(x!, options),
  reference: ([x], options) => reduceReference(x!, options, (numbers) => numbers[indexOfLargest(numbers)]!),
  cost,
  cases: samples.map(([shape, attributes]) => ({
    inputs: [{ shape, kind: 'distinct' as const }],
    attributes,
  })),
  misuses,
});

export const argmaxOperator = defineOperator<ReduceOptions>({
  name: 'argmax',
  apply: ([x], options) => argmax(x!, options),
  reference: ([x], options) => reduceReference(x!, options, indexOfLargest),
  cost,
  cases: samples.map(([shape, attributes]) => ({
    inputs: [{ shape, kind: 'distinct' as const, differentiable: false }],
    attributes,
  })),
  misuses,
});
