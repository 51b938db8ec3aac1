import { checkArgument } from '../../core/errors.ts';
import type { Device, Tensor } from '../../core/tensor.ts';
import type { Cost } from '../../runtime/kernel.ts';
import { mostWorkgroups } from '../../tuning/grid.ts';
import { invocationsOf, longestKStep, operandsOf, type Tile } from './tiles.ts';

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
  /** Whether four consecutive k of a row of A are neighbours in memory; else four rows are. Default true. */
  readonly aAlongK?: boolean;
  /** Whether four consecutive k of a column of B are neighbours in memory; else four columns are. Default false. */
  readonly bAlongK?: boolean;
  readonly constants: Readonly<Record<string, number>>;
  readonly conditions: Readonly<Record<string, boolean>>;
  readonly bindings: Readonly<Record<string, Tensor>>;
  readonly cost: Cost;
}

/** The subgroup size to compile with: that of the tile, or one that was asked for by hand. */
function subgroupSizeOf(device: Device, tile: Tile, invocations: number): number {
  const [least, most] = device.report.subgroupSize;
  const size = device.settings.choose(
    'SUBGROUP_SIZE',
    tile.constants.SUBGROUP_SIZE!,
    'what keeps the sums of an invocation in registers on this kind of adapter; 0: the driver chooses',
  );
  const mayAsk = device.report.features.includes('subgroup-size-control');
  checkArgument(
    size === 0 || (mayAsk && size >= least && size <= most && Number.isInteger(Math.log2(size))),
    'tile product',
    () =>
      mayAsk
        ? `a subgroup size of ${size} was asked for; this adapter has powers of two from ${least} to ${most}`
        : `a subgroup size of ${size} was asked for, and this adapter does not let kernels choose (subgroup-size-control)`,
  );
  checkArgument(
    size === 0 || invocations % size === 0,
    'tile product',
    () => `${invocations} invocations are no whole number of subgroups of ${size}`,
  );
  return size;
}

/**
 * A tile through workgroup memory with the extents that were asked for by hand; any other as it is.
 *
 * @throws ArgumentError where its invocations cannot load such a tile
 */
export function adjustedTile(device: Device, tile: Tile): Tile {
  const pipelined = tile.mainloop.name === 'tile_product_pipelined';
  if (!pipelined && tile.mainloop.name !== 'tile_product_workgroup') return tile;
  const why = `the tile ${tile.name}`;
  const choose = (name: string, value: number): number => device.settings.choose(name, value, why);
  const { constants } = tile;
  const [rows, columns] = [choose('TILE_ROWS', tile.rows), choose('TILE_COLUMNS', tile.columns)];
  const blocks = pipelined ? 2 : choose('BLOCKS', tile.conditions.one_block ? 1 : 2);
  const kStep = pipelined ? choose('K_STEP', constants.K_STEP!) : 16;
  const invocations = invocationsOf(rows, columns, blocks);
  const described = `a tile of ${rows}×${columns} in ${blocks}×${blocks} blocks has ${invocations} invocations`;
  checkArgument(
    (blocks === 1 || blocks === 2) && [rows, columns].every((extent) => extent % (4 * blocks) === 0),
    'tile product',
    () =>
      `an invocation owns 1×1 or 2×2 blocks of 4×4, not ${blocks}×${blocks}, and the extents ${rows}×${columns} must be multiples of ${4 * blocks}`,
  );
  checkArgument(
    [8, 16, longestKStep].includes(kStep),
    'tile product',
    () => `K_STEP must be 8, 16 or ${longestKStep}, not ${kStep}`,
  );
  // Every invocation loads at most one block of each operand per K step; of a pipelined tile, one in all.
  const most = pipelined ? (16 * invocations) / kStep - Math.min(rows, columns) : invocations;
  checkArgument(
    Math.max(rows, columns) <= most,
    'tile product',
    () => `${described}, which load at most ${most} rows or columns in a K step of ${kStep}`,
  );
  return {
    ...tile,
    rows,
    columns,
    invocations,
    constants: {
      ...constants,
      TILE_ROWS: rows,
      TILE_COLUMNS: columns,
      ...(pipelined ? { K_STEP: kStep } : { BLOCKS: blocks }),
      SUBGROUP_SIZE: subgroupSizeOf(device, tile, invocations),
    },
    conditions: { ...tile.conditions, one_block: blocks === 1 },
  };
}

export function tileProduct(device: Device, product: TileProduct, chosen: Tile): void {
  const tile = adjustedTile(device, chosen);
  const rowTiles = Math.ceil(product.rows / tile.rows);
  const most = mostWorkgroups(device);
  const wraps = Math.ceil(rowTiles / most);
  device.dispatch({
    kernel: { ...product.kernel, mainloop: tile.mainloop },
    constants: {
      ...product.constants,
      OUTER: product.outer,
      DEPTH: product.depth,
      GRID_X: most,
      ROWS: product.rows,
      ...tile.constants,
    },
    conditions: {
      ...product.conditions,
      ...tile.conditions,
      a_along_k: product.aAlongK ?? true,
      b_along_k: product.bAlongK ?? false,
      half: operandsOf(device, ...Object.values(product.bindings)) === 'f16',
    },
    bindings: product.bindings,
    grid: [Math.min(rowTiles, most), Math.ceil(product.columns / tile.columns), product.depth * wraps],
    cost: product.cost,
  });
}
