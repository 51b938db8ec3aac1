import source from '../../../shaders/matmul/gemm.wesl';
import type { Device, Tensor } from '../../core/tensor.ts';
import type { Choice, Variant } from '../../tuning/choice.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { defaultTile, type ProductExtents, splitsOf } from './default_tile.ts';
import { prefersStationary, stationaryTile } from './stationary_tile.ts';
import { tileProduct } from './tile_product.ts';
import {
  longestKStep,
  operandsOf,
  type Tile,
  tileCandidates,
  tileMainloopSources,
  tilesOf,
} from './tiles.ts';

const kernel = { name: 'gemm', source };

export interface GemmOptions {
  /** Use aᵀ: a is [products, k, m]. */
  readonly transposeA?: boolean;
  /** Use bᵀ: b is [products, n, k]. */
  readonly transposeB?: boolean;
  /** [n], added to every row. */
  readonly bias?: Tensor | null;
  /** The Jacobian of normalised rows: subtract coefficients[m, 0]·coefficients[m, 1]·base[m, n] as the product is stored. */
  readonly jacobian?: { readonly coefficients: Tensor; readonly base: Tensor } | null;
  /**
   * a is u32, f16 numbers in pairs, `scale` times what they stand for: the product is divided by that, and multiplied by `factor`, one number. The
   * innermost extent of a is a multiple of four.
   */
  readonly half?: { readonly scale: number; readonly factor: Tensor } | null;
  /** Add to what is there. */
  readonly accumulate?: boolean;
  /** [products, m, n]: where the product goes. */
  readonly out: Tensor;
}

/** A tiled mainloop, and into how many parts the sum over k is cut. */
interface GemmVariant extends Variant {
  readonly tile: Tile;
  readonly splits: number;
}

/** More parts than this are not added in one pass. */
const mostSplits = 64;

/** Shorter parts are not worth the adding. A GPU adds at the speed of its caches. */
const shortestSplit = (device: Device): number => (device.report.software ? 256 : 128);

/** Splits help where tiles are too few to keep the device busy. */
function gemmVariants(device: Device, tiles: readonly Tile[], extents: ProductExtents): GemmVariant[] {
  return tiles.flatMap((tile) => {
    const whole = { name: tile.name, tile, splits: 1 };
    const splits = splitsOf(device, tile, extents);
    return splits > 1 ? [whole, { name: `${tile.name} in ${splits}`, tile, splits }] : [whole];
  });
}

/**
 * Matrix product op(a)·op(b), where op transposes if asked to; outside the graph. With a dimension in front, products side by side.
 *
 * @param a [products, m, k]
 * @param b [products, k, n]
 * @returns `out`
 */
export function gemm(a: Tensor, b: Tensor, options: GemmOptions): Tensor {
  const { device } = a;
  const {
    transposeA = false,
    transposeB = false,
    bias = null,
    jacobian = null,
    half = null,
    accumulate = false,
    out,
  } = options;
  const { m, n, k, products } = extentsOf(b, options);
  const operands = operandsOf(device, a, b, out);
  const extents = {
    rows: m,
    columns: n,
    depth: products,
    // Parts are added up without an epilogue.
    mostSplits: jacobian ? 1 : Math.min(Math.floor(k / shortestSplit(device)), mostSplits),
  };
  const short = { ...extents, inner: k };
  // Rows of aᵀ lie across k.
  const stationary = transposeA || half ? null : stationaryTile(device, short, operands);
  const variantsOf = (tiles: readonly Tile[]): GemmVariant[] => [
    ...gemmVariants(device, tiles, extents),
    ...(stationary ? [{ name: stationary.name, tile: stationary, splits: 1 }] : []),
  ];
  const tile =
    stationary && prefersStationary(short, stationary) ? stationary : defaultTile(device, extents, operands);
  const variants = variantsOf(tilesOf(device, operands));
  const scratch = ({ shape, dtype }: Tensor): Tensor => device.empty(shape, dtype);
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
      jacobian: jacobian !== null,
      accumulate,
      half: operands === 'f16',
      ...storedHalf({ a, b, out }),
      halfA: half !== null,
    },
    flops: flopsOf(b, options),
    sources: [source, ...tileMainloopSources],
    variants,
    candidates: variantsOf(tileCandidates(device, operands)),
    defaultVariant: variants.findLast((candidate) => candidate.tile.name === tile.name)!,
    benchmark: (candidate) => {
      const { coefficients, base } = jacobian ?? {};
      run(candidate, scratch(a), scratch(b), {
        ...options,
        bias: bias && scratch(bias),
        half: half && { ...half, factor: scratch(half.factor) },
        jacobian: jacobian && { coefficients: scratch(coefficients!), base: scratch(base!) },
        out: scratch(out),
      });
    },
  };
  device.tuner.perform(choice, (chosen) => run(chosen, a, b, options));
  return out;
}

/** What of a product is stored as f16, for the key of a measurement; nothing where all is f32. */
function storedHalf(tensors: Readonly<Record<'a' | 'b' | 'out', Tensor>>): Readonly<Record<string, boolean>> {
  const halves = Object.entries(tensors).filter(([, { dtype }]) => dtype === 'f16');
  return Object.fromEntries(halves.map(([name]) => [`${name}Stored`, true]));
}

function extentsOf(b: Tensor, { transposeB, out }: GemmOptions) {
  const [m, n] = out.shape.slice(-2) as [number, number];
  const k = b.shape.at(transposeB ? -1 : -2)!;
  return { m, n, k, products: out.size / (m * n) };
}

function flopsOf(b: Tensor, options: GemmOptions): number {
  const { m, n, k, products } = extentsOf(b, options);
  return 2 * products * m * n * k;
}

function run({ tile, splits: wanted }: GemmVariant, a: Tensor, b: Tensor, options: GemmOptions): void {
  const { device } = a;
  const {
    transposeA = false,
    transposeB = false,
    bias = null,
    jacobian = null,
    half = null,
    accumulate = false,
    out,
  } = options;
  const { m, n, k, products } = extentsOf(b, options);
  const chunk = wanted === 1 ? k : Math.ceil(k / wanted / longestKStep) * longestKStep;
  const splits = Math.ceil(k / chunk);
  const parts = splits === 1 ? out : device.empty([splits, out.size]);
  tileProduct(
    device,
    {
      kernel,
      rows: m,
      columns: n,
      depth: products * splits,
      outer: 1,
      aAlongK: !transposeA,
      bAlongK: transposeB,
      constants: {
        M: m,
        N: n,
        K: k,
        PRODUCTS: products,
        CHUNK: chunk,
        ...(half && { INVERSE_SCALE: 1 / half.scale }),
      },
      conditions: {
        transpose_a: transposeA,
        transpose_b: transposeB,
        bias: bias !== null,
        jacobian: jacobian !== null,
        accumulate: accumulate && splits === 1,
        half_a: half !== null,
        vec4_a: half !== null || a.shape.at(-1)! % 4 === 0,
        vec4_b: b.shape.at(-1)! % 4 === 0,
        vec4_c: n % 4 === 0,
      },
      bindings: {
        a,
        b,
        c: parts,
        ...(bias ? { bias } : {}),
        ...(half ? { factor: half.factor } : {}),
        ...jacobian,
      },
      cost: {
        flops: flopsOf(b, options),
        // What is stored as f16 counts as f32 here: see withStoredBytes.
        bytes:
          4 * a.size + 4 * products * (k * n + (1 + Number(jacobian !== null) + Number(accumulate)) * m * n),
      },
    },
    tile,
  );
  if (splits === 1) return;
  sumRows(parts, splits, out.size, out, accumulate);
  parts.dispose();
}
