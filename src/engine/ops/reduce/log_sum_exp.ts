import source from '../../../shaders/reduce/log_sum_exp.wesl';
import { record } from '../../core/autograd.ts';
import { defineOperator } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { type ReduceOptions, reduced } from './lines.ts';
import { reduceReference } from './reduce.reference.ts';
import { exponentialsOf, type LineExponentials, sharesInto } from './softmax.ts';

const kernel = { name: 'log_sum_exp', source };

/**
 * log Σ exp(x) along some axes, or of all elements, for numbers of any magnitude. Lines that hold a NaN or +∞ give that, those of
 * nothing but −∞ give −∞; their gradient is NaN, as softmax has no value there.
 *
 * @throws ShapeError unless x is f32, ArgumentError unless it has the axes
 */
export function logSumExp(given: Tensor, options: ReduceOptions = {}): Tensor {
  const { x, lines, shape } = reduced('logSumExp', given, options);
  const { device } = x;
  const { exponentials, y } = device.within('logSumExp', () => {
    const exponentials = exponentialsOf(x, lines);
    return { exponentials, y: finish(exponentials, device.empty(shape)) };
  });
  return record(y, {
    operator: 'logSumExp',
    inputs: [x],
    backward: (dy, into) => [sharesInto(x, lines, exponentials, { factor: dy }, into(0))],
  });
}

function finish({ m, s }: LineExponentials, y: Tensor): Tensor {
  const { grid, constants, conditions } = elementGrid(y.device, y.size);
  y.device.dispatch({
    kernel,
    constants,
    conditions,
    bindings: { m, s, y },
    grid,
    cost: { flops: 2 * y.size, bytes: 12 * y.size },
  });
  return y;
}

export const logSumExpOperator = defineOperator<ReduceOptions>({
  name: 'logSumExp',
  apply: ([x], options) => logSumExp(x!, options),
  reference: ([x], options) =>
    reduceReference(x!, options, (numbers) => {
      const largest = numbers.reduce((a, b) => Math.max(a, b));
      return largest + Math.log(numbers.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    }),
  cost: ([shape]) => ({ flops: 3 * elementCount(shape!), bytes: 8 * elementCount(shape!) }),
  cases: [
    { inputs: [{ shape: [5, 13] }], attributes: {} },
    { inputs: [{ shape: [5, 13], scale: 1e3 }], attributes: { axes: [-1] } },
    { inputs: [{ shape: [3, 5, 8], kind: 'outliers' }], attributes: { axes: [1], keepDims: true } },
    { inputs: [{ shape: [2, 3, 4, 5] }], attributes: { axes: [0, 2] } },
    { inputs: [{ shape: [] }], attributes: {} },
  ],
  misuses: [
    {
      inputs: [{ shape: [2], kind: 'labels' }],
      attributes: {},
      message: /logSumExp: x must be f32, not u32/,
    },
    {
      inputs: [{ shape: [2, 3] }],
      attributes: { axes: [2] },
      message: /logSumExp: .*\[2, 3\] has no axis 2/,
    },
  ],
});
