import matrixUnitSource from '../../../shaders/lib/matrix_unit.wesl';
import matrixSource from '../../../shaders/lib/tile_product_matrix.wesl';
import subgroupSource from '../../../shaders/lib/tile_product_subgroup.wesl';
import workgroupSource from '../../../shaders/lib/tile_product_workgroup.wesl';
import { checkArgument } from '../../core/errors.ts';
import type { Device, Tensor } from '../../core/tensor.ts';
import type { MatrixUnit } from '../../runtime/adapter.ts';
import type { Cost } from '../../runtime/kernel.ts';
import { mostWorkgroups } from '../../tuning/grid.ts';
import type { Variant } from '../../tuning/tune.ts';

/** A tiled mainloop of a matrix product. All give the same result up to the order of additions. */
export interface Tile extends Variant {
  readonly mainloop: { readonly name: string; readonly source: string };
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

export const tileMainloopSources: readonly string[] = [
  subgroupSource,
  workgroupSource,
  matrixSource,
  matrixUnitSource,
];

/** Mainloops take up to this many k at once: parts of a sum are cut at multiples of it. */
export const longestKStep = 32;

/** Squares of 4·subgroup rows and columns, alone or in pairs. The mainloop needs one subgroup size, known beforehand and small. */
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
      mainloop: { name: 'tile_product_subgroup', source: subgroupSource },
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
      mainloop: { name: 'tile_product_workgroup', source: workgroupSource },
      rows,
      columns,
      constants: { TILE_ROWS: rows, TILE_COLUMNS: columns, BLOCKS: blocks },
      conditions: {},
    }));
}

/** Rows and columns of a tile on the matrix units of four subgroups. */
const matrixExtents = [
  [64, 64],
  [128, 128],
  [64, 128],
  [128, 64],
  [32, 32],
] as const;

/** Rows are longer than their contents by this many numbers: lib/matrix_unit. */
const rowPadding = 8;

function matrixTile({ M, N, K }: MatrixUnit, subgroup: number, rows: number, columns: number): Tile {
  return {
    name: `matrix ${rows}×${columns} of ${M}×${N}×${K}`,
    mainloop: { name: 'tile_product_matrix', source: matrixSource },
    rows,
    columns,
    constants: {
      TILE_ROWS: rows,
      TILE_COLUMNS: columns,
      K_STEP: longestKStep,
      UNIT_ROWS: M,
      UNIT_COLUMNS: N,
      UNIT_DEPTH: K,
      SUBGROUP: subgroup,
    },
    conditions: {},
  };
}

/** Tiles on matrix units that take the device's operand type and add in f32; they need one subgroup size, known beforehand. */
function matrixTiles(device: Device): Tile[] {
  const { subgroupMatrix, subgroupSize, limits } = device.report;
  const [subgroup, most] = subgroupSize;
  const units = subgroupMatrix.filter(
    ({ componentType, resultComponentType }) =>
      componentType === device.operands && resultComponentType === 'f32',
  );
  if (subgroup !== most || 4 * subgroup > limits.maxComputeInvocationsPerWorkgroup) return [];
  const operandBytes = device.operands === 'f16' ? 2 : 4;
  return matrixExtents.flatMap(([rows, columns]) =>
    units
      .filter(({ M, N, K }) => {
        const operands = rows * (longestKStep + rowPadding) + longestKStep * (columns + rowPadding);
        return (
          [rows % (2 * M), columns % (2 * N), longestKStep % K].every((rest) => rest === 0) &&
          // Blocks of 4×4 in a K step, for every invocation as many.
          [rows, columns].every((extent) => (extent * longestKStep) % (16 * 4 * subgroup) === 0) &&
          operandBytes * operands + 4 * 4 * M * N <= limits.maxComputeWorkgroupStorageSize
        );
      })
      .map((unit) => matrixTile(unit, subgroup, rows, columns)),
  );
}

/** Every mainloop that the device can do. The first is a good one for its kind. */
export function tilesOf(device: Device): readonly Tile[] {
  const matrix = matrixTiles(device);
  const subgroup = subgroupTiles(device);
  const workgroup = workgroupTiles(device);
  // Software drivers run a subgroup as a SIMD register, where loads are expensive; GPUs want workgroup memory. A caller who asks for f16
  // asks for matrix units; in f32 they have to win a measurement.
  if (device.report.software) return [...subgroup, ...workgroup, ...matrix];
  if (device.operands === 'f16') return [...matrix, ...workgroup, ...subgroup];
  return [...workgroup, ...matrix, ...subgroup];
}

/** Mainloops worth measuring: on software drivers those through workgroup memory take three times as long. */
export function tileCandidates(device: Device): readonly Tile[] {
  const all = tilesOf(device);
  const isMatrix = ({ mainloop }: Tile): boolean => mainloop.source === matrixSource;
  return all.filter((tile) => tile.mainloop.name === all[0]!.mainloop.name || isMatrix(tile));
}

/** The tile to use where nothing was measured: on a GPU the largest that still gives every core work. */
export function defaultTile(device: Device, rows: number, columns: number, depth: number): Tile {
  const [first, ...more] = tilesOf(device);
  const usual = first!;
  const others = more.filter(({ mainloop }) => mainloop.name === usual.mainloop.name);
  if (device.report.software) return usual;
  const workgroups = (tile: Tile): number =>
    Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * depth;
  if (workgroups(usual) < wantedWorkgroups(device) / 4)
    return others.find(({ rows }) => rows === 32) ?? usual;
  const large = others.findLast((tile) => tile.rows * tile.columns === 128 * 128);
  return large && workgroups(large) >= wantedWorkgroups(device) ? large : usual;
}

/** Workgroups that keep a device busy: a few a core on software drivers, thousands of invocations on a GPU. */
export function wantedWorkgroups(device: Device): number {
  return device.report.software ? 16 : 512;
}

/** A tile through workgroup memory with the extents that were asked for by hand; any other as it is. */
export function adjustedTile(device: Device, tile: Tile): Tile {
  if (tile.mainloop.source !== workgroupSource) return tile;
  const why = `the tile ${tile.name}`;
  const choose = (name: string): number => device.settings.choose(name, tile.constants[name]!, why);
  const [rows, columns] = [choose('TILE_ROWS'), choose('TILE_COLUMNS')];
  const blocks = choose('BLOCKS');
  const invocations = (rows * columns) / (4 * blocks) ** 2;
  // Every invocation loads at most one block of each operand per K step.
  checkArgument(
    [rows, columns].every((extent) => extent % (4 * blocks) === 0 && extent <= invocations),
    'tile product',
    () =>
      `a tile of ${rows}×${columns} in ${blocks}×${blocks} blocks has ${invocations} invocations; both extents must be multiples of ${4 * blocks} and at most that many`,
  );
  const constants = { TILE_ROWS: rows, TILE_COLUMNS: columns, BLOCKS: blocks };
  return { ...tile, rows, columns, constants };
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
    conditions: { ...product.conditions, ...tile.conditions, half: device.operands === 'f16' },
    bindings: product.bindings,
    grid: [Math.min(rowTiles, most), Math.ceil(product.columns / tile.columns), product.depth * wraps],
    cost: product.cost,
  });
}
