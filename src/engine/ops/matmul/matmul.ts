import source from '../../../shaders/matmul/gemm.wesl';
import { record } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { defineOperator, type ReferenceArray, referenceArray } from '../../core/operator.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Device } from '../../runtime/device.ts';
import type { Choice, Variant } from '../../tuning/tune.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import {
  longestStage,
  shippedTile,
  type Tile,
  tileCandidates,
  tileProduct,
  tilesOf,
  tileWalkSources,
  wantedWorkgroups,
} from './tile_product.ts';

const kernel = { name: 'gemm', source };

/** Which operands of a matrix product are transposed. */
export interface MatmulOptions {
  /** Use aᵀ: a is [k, m]. */
  transposeA?: boolean;
  /** Use bᵀ: b is [n, k]. */
  transposeB?: boolean;
}

/**
 * Matrix product op(a)·op(b) (+ bias on every row), where op transposes if asked to.
 *
 * @param a [m, k], or [k, m] with `transposeA`
 * @param b [k, n], or [n, k] with `transposeB`
 * @param bias [n] or null
 * @returns [m, n]
 * @throws ShapeError unless both are matrices with a common k
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  options: MatmulOptions = {},
  bias: Tensor | null = null,
): Tensor {
  const { transposeA = false, transposeB = false } = options;
  const shapes = (): string =>
    `a ${formatShape(a.shape)}${transposeA ? ' transposed' : ''} and b ${formatShape(b.shape)}${transposeB ? ' transposed' : ''}`;
  check(
    a.shape.length === 2 && b.shape.length === 2,
    'matmul',
    () => `both must be matrices, not ${shapes()}`,
  );
  const k = a.shape[transposeA ? 0 : 1]!;
  const m = a.shape[transposeA ? 1 : 0]!;
  const n = b.shape[transposeB ? 0 : 1]!;
  check(b.shape[transposeB ? 1 : 0] === k, 'matmul', () => `${shapes()} have no common inner extent`);
  check(
    !bias || (bias.shape.length === 1 && bias.size === n),
    'matmul',
    () => `bias must be [${n}], not ${formatShape(bias!.shape)}`,
  );
  for (const tensor of [a, b, bias]) {
    check(
      !tensor || tensor.dtype === 'f32',
      'matmul',
      () => `every operand must be f32, not ${tensor!.dtype}`,
    );
  }
  const c = a.device.within('matmul', () => gemm(a, b, transposeA, transposeB, bias, a.device.empty([m, n])));
  // With A = op(a), B = op(b):  dA = dC·Bᵀ,  dB = Aᵀ·dC;  where an operand was transposed, so is its gradient.
  return record(c, {
    operator: 'matmul',
    inputs: bias ? [a, b, bias] : [a, b],
    backward: (dc, into) => [
      a.requiresGradient
        ? transposeA
          ? gemm(b, dc, transposeB, true, null, into(0))
          : gemm(dc, b, false, !transposeB, null, into(0))
        : null,
      b.requiresGradient
        ? transposeB
          ? gemm(dc, a, true, transposeA, null, into(1))
          : gemm(a, dc, !transposeA, false, null, into(1))
        : null,
      ...(bias ? [bias.requiresGradient ? sumRows(dc, m, n, into(2)) : null] : []),
    ],
  });
}

/** What else happens to a product [m, n] as it is stored. */
export interface Epilogue {
  /** Subtract coefficients[m, 0]·coefficients[m, 1]·base[m, n]. */
  readonly projection?: { readonly coefficients: Tensor; readonly base: Tensor } | null;
  /** Add to what is there. */
  readonly accumulate?: boolean;
}

/** A walk over tiles, and into how many parts the sum over k is cut. */
interface GemmVariant extends Variant {
  readonly tile: Tile;
  readonly splits: number;
}

/** More parts than this are not added in one pass; shorter ones are not worth it. */
const mostSplits = 64;
const shortestSplit = 256;

/** Splits help where tiles are too few to keep the device busy. Only plain products are split. */
function gemmVariants(
  device: Device,
  tiles: readonly Tile[],
  [m, n, k]: readonly number[],
  plain: boolean,
): GemmVariant[] {
  return tiles.flatMap((tile) => {
    const count = Math.ceil(m! / tile.rows) * Math.ceil(n! / tile.columns);
    const useful = Math.min(
      Math.ceil(wantedWorkgroups(device) / count),
      Math.floor(k! / shortestSplit),
      mostSplits,
    );
    const whole = { name: tile.name, tile, splits: 1 };
    return plain && useful > 1
      ? [whole, { name: `${tile.name} in ${useful}`, tile, splits: useful }]
      : [whole];
  });
}

/** Writes op(a)·op(b) (+ bias) to c, with an epilogue; outside the graph. Three dimensions are products side by side. */
export function gemm(
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
  bias: Tensor | null,
  c: Tensor,
  epilogue: Epilogue = {},
): Tensor {
  const { device } = a;
  const [m, n] = c.shape.slice(-2) as [number, number];
  const k = a.shape.at(transposeA ? -2 : -1)!;
  const products = c.size / (m * n);
  const { projection = null, accumulate = false } = epilogue;
  const plain = products === 1 && !projection && !accumulate;
  const variantsOf = (tiles: readonly Tile[]) => gemmVariants(device, tiles, [m, n, k], plain);
  const tile = shippedTile(device, m, n, products);
  const variants = variantsOf(tilesOf(device));
  const scratch = (tensor: Tensor): Tensor => device.empty(tensor.shape);
  const choice: Choice<GemmVariant> = {
    operation: 'gemm',
    shape: {
      products,
      m,
      n,
      k,
      transposeA,
      transposeB,
      bias: bias !== null,
      projection: projection !== null,
      accumulate,
      half: device.operands === 'f16',
    },
    sources: [source, ...tileWalkSources],
    variants,
    candidates: variantsOf(tileCandidates(device)),
    shipped: variants.findLast((candidate) => candidate.tile.name === tile.name)!,
    benchmark: (candidate) => {
      const { coefficients, base } = projection ?? {};
      run(candidate, scratch(a), scratch(b), transposeA, transposeB, bias && scratch(bias), scratch(c), {
        accumulate,
        projection: projection && { coefficients: scratch(coefficients!), base: scratch(base!) },
      });
    },
  };
  device.tuner.perform(choice, (chosen) => run(chosen, a, b, transposeA, transposeB, bias, c, epilogue));
  return c;
}

function run(
  { tile, splits: wanted }: GemmVariant,
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
  bias: Tensor | null,
  c: Tensor,
  { projection = null, accumulate = false }: Epilogue,
): void {
  const { device } = a;
  const [m, n] = c.shape.slice(-2) as [number, number];
  const k = a.shape.at(transposeA ? -2 : -1)!;
  const products = c.size / (m * n);
  const chunk = wanted === 1 ? k : Math.ceil(k / wanted / longestStage) * longestStage;
  const splits = Math.ceil(k / chunk);
  const parts = splits === 1 ? c : device.empty([splits, c.size]);
  tileProduct(
    device,
    {
      kernel,
      rows: m,
      columns: n,
      depth: products * splits,
      outer: 1,
      constants: { M: m, N: n, K: k, SPLITS: splits, CHUNK: chunk },
      conditions: {
        transpose_a: transposeA,
        transpose_b: transposeB,
        bias: bias !== null,
        project: projection !== null,
        accumulate,
        vec4_a: a.shape.at(-1)! % 4 === 0,
        vec4_b: b.shape.at(-1)! % 4 === 0,
        vec4_c: n % 4 === 0,
      },
      bindings: { a, b, c: parts, ...(bias ? { bias } : {}), ...projection },
      cost: {
        flops: 2 * products * m * n * k,
        bytes:
          4 * products * (m * k + k * n + (1 + Number(projection !== null) + Number(accumulate)) * m * n),
      },
    },
    tile,
  );
  if (splits === 1) return;
  sumRows(parts, splits, c.size, c);
  parts.dispose();
}

function matmulReference(
  a: ReferenceArray,
  b: ReferenceArray,
  { transposeA = false, transposeB = false }: MatmulOptions,
  bias?: ReferenceArray,
): ReferenceArray {
  const [m, k] = transposeA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const n = b.shape[transposeB ? 0 : 1]!;
  return referenceArray([m, n], (index) => {
    const row = Math.floor(index / n);
    const column = index % n;
    let sum = bias ? bias.data[column]! : 0;
    for (let i = 0; i < k; i++) {
      sum +=
        a.data[transposeA ? i * m + row : row * k + i]! *
        b.data[transposeB ? column * k + i : i * n + column]!;
    }
    return sum;
  });
}

const sizes: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [5, 7, 3],
  [33, 68, 31],
  [64, 96, 100],
];
const transposes: readonly MatmulOptions[] = [
  {},
  { transposeA: true },
  { transposeB: true },
  { transposeA: true, transposeB: true },
];

export const matmulOperator = defineOperator<MatmulOptions>({
  name: 'matmul',
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
  apply: ([a, b, bias], options) => matmul(a!, b!, options, bias ?? null),
  reference: ([a, b, bias], options) => matmulReference(a!, b!, options, bias),
  cost: ([a, b], { transposeB }) => {
    const n = b![transposeB ? 0 : 1]!;
    const mk = a![0]! * a![1]!;
    const kn = b![0]! * b![1]!;
    return { flops: 2 * mk * n, bytes: 4 * (mk + kn + (mk * n * n) / kn) };
  },
  cases: [
    ...transposes.flatMap((attributes) =>
      sizes.map(([m, n, k]) => ({
        inputs: [
          { shape: attributes.transposeA ? [k, m] : [m, k] },
          { shape: attributes.transposeB ? [n, k] : [k, n] },
        ],
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
      inputs: [{ shape: [2, 3, 1] }, { shape: [3, 2] }],
      attributes: {},
      message: /matmul: both must be matrices/,
    },
    {
      inputs: [{ shape: [2, 3] }, { shape: [3, 4] }, { shape: [3] }],
      attributes: {},
      message: /matmul: bias must be \[4\]/,
    },
  ],
});
