import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check, formatShape } from '../../core/errors.ts';
import { checkOperands, checkOptionalOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount, type Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { batchedGradient, batchedProduct, commonBatch } from './batches.ts';
import { matmulReference } from './matmul.reference.ts';

/** Which operands of a matrix product are transposed. */
export interface MatmulOptions {
  /** Use aᵀ: a is [..., k, m]. */
  readonly transposeA?: boolean;
  /** Use bᵀ: b is [..., n, k]. */
  readonly transposeB?: boolean;
  /** [n], added to every row. Default none. */
  readonly bias?: Tensor | null;
}

const optionNames: OptionNames<MatmulOptions> = { transposeA: true, transposeB: true, bias: true };

/**
 * Matrix product op(a)·op(b) (+ bias on every row), where op transposes if asked to. Dimensions in front of the last two are batches
 * of matrices, multiplied one by one; a batch extent of 1, or none, goes with any.
 *
 * @param a [..., m, k], or [..., k, m] with `transposeA`
 * @param b [..., k, n], or [..., n, k] with `transposeB`
 * @returns [..., m, n], stored like a
 * @throws ShapeError unless both are matrices with a common k, and their batches fit
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  checkOperands('matmul', a, b);
  checkOptionNames('matmul', options, optionNames);
  const { transposeA = false, transposeB = false, bias = null } = options;
  checkOptionalOperands('matmul', bias);
  const shapes = (): string =>
    `a ${formatShape(a.shape)}${transposeA ? ' transposed' : ''} and b ${formatShape(b.shape)}${transposeB ? ' transposed' : ''}`;
  check(
    a.shape.length >= 2 && b.shape.length >= 2,
    'matmul',
    () => `both must be matrices or batches of them, not ${shapes()}`,
  );
  const k = a.shape.at(transposeA ? -2 : -1)!;
  const m = a.shape.at(transposeA ? -1 : -2)!;
  const n = b.shape.at(transposeB ? -2 : -1)!;
  check(b.shape.at(transposeB ? -1 : -2) === k, 'matmul', () => `${shapes()} have no common inner extent`);
  const batch = commonBatch('matmul', a, b, shapes);
  check(
    !bias || (bias.shape.length === 1 && bias.size === n),
    'matmul',
    () => `bias must be [${n}], not ${formatShape(bias!.shape)}`,
  );
  check(
    isReal(a.dtype) && isReal(b.dtype),
    'matmul',
    () => `a and b must be f32 or f16, not ${a.dtype} and ${b.dtype}`,
  );
  check(!bias || bias.dtype === 'f32', 'matmul', () => `bias must be f32, not ${bias!.dtype}`);
  const c = a.device.within('matmul', () =>
    batchedProduct(a, b, { transposeA, transposeB, bias, out: a.device.empty([...batch, m, n], a.dtype) }),
  );
  // With A = op(a), B = op(b):  dA = dC·Bᵀ,  dB = Aᵀ·dC;  where an operand was transposed, so is its gradient.
  return record(c, {
    operator: 'matmul',
    inputs: bias ? [a, b, bias] : [a, b],
    backward: (dc, into) => [
      a.requiresGradient
        ? transposeA
          ? batchedGradient(b, dc, batch, { transposeA: transposeB, transposeB: true, out: into(0) })
          : batchedGradient(dc, b, batch, { transposeB: !transposeB, out: into(0) })
        : null,
      b.requiresGradient
        ? transposeB
          ? batchedGradient(dc, a, batch, { transposeA: true, transposeB: transposeA, out: into(1) })
          : batchedGradient(a, dc, batch, { transposeA: !transposeA, out: into(1) })
        : null,
      ...(bias ? [bias.requiresGradient ? sumRows(dc, dc.size / n, n, into(2)) : null] : []),
    ],
  });
}

/** m, n and k. */
type Extents = readonly [number, number, number];

const sizes: readonly Extents[] = [
  [1, 1, 1],
  [5, 7, 3],
  [33, 68, 31],
  [64, 96, 100],
];
const transposes: readonly Omit<MatmulOptions, 'bias'>[] = [
  {},
  { transposeA: true },
  { transposeB: true },
  { transposeA: true, transposeB: true },
];

/**
 * Shapes of the operands of a case. Where one of them is transposed, these are the matrices of a gradient of the case without transposes,
 * so that all products of the three cases, forward and backward, are of three kernels.
 */
function operandsOf(
  { transposeA = false, transposeB = false }: Omit<MatmulOptions, 'bias'>,
  [m, n, k]: Extents,
): readonly [Shape, Shape] {
  if (transposeA && transposeB)
    return [
      [k, m],
      [n, k],
    ];
  return [transposeB ? [m, n] : [m, k], transposeA ? [m, n] : [k, n]];
}

/** Batch dimensions of both operands: equal, of one only, of both with extents of 1. */
const batches: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[2], [2]],
  [[3], []],
  [[], [3]],
  [
    [2, 1],
    [1, 3],
  ],
];

/** Biases of cases are inputs. */
export const matmulOperator = defineOperator<Omit<MatmulOptions, 'bias'>>({
  name: 'matmul',
  family: 'product',
  // `512` is a square product, `64x2688x128` one of [64, 2688] and [2688, 128].
  shorthand: (extents, attributes) => {
    if (extents.length !== 1) return null;
    const [m, k = m, n = m] = extents[0]!;
    const { transposeA, transposeB } = attributes;
    return {
      inputs: [{ shape: transposeA ? [k!, m!] : [m!, k!] }, { shape: transposeB ? [n!, k!] : [k!, n!] }],
      attributes,
    };
  },
  apply: ([a, b, bias], options) => matmul(a!, b!, { ...options, bias }),
  reference: ([a, b, bias], options) => matmulReference(a!, b!, options, bias),
  cost: ([a, b], { transposeA, transposeB }) => {
    const [m, k] = transposeA ? [a!.at(-1)!, a!.at(-2)!] : [a!.at(-2)!, a!.at(-1)!];
    const n = b!.at(transposeB ? -2 : -1)!;
    const [ofA, ofB] = [elementCount(a!) / (m * k), elementCount(b!) / (k * n)];
    const products = Math.max(ofA, ofB);
    return { flops: 2 * products * m * k * n, bytes: 4 * (ofA * m * k + ofB * k * n + products * m * n) };
  },
  cases: [
    ...transposes.flatMap((attributes) =>
      sizes.map((extents) => ({
        inputs: operandsOf(attributes, extents).map((shape) => ({ shape })),
        attributes,
      })),
    ),
    {
      inputs: [{ shape: [9, 20], kind: 'outliers' as const }, { shape: [20, 13] }, { shape: [13] }],
      attributes: {},
    },
    { inputs: [{ shape: [65, 129] }, { shape: [129, 12] }, { shape: [12] }], attributes: {} },
    { inputs: [{ shape: [140, 48] }, { shape: [48, 132] }], attributes: {} },
    { inputs: [{ shape: [7, 1030] }, { shape: [1030, 12] }, { shape: [12] }], attributes: {} },
    ...batches.flatMap((both) =>
      transposes.map((attributes) => ({
        inputs: operandsOf(attributes, [5, 4, 3]).map((shape, i) => ({ shape: [...both[i]!, ...shape] })),
        attributes,
      })),
    ),
    {
      inputs: [{ shape: [2, 5, 6] }, { shape: [2, 6, 7] }, { shape: [7] }],
      attributes: {},
    },
    { inputs: [{ shape: [2, 5, 6] }, { shape: [6, 7] }, { shape: [7] }], attributes: {} },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }, { shape: [2, 3] }],
      attributes: {},
      message: /matmul: a \[2, 3\] and b \[2, 3\] have no common/,
    },
    {
      inputs: [{ shape: [2, 3] }, { shape: [4, 2] }],
      attributes: { transposeB: true },
      message: /matmul: .*\[4, 2\] transposed/,
    },
    {
      inputs: [{ shape: [3] }, { shape: [3, 2] }],
      attributes: {},
      message: /matmul: both must be matrices or batches of them, not a \[3\] and b \[3, 2\]/,
    },
    {
      inputs: [{ shape: [2, 4, 3] }, { shape: [3, 3, 2] }],
      attributes: {},
      message: /matmul: a \[2, 4, 3\] and b \[3, 3, 2\] must have batch dimensions that are equal or 1/,
    },
    {
      inputs: [{ shape: [2, 3] }, { shape: [3, 4] }, { shape: [3] }],
      attributes: {},
      message: /matmul: bias must be \[4\]/,
    },
  ],
});
