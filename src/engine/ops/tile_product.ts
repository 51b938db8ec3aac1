import subgroupSource from '../../shaders/lib/tile_product_subgroup.wgsl';
import workgroupSource from '../../shaders/lib/tile_product_workgroup.wgsl';
import type { Device } from '../device.ts';
import type { Cost } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';
import type { Variant } from '../tune.ts';

/** A walk over the tiles of a matrix product. All give the same result up to the order of additions. */
export interface Tile extends Variant {
  readonly walk: { readonly name: string; readonly source: string };
  /** Rows and columns of C that one workgroup computes. */
  readonly rows: number;
  readonly columns: number;
  readonly constants: Readonly<Record<string, number>>;
  readonly conditions: Readonly<Record<string, boolean>>;
}

/** A matrix product whose operands are described by a kernel of `src/shaders`. */
export interface TileProduct {
  readonly kernel: { readonly name: string; readonly source: string };
  /** Extents of C. */
  readonly rows: number;
  readonly columns: number;
  /** Number of independent products: groups, phases, splits. */
  readonly depth: number;
  /** Steps of the outer loop over k. */
  readonly outer: number;
  readonly constants: Readonly<Record<string, number>>;
  readonly conditions: Readonly<Record<string, boolean>>;
  readonly bindings: Readonly<Record<string, Tensor>>;
  readonly cost: Cost;
}

export const tileWalkSources: readonly string[] = [subgroupSource, workgroupSource];

/** Squares of 4·subgroup rows and columns, alone or in pairs. The walk needs one subgroup size, known beforehand and small. */
function subgroupTiles(device: Device): Tile[] {
  const [least, most] = device.report.subgroupSize;
  if (least !== most || (least !== 4 && least !== 8)) return [];
  const side = 4 * least;
  return [
    { tall: false, wide: false },
    { tall: true, wide: false },
    { tall: false, wide: true },
  ].map((conditions) => {
    const rows = conditions.tall ? 2 * side : side;
    const columns = conditions.wide ? 2 * side : side;
    return {
      name: `subgroup ${rows}×${columns}`,
      walk: { name: 'tile_product_subgroup', source: subgroupSource },
      rows,
      columns,
      constants: { SUBGROUP: least },
      conditions,
    };
  });
}

/** [rows, columns, blocks of 4×4 along one side of what an invocation owns] */
const workgroupExtents = [
  [64, 64, 2],
  [32, 32, 1],
  [64, 128, 2],
  [128, 64, 2],
  [128, 128, 2],
] as const;

function workgroupTiles(device: Device): Tile[] {
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize } = device.report.limits;
  return workgroupExtents
    .filter(
      ([rows, columns, blocks]) =>
        (rows * columns) / (4 * blocks) ** 2 <= maxComputeInvocationsPerWorkgroup &&
        64 * (rows + columns) <= maxComputeWorkgroupStorageSize,
    )
    .map(([rows, columns, blocks]) => ({
      name: `workgroup ${rows}×${columns}`,
      walk: { name: 'tile_product_workgroup', source: workgroupSource },
      rows,
      columns,
      constants: { TILE_ROWS: rows, TILE_COLUMNS: columns, BLOCKS: blocks },
      conditions: {},
    }));
}

/** Every walk that the device can do. The first is a good one for its kind. */
export function tilesOf(device: Device): readonly Tile[] {
  // Software drivers run a subgroup as a SIMD register, where loads are dear; GPUs want workgroup memory.
  const [first, second] = device.report.software
    ? [subgroupTiles(device), workgroupTiles(device)]
    : [workgroupTiles(device), subgroupTiles(device)];
  return [...first, ...second];
}

/** Walks worth measuring: on software drivers those through workgroup memory take three times as long. */
export function tileCandidates(device: Device): readonly Tile[] {
  const all = tilesOf(device);
  return all.filter(({ walk }) => walk.name === all[0]!.walk.name);
}

/** The tile to use where nothing was measured: on a GPU the largest that still gives every core work. */
export function shippedTile(device: Device, rows: number, columns: number, depth: number): Tile {
  const [usual, ...others] = tileCandidates(device);
  if (device.report.software) return usual!;
  const workgroups = (tile: Tile): number =>
    Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * depth;
  if (workgroups(usual!) < wantedWorkgroups(device) / 4)
    return others.find(({ rows }) => rows === 32) ?? usual!;
  const large = others.findLast((tile) => tile.rows * tile.columns === 128 * 128);
  return large && workgroups(large) >= wantedWorkgroups(device) ? large : usual!;
}

/** Workgroups that keep a device busy: a few a core on software drivers, thousands of invocations on a GPU. */
export function wantedWorkgroups(device: Device): number {
  return device.report.software ? 16 : 512;
}

export function tileProduct(device: Device, product: TileProduct, tile: Tile): void {
  const rowTiles = Math.ceil(product.rows / tile.rows);
  const folds = Math.ceil(rowTiles / 65535);
  device.dispatch({
    kernel: { ...product.kernel, walk: tile.walk },
    constants: {
      ...product.constants,
      OUTER: product.outer,
      DEPTH: product.depth,
      ROWS: product.rows,
      ...tile.constants,
    },
    conditions: { ...product.conditions, ...tile.conditions },
    bindings: product.bindings,
    grid: [Math.min(rowTiles, 65535), Math.ceil(product.columns / tile.columns), product.depth * folds],
    cost: product.cost,
  });
}
