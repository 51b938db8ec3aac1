import { record } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkShape, elementCount, type Shape } from '../../core/shape.ts';
import { type Tensor, viewOf } from '../../core/tensor.ts';

/**
 * The same elements in row-major order under another shape. A view: nothing is copied, in either direction.
 *
 * @throws ShapeError if the shapes have different numbers of elements
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkOperands('reshape', x);
  return view('reshape', x, shape);
}

/** [n, ...] as [n, everything else]. A view like {@link reshape}. */
export function flatten(x: Tensor): Tensor {
  checkOperands('flatten', x);
  check(x.shape.length > 0, 'flatten', () => 'x must have a first dimension to keep, not be a scalar');
  return view('flatten', x, [x.shape[0]!, elementCount(x.shape.slice(1))]);
}

function view(operator: string, x: Tensor, shape: Shape): Tensor {
  checkShape(shape, operator);
  check(
    elementCount(shape) === x.size,
    operator,
    () =>
      `x ${formatShape(x.shape)} has ${x.size} elements, ${formatShape(shape)} has ${elementCount(shape)}`,
  );
  return record(viewOf(x, shape), { operator, inputs: [x], backward: (dy) => [viewOf(dy, x.shape)] });
}

export const reshapeOperator = defineOperator<{ shape: Shape }>({
  name: 'reshape',
  apply: ([x], { shape }) => reshape(x!, shape),
  reference: ([x], { shape }) => ({ shape, data: x!.data.slice() }),
  cost: () => ({ flops: 0, bytes: 0 }),
  cases: [
    { inputs: [{ shape: [3, 5, 4] }], attributes: { shape: [2, 30] } },
    { inputs: [{ shape: [1, 1] }], attributes: { shape: [] } },
    { inputs: [{ shape: [7], kind: 'outliers' }], attributes: { shape: [7, 1, 1] } },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }],
      attributes: { shape: [4, 2] },
      message: /reshape: x \[2, 3\] has 6 elements, \[4, 2\] has 8/,
    },
    {
      inputs: [{ shape: [2, 3] }],
      attributes: { shape: [-1, 6] },
      message: /reshape: .*positive integer, not \[-1, 6\]/,
    },
  ],
});

export const flattenOperator = defineOperator({
  name: 'flatten',
  apply: ([x]) => flatten(x!),
  reference: ([x]) => ({ shape: [x!.shape[0]!, x!.data.length / x!.shape[0]!], data: x!.data.slice() }),
  cost: () => ({ flops: 0, bytes: 0 }),
  cases: [
    { inputs: [{ shape: [3, 5, 4, 7] }], attributes: {} },
    { inputs: [{ shape: [9] }], attributes: {} },
  ],
  misuses: [{ inputs: [{ shape: [] }], attributes: {}, message: /flatten: x .*scalar/ }],
});
