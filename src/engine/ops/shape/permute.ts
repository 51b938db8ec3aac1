import { record } from '../../core/autograd.ts';
import { checkArgument, formatShape } from '../../core/errors.ts';
import { defineOperator, type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { elementCount, type Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { checkAxes, checkList, checkWords, copyStrided, stridesOf } from './copy_strided.ts';

/**
 * The axes in another order: axis d of the result is axis `order[d]` of x.
 *
 * @param x f32, f16, u32 or i32
 * @param order every axis of x once; negative ones count from the end
 * @throws ArgumentError if `order` is no permutation of the axes
 */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  return permuted('permute', x, order);
}

/**
 * Two axes change places: the transpose of a matrix, or of the last two axes of more, unless `axes` names others.
 *
 * @throws ArgumentError if x has no two such axes
 */
export function transpose(x: Tensor, { axes = [-2, -1] }: { axes?: readonly number[] } = {}): Tensor {
  checkWords('transpose', x);
  checkList('transpose', 'axes', axes);
  checkArgument(axes.length === 2, 'transpose', () => `two axes change places, not [${axes.join(', ')}]`);
  const [a, b] = checkAxes('transpose', x, axes) as [number, number];
  return permuted(
    'transpose',
    x,
    x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );
}

function permuted(operator: string, x: Tensor, order: readonly number[]): Tensor {
  checkWords(operator, x);
  checkList(operator, 'order', order);
  checkArgument(
    order.length === x.shape.length,
    operator,
    () => `the order [${order.join(', ')}] must name every axis of x ${formatShape(x.shape)} once`,
  );
  const axes = checkAxes(operator, x, order);
  const inverse = axes.map((_, axis) => axes.indexOf(axis));
  const y = x.device.within(operator, () => copyPermuted(x, axes));
  return record(y, { operator, inputs: [x], backward: (dy, into) => [copyPermuted(dy, inverse, into(0))] });
}

function copyPermuted(x: Tensor, order: readonly number[], into?: Tensor): Tensor {
  const shape = order.map((axis) => x.shape[axis]!);
  const strides = stridesOf(x.shape);
  const y = into ?? x.device.empty(shape, x.dtype);
  return copyStrided(
    x,
    y,
    order.map((axis, d) => ({ extent: shape[d]!, stride: strides[axis]! })),
  );
}

function permuteReference(x: ReferenceArray, order: readonly number[]): ReferenceArray {
  const rank = x.shape.length;
  const axes = order.map((axis) => (axis < 0 ? axis + rank : axis));
  const shape = axes.map((axis) => x.shape[axis]!);
  const at: number[] = x.shape.map(() => 0);
  return referenceArray(shape, (i) => {
    for (let d = rank - 1, rest = i; d >= 0; d--) {
      at[axes[d]!] = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    return x.data[at.reduce((place, coordinate, axis) => place * x.shape[axis]! + coordinate, 0)]!;
  });
}

const copyCost = ([shape]: readonly Shape[]) => ({ flops: 0, bytes: 8 * elementCount(shape!) });

export const permuteOperator = defineOperator<{ order: readonly number[] }>({
  name: 'permute',
  apply: ([x], { order }) => permute(x!, order),
  reference: ([x], { order }) => permuteReference(x!, order),
  cost: copyCost,
  cases: [
    { inputs: [{ shape: [2, 3, 5, 7], kind: 'outliers' }], attributes: { order: [3, 1, 0, 2] } },
    { inputs: [{ shape: [2, 3, 4, 8] }], attributes: { order: [0, 2, 1, -1] } },
    { inputs: [{ shape: [1, 6, 1, 5] }], attributes: { order: [1, 0, 3, 2] } },
    { inputs: [{ shape: [3, 4] }], attributes: { order: [0, 1] } },
    { inputs: [{ shape: [] }], attributes: { order: [] } },
    { inputs: [{ shape: [3, 5], kind: 'labels', classes: 4e9 }], attributes: { order: [1, 0] } },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }],
      attributes: { order: [0] },
      message: /permute: the order \[0\] must name every axis of x \[2, 3\]/,
    },
    {
      inputs: [{ shape: [2, 3] }],
      attributes: { order: [1, 1] },
      message: /permute: axis 1 is named twice in \[1, 1\]/,
    },
    {
      inputs: [{ shape: [2, 3] }],
      attributes: { order: [0, 2] },
      message: /permute: .*\[2, 3\] has no axis 2/,
    },
    {
      inputs: [{ shape: [2, 4], kind: 'pixels' }],
      attributes: { order: [1, 0] },
      message: /permute: x must be f32, f16, u32 or i32, not rgba8/,
    },
  ],
});

export const transposeOperator = defineOperator<{ axes?: readonly number[] }>({
  name: 'transpose',
  apply: ([x], options) => transpose(x!, options),
  reference: ([x], { axes = [-2, -1] }) => {
    const [a, b] = axes.map((axis) => (axis + x!.shape.length) % x!.shape.length);
    const order = x!.shape.map((_, axis) => (axis === a ? b! : axis === b ? a! : axis));
    return permuteReference(x!, order);
  },
  cost: copyCost,
  cases: [
    { inputs: [{ shape: [33, 20], kind: 'outliers' }], attributes: {} },
    { inputs: [{ shape: [2, 3, 5] }], attributes: {} },
    { inputs: [{ shape: [2, 3, 8] }], attributes: { axes: [0, 1] } },
    { inputs: [{ shape: [1, 9] }], attributes: {} },
  ],
  misuses: [
    { inputs: [{ shape: [3] }], attributes: {}, message: /transpose: .*\[3\] has no axis -2/ },
    {
      inputs: [{ shape: [2, 3] }],
      attributes: { axes: [0] },
      message: /transpose: two axes change places, not \[0\]/,
    },
  ],
});
