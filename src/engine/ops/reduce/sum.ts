import { record } from '../../core/autograd.ts';
import { defineOperator } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { type ReduceOptions, reduced } from './lines.ts';
import { reduceReference } from './reduce.reference.ts';
import { reduceLines, spreadLines } from './reduce.ts';

/**
 * Sum along some axes, or of all elements. The order of additions is fixed, and sums are taken in parts, so that errors grow with
 * the logarithm of the number of elements.
 *
 * @throws ShapeError unless x is f32, ArgumentError unless it has the axes
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return total('sum', x, options);
}

/** Mean along some axes, or of all elements: their {@link sum} divided by their number. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  return total('mean', x, options);
}

function total(operator: 'sum' | 'mean', given: Tensor, options: ReduceOptions): Tensor {
  const { x, lines, shape } = reduced(operator, given, options);
  const factor = operator === 'mean' ? 1 / lines.axis : 1;
  const y = x.device.within(operator, () =>
    reduceLines(x, lines, { kind: 'sum', factor }, x.device.empty(shape)),
  );
  return record(y, {
    operator,
    inputs: [x],
    backward: (dy, into) => [spreadLines(dy, lines, { factor }, into(0))],
  });
}

/** Writes factor·Σx to a tensor of one element. */
export function sumInto(x: Tensor, output: Tensor, factor = 1): Tensor {
  return reduceLines(x, { outer: 1, axis: x.size, inner: 1 }, { kind: 'sum', factor }, output);
}

const reduction = (name: 'sum' | 'mean', apply: (x: Tensor, options: ReduceOptions) => Tensor) =>
  defineOperator<ReduceOptions>({
    name,
    apply: ([x], options) => apply(x!, options),
    reference: ([x], options) =>
      reduceReference(x!, options, (numbers) => {
        const all = numbers.reduce((a, b) => a + b, 0);
        return name === 'sum' ? all : all / numbers.length;
      }),
    cost: ([shape]) => {
      const size = elementCount(shape!);
      return { flops: size, bytes: 4 * size };
    },
    cases: [
      { inputs: [{ shape: [3, 5, 7], kind: 'positive' }], attributes: {} },
      { inputs: [{ shape: [] }], attributes: {} },
      { inputs: [{ shape: [2051, 33], kind: 'positive' }], attributes: {} },
      { inputs: [{ shape: [3, 5, 7], kind: 'outliers' }], attributes: { axes: [-1] } },
      { inputs: [{ shape: [3, 5, 8] }], attributes: { axes: [1], keepDims: true } },
      { inputs: [{ shape: [2, 3, 4, 5] }], attributes: { axes: [2, 0] } },
      { inputs: [{ shape: [3, 1, 7] }], attributes: { axes: [1] } },
      { inputs: [{ shape: [4, 1, 12] }], attributes: { axes: [0, 2], keepDims: true } },
      { inputs: [{ shape: [2, 1500, 3], kind: 'positive' }], attributes: { axes: [1] } },
    ],
    misuses: [
      { inputs: [{ shape: [2], kind: 'labels', classes: 2 }], attributes: {}, message: /f32, not u32/ },
      {
        inputs: [{ shape: [2, 3] }],
        attributes: { axes: [2] },
        message: /: a tensor of shape \[2, 3\] has no axis 2/,
      },
      {
        inputs: [{ shape: [2, 3] }],
        attributes: { axes: [1, -1] },
        message: /: axis 1 is named twice in \[1, -1\]/,
      },
      { inputs: [{ shape: [2, 3] }], attributes: { axes: [] }, message: /: the list of axes is empty/ },
    ],
  });

export const sumOperator = reduction('sum', sum);
export const meanOperator = reduction('mean', mean);
