import gradInputSource from '../../../shaders/norm/l2_normalise_grad_input.wesl';
import normaliseRowsSource from '../../../shaders/norm/normalise_rows.wesl';
import inverseNormSource from '../../../shaders/norm/row_inverse_norm.wesl';
import squareSource from '../../../shaders/norm/row_square.wesl';
import { record } from '../../core/autograd.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Device, Tensor } from '../../core/tensor.ts';
import { wrappedGrid } from '../../tuning/grid.ts';
import { l2NormaliseReference } from './l2_normalise.reference.ts';

const normaliseKernel = { name: 'normalise_rows', source: normaliseRowsSource };
const gradInputKernel = { name: 'l2_normalise_grad_input', source: gradInputSource };
const inverseNormKernel = { name: 'row_inverse_norm', source: inverseNormSource };
const squareKernel = { name: 'row_square', source: squareSource };

/** Added to squared norms, inside the root (NormFace's layer on the GPU). */
export const defaultEpsilon = 1e-12;

/** Grid of a kernel built on shaders/lib/row_sum.wesl: eight rows per workgroup. */
export function rowGrid(device: Device, rows: number) {
  return wrappedGrid(device, Math.ceil(rows / 8));
}

function rowConstants(x: Tensor, epsilon: number) {
  const columns = x.shape.at(-1)!;
  const rows = x.size / columns;
  const { grid, constants } = rowGrid(x.device, rows);
  return { grid, constants: { ...constants, ROWS: rows, COLUMNS: columns, EPSILON: epsilon } };
}

function checkRows(operator: string, x: Tensor, epsilon: number): void {
  checkOperands(operator, x);
  check(x.dtype === 'f32', operator, () => `x must be f32, not ${x.dtype}`);
  check(
    x.shape.length > 0,
    operator,
    () => `x must have a last dimension to normalise over, not shape ${formatShape(x.shape)}`,
  );
  checkEpsilon(operator, epsilon);
}

/** @throws ArgumentError unless ε is a finite number from 0 */
export function checkEpsilon(operator: string, epsilon: number): void {
  checkArgument(
    Number.isFinite(epsilon) && epsilon >= 0,
    operator,
    () => `epsilon must be a finite number from 0, not ${epsilon}`,
  );
}

/**
 * L2 normalisation over the last dimension: y = x / √(Σ x² + ε), for rows of any magnitude.
 *
 * @param x [..., d]
 * @throws ShapeError unless x is f32 with at least one dimension, ArgumentError unless ε is a number from 0
 */
export function l2Normalise(x: Tensor, { epsilon = defaultEpsilon }: { epsilon?: number } = {}): Tensor {
  checkRows('l2Normalise', x, epsilon);
  const y = x.device.within('l2Normalise', () => normalisedRows(x, epsilon));
  return record(y, {
    operator: 'l2Normalise',
    inputs: [x],
    backward: (dy, into) => [normaliseGradient(x, dy, epsilon, into(0))],
  });
}

/** The result of {@link l2Normalise}, not recorded in the graph. */
export function normalisedRows(x: Tensor, epsilon: number): Tensor {
  const { grid, constants } = rowConstants(x, epsilon);
  const y = x.device.empty(x.shape);
  x.device.dispatch({
    kernel: normaliseKernel,
    constants,
    conditions: { in_place: false },
    bindings: { x, y },
    grid,
    cost: { flops: 3 * x.size, bytes: 8 * x.size },
  });
  return y;
}

/** Gradient of {@link l2Normalise} by x [rows, d], given that by its result. Not recorded in the graph. */
export function normaliseGradient(x: Tensor, dy: Tensor, epsilon: number, dx: Tensor): Tensor {
  const { grid, constants } = rowConstants(x, epsilon);
  x.device.dispatch({
    kernel: gradInputKernel,
    constants,
    bindings: { x, dy, dx },
    grid,
    cost: { flops: 7 * x.size, bytes: 12 * x.size },
  });
  return dx;
}

/** Σ x² of every row of [rows, d]; not differentiable. */
export function rowSquares(x: Tensor): Tensor {
  const [rows, columns] = x.shape as [number, number];
  const { grid, constants } = rowGrid(x.device, rows);
  const square = x.device.empty([rows]);
  x.device.dispatch({
    kernel: squareKernel,
    constants: { ...constants, ROWS: rows, COLUMNS: columns },
    bindings: { x, square },
    grid,
    cost: { flops: 2 * x.size, bytes: 4 * x.size },
  });
  return square;
}

/** 1 / √(Σ x² + ε) of every row of [rows, d]; not differentiable. */
export function rowInverseNorms(x: Tensor, epsilon: number): Tensor {
  const { grid, constants } = rowConstants(x, epsilon);
  const inverse = x.device.empty([constants.ROWS]);
  x.device.dispatch({
    kernel: inverseNormKernel,
    constants,
    conditions: { vec4: constants.COLUMNS % 4 === 0 },
    bindings: { x, inverse },
    grid,
    cost: { flops: 2 * x.size, bytes: 4 * x.size },
  });
  return inverse;
}

/**
 * Overwrites every row by itself divided by its norm: the "hard" weight normalisation of NormFace's later heads
 * (docs/reference.md#tangent-and-hard-weight-normalisation), where the gradient that follows is the plain one of the normalised row.
 *
 * @throws ShapeError unless x is an f32 leaf with at least one dimension
 */
export function normaliseRowsInPlace(
  x: Tensor,
  { epsilon = defaultEpsilon }: { epsilon?: number } = {},
): void {
  checkRows('normaliseRowsInPlace', x, epsilon);
  check(
    x.node === null,
    'normaliseRowsInPlace',
    () => `a tensor of shape ${formatShape(x.shape)} that an operator made cannot be overwritten`,
  );
  const { grid, constants } = rowConstants(x, epsilon);
  x.device.within('normaliseRowsInPlace', () =>
    x.device.dispatch({
      kernel: normaliseKernel,
      constants,
      conditions: { in_place: true },
      bindings: { y: x },
      grid,
      cost: { flops: 3 * x.size, bytes: 8 * x.size },
    }),
  );
}

export const l2NormaliseOperator = defineOperator<{ epsilon?: number }>({
  name: 'l2Normalise',
  family: 'normalisation',
  apply: ([x], attributes) => l2Normalise(x!, attributes),
  reference: ([x], { epsilon = defaultEpsilon }) => l2NormaliseReference(x!, epsilon),
  cost: ([shape]) => ({ flops: 3 * elementCount(shape!), bytes: 8 * elementCount(shape!) }),
  cases: [
    { inputs: [{ shape: [5, 13] }], attributes: {} },
    { inputs: [{ shape: [70, 64], kind: 'outliers' }], attributes: {} },
    { inputs: [{ shape: [9, 13], kind: 'extremeRows' }], attributes: {} },
    { inputs: [{ shape: [9, 515], kind: 'extremeRows' }], attributes: {} },
    { inputs: [{ shape: [2, 3, 7] }], attributes: { epsilon: 0.5 } },
    { inputs: [{ shape: [1, 1], kind: 'awayFromZero' }], attributes: { epsilon: 0.1 } },
    // The step of the finite differences is a hundredth of these inputs.
    { inputs: [{ shape: [3, 2], scale: 1e-4 }], attributes: {} },
  ],
  misuses: [
    { inputs: [{ shape: [] }], attributes: {}, message: /l2Normalise: .*last dimension/ },
    { inputs: [{ shape: [2, 3] }], attributes: { epsilon: -1 }, message: /l2Normalise: epsilon .*-1/ },
    {
      inputs: [{ shape: [4], kind: 'labels', classes: 2 }],
      attributes: {},
      message: /l2Normalise: x must be f32, not u32/,
    },
  ],
});
