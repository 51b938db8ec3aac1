import type { Device } from '../../core/tensor.ts';
import { askedSubgroupSize, traitsOf } from '../../tuning/adapter-class.ts';
import { type Tile, tilesOf } from './tiles.ts';

/** What the default tile and the number of splits depend on. */
export interface ProductExtents {
  /** Extents of C. */
  readonly rows: number;
  readonly columns: number;
  /** Number of independent products: groups, phases. */
  readonly depth: number;
  /** Into how many parts the sum over k may be cut, at most. */
  readonly mostSplits: number;
}

/** Workgroups that keep a software driver busy: a few a core. */
export const softwareWorkgroups = 16;

/** Workgroups of a tile that keep a device busy. */
function wantedWorkgroups(device: Device, tile: Tile): number {
  if (device.report.software) return softwareWorkgroups;
  return Math.ceil(traitsOf(device.report).invocations / tile.invocations);
}

/** Tiles of a product, splits not counted. */
function tileCount(tile: Tile, { rows, columns, depth }: ProductExtents): number {
  return Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * depth;
}

/**
 * Into how many parts the sum over k is cut so that a device is busy; at least 1. A GPU that is more than half full would gain less by
 * more parts than it costs to add them.
 */
export function splitsOf(device: Device, tile: Tile, product: ProductExtents): number {
  const wanted = wantedWorkgroups(device, tile) / tileCount(tile, product);
  const parts = device.report.software ? Math.ceil(wanted) : Math.floor(wanted);
  return Math.max(1, Math.min(parts, product.mostSplits));
}

/** The share of the sums that lie in C. */
function filled(tile: Tile, { rows, columns }: ProductExtents): number {
  const along = (extent: number, side: number): number => extent / (Math.ceil(extent / side) * side);
  return along(rows, tile.rows) * along(columns, tile.columns);
}

/**
 * The tile to use where nothing was measured. On a GPU the largest that keeps half of a large member of its class busy, splits
 * counted, and that computes at most an eighth more sums outside of C than one of 64×64. Tiles of 32×32 have 16 sums an invocation
 * instead of 64 and read twice as many numbers of workgroup memory for each multiply-add: only for a C as narrow as that, and where 64
 * sums would not stay in registers.
 */
export function defaultTile(device: Device, product: ProductExtents, operands = device.operands): Tile {
  const { report } = device;
  const tiles = tilesOf(device, operands);
  const first = tiles[0]!;
  if (report.software) return first;
  const { manyRegisters, pipelined, largeOnUnits } = traitsOf(report);
  const find = (rows: number, columns: number): Tile[] =>
    tiles.filter((tile) => tile.rows === rows && tile.columns === columns);
  const isMatrix = first.mainloop.name === 'tile_product_matrix';
  const spills = !isMatrix && !manyRegisters && askedSubgroupSize(report) === 0;
  if (spills || Math.min(product.rows, product.columns) <= 32) return find(32, 32)[0] ?? first;
  const large = (isMatrix ? largeOnUnits : pipelined)
    ? [...find(128, 128), ...find(128, 64), ...find(64, 128)]
    : [];
  const busy = (tile: Tile): boolean =>
    2 * tileCount(tile, product) * splitsOf(device, tile, product) >= wantedWorkgroups(device, tile);
  const fits = (tile: Tile): boolean => filled(tile, product) >= (8 / 9) * filled(first, product);
  return (
    large.find((tile) => tile.mainloop.name === first.mainloop.name && fits(tile) && busy(tile)) ?? first
  );
}
