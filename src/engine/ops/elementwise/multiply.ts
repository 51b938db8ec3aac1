import source from '../../../shaders/elementwise/multiply.wesl';
import { record } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { defineOperator, referenceArray } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import { checkOperands, type Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { sumInto } from '../reduce/sum.ts';

const kernel = { name: 'multiply', source };

/**
 * Element-wise product. `b` has the shape of `a`, or one element that multiplies them all.
 *
 * @throws ShapeError for any other pair of shapes
 */
export function multiply(a: Tensor, b: Tensor): Tensor {
  checkOperands('multiply', a, b);
  const scalar = b.size === 1 && a.size !== 1;
  check(
    scalar || (a.shape.length === b.shape.length && a.shape.every((extent, i) => extent === b.shape[i])),
    'multiply',
    () =>
      `b must have the shape of a or one element, not ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
  );
  check(
    a.dtype === 'f32' && b.dtype === 'f32',
    'multiply',
    () => `both must be f32, not ${a.dtype} and ${b.dtype}`,
  );
  const y = product(a, b);
  return record(y, {
    operator: 'multiply',
    inputs: [a, b],
    backward: (dy, into) => [
      a.requiresGradient ? product(dy, b) : null,
      b.requiresGradient ? (scalar ? sumInto(product(dy, a), into(1)) : product(dy, a)) : null,
    ],
  });
}

function product(a: Tensor, b: Tensor): Tensor {
  const { grid, constants, conditions } = elementGrid(a.device, a.size);
  const y = a.device.empty(a.shape);
  a.device.within('multiply', () =>
    a.device.dispatch({
      kernel,
      constants,
      conditions: { ...conditions, scalar: b.size === 1 && a.size !== 1 },
      bindings: { a, b, y },
      grid,
      cost: { flops: a.size, bytes: 4 * (2 * a.size + b.size) },
    }),
  );
  return y;
}

export const multiplyOperator = defineOperator({
  name: 'multiply',
  apply: ([a, b]) => multiply(a!, b!),
  reference: ([a, b]) =>
    referenceArray(a!.shape, (i) => a!.data[i]! * b!.data[b!.data.length === 1 ? 0 : i]!),
  cost: ([a, b]) => {
    const size = elementCount(a!);
    return { flops: size, bytes: 4 * (2 * size + elementCount(b!)) };
  },
  cases: [
    { inputs: [{ shape: [7, 11], kind: 'outliers' }, { shape: [7, 11] }], attributes: {} },
    { inputs: [{ shape: [300, 7] }, { shape: [1] }], attributes: {} },
    { inputs: [{ shape: [] }, { shape: [] }], attributes: {} },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }, { shape: [3] }],
      attributes: {},
      message: /multiply: .*\[2, 3\] and \[3\]/,
    },
  ],
});
