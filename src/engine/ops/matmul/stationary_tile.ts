import source from '../../../shaders/lib/tile_product_stationary.wesl';
import type { Device } from '../../core/tensor.ts';
import { softwareWorkgroups } from './default_tile.ts';
import { smallSubgroup, type Tile } from './tiles.ts';

/** A product of one outer step, with four consecutive k of a row of A neighbours in memory. */
export interface StationaryProduct {
  /** Extents of C. */
  readonly rows: number;
  readonly columns: number;
  /** Number of independent products: groups. */
  readonly depth: number;
  /** Extent of k. */
  readonly inner: number;
}

/** Blocks of k, and the conditions that the mainloop has for them. */
const laterBlocks = ['second', 'third', 'fourth'] as const;

/** With fewer rows a workgroup spends more than a fifth of its time on loading B (docs/kernels/gemm.md). */
const fewestRows = 256;

/**
 * The tile whose part of B stays in registers while rows of A stream by, as long as busy cores allow; null where a device has no such
 * mainloop (see shaders/lib/tile_product_stationary) or k is too long for it.
 */
export function stationaryTile(
  device: Device,
  product: StationaryProduct,
  operands = device.operands,
): Tile | null {
  const { rows, columns, depth, inner } = product;
  const subgroup = smallSubgroup(device);
  const side = 4 * subgroup;
  if (!device.report.software || subgroup === 0 || operands === 'f16') return null;
  const mostBlocks = 1 + laterBlocks.length;
  // Short arrays compile faster.
  const pieces = inner > mostBlocks * side ? 2 : 1;
  const blocks = Math.ceil(inner / (pieces * side));
  if (blocks > mostBlocks) return null;
  const across = Math.ceil(columns / side) * depth;
  const most = Math.max(1, Math.floor(rows / fewestRows));
  const run = Math.ceil(rows / Math.min(Math.ceil(softwareWorkgroups / across), most));
  return {
    name: `stationary ${run}×${side}`,
    mainloop: { name: 'tile_product_stationary', source },
    rows: run,
    columns: side,
    invocations: subgroup,
    constants: { SUBGROUP: subgroup, RUN: run, PIECES: pieces, ALL_K: blocks * pieces * side },
    conditions: {
      stationary: true,
      ...Object.fromEntries(laterBlocks.map((name, i) => [name, blocks > i + 1])),
    },
  };
}

/**
 * Whether that tile is the default. Where the rows are few, or k fills less than three quarters of what is multiplied, the square tile
 * is.
 */
export function prefersStationary({ rows, inner }: StationaryProduct, { columns: side }: Tile): boolean {
  return rows >= fewestRows && inner >= 0.75 * side * Math.ceil(inner / side);
}
