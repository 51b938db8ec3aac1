import source from '../../../shaders/elementwise/add.wesl';
import { record } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { defineOperator, referenceArray } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import { checkOperands, type Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { scale } from './scale.ts';

const kernel = { name: 'add', source };

/**
 * alpha·a + beta·b, element by element (both factors default to 1).
 *
 * @throws ShapeError if the shapes differ: there is no broadcasting
 */
export function add(
  a: Tensor,
  b: Tensor,
  { alpha = 1, beta = 1 }: { alpha?: number; beta?: number } = {},
): Tensor {
  checkOperands('add', a, b);
  check(
    a.shape.length === b.shape.length && a.shape.every((extent, i) => extent === b.shape[i]),
    'add',
    () => `the shapes must be equal, not ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
  );
  check(
    a.dtype === 'f32' && b.dtype === 'f32',
    'add',
    () => `both must be f32, not ${a.dtype} and ${b.dtype}`,
  );
  const { grid, constants, conditions } = elementGrid(a.device, a.size);
  const y = a.device.empty(a.shape);
  a.device.within('add', () =>
    a.device.dispatch({
      kernel,
      constants: { ...constants, ALPHA: alpha, BETA: beta },
      conditions,
      bindings: { a, b, y },
      grid,
      cost: { flops: a.size, bytes: 12 * a.size },
    }),
  );
  const gradient = (input: Tensor, factor: number, dy: Tensor): Tensor | null =>
    input.requiresGradient ? (factor === 1 ? dy : scale(dy, factor)) : null;
  return record(y, {
    operator: 'add',
    inputs: [a, b],
    backward: (dy) => [gradient(a, alpha, dy), gradient(b, beta, dy)],
  });
}

export const addOperator = defineOperator<{ alpha?: number; beta?: number }>({
  name: 'add',
  apply: ([a, b], attributes) => add(a!, b!, attributes),
  reference: ([a, b], { alpha = 1, beta = 1 }) =>
    referenceArray(a!.shape, (i) => alpha * a!.data[i]! + beta * b!.data[i]!),
  cost: ([shape]) => {
    const size = elementCount(shape!);
    return { flops: size, bytes: 12 * size };
  },
  cases: [
    { inputs: [{ shape: [3, 5, 7] }, { shape: [3, 5, 7], kind: 'outliers' }], attributes: {} },
    { inputs: [{ shape: [] }, { shape: [] }], attributes: { alpha: -2, beta: 0.01 } },
    { inputs: [{ shape: [1] }, { shape: [1] }], attributes: { beta: 3 } },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }, { shape: [3, 2] }],
      attributes: {},
      message: /add: .*\[2, 3\] and \[3, 2\]/,
    },
    {
      inputs: [{ shape: [2] }, { shape: [2], kind: 'labels', classes: 2 }],
      attributes: {},
      message: /add: .*f32.*u32/,
    },
  ],
});
