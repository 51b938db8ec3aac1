import matrixUnitSource from '../../../shaders/lib/matrix_unit.wesl';
import matrixSource from '../../../shaders/lib/tile_product_matrix.wesl';
import pipelinedSource from '../../../shaders/lib/tile_product_pipelined.wesl';
import subgroupSource from '../../../shaders/lib/tile_product_subgroup.wesl';
import workgroupSource from '../../../shaders/lib/tile_product_workgroup.wesl';
import sumsSource from '../../../shaders/lib/tile_sums.wesl';
import type { Device } from '../../core/tensor.ts';
import type { MatrixUnit } from '../../runtime/adapter.ts';
import { askedSubgroupSize, traitsOf } from '../../tuning/adapter-class.ts';
import type { Variant } from '../../tuning/tune.ts';

/** A tiled mainloop of a matrix product. All give the same result up to the order of additions. */
export interface Tile extends Variant {
  readonly mainloop: { readonly name: string; readonly source: string };
  /** Rows and columns of C that one workgroup computes. */
  readonly rows: number;
  readonly columns: number;
  /** Of one workgroup. */
  readonly invocations: number;
  readonly constants: Readonly<Record<string, number>>;
  readonly conditions: Readonly<Record<string, boolean>>;
}

export const tileMainloopSources: readonly string[] = [
  subgroupSource,
  workgroupSource,
  pipelinedSource,
  sumsSource,
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
      invocations: least,
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

/** Invocations of a tile whose invocations own blocks×blocks blocks of 4×4. */
export const invocationsOf = (rows: number, columns: number, blocks: number): number =>
  (rows * columns) / (4 * blocks) ** 2;

function workgroupTiles(device: Device): Tile[] {
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize } = device.report.limits;
  return workgroupExtents
    .filter(
      ([rows, columns, blocks]) =>
        invocationsOf(rows, columns, blocks) <= maxComputeInvocationsPerWorkgroup &&
        64 * (rows + columns) <= maxComputeWorkgroupStorageSize,
    )
    .map(([rows, columns, blocks]) => ({
      name: `workgroup ${rows}×${columns}`,
      mainloop: { name: 'tile_product_workgroup', source: workgroupSource },
      rows,
      columns,
      invocations: invocationsOf(rows, columns, blocks),
      constants: {
        TILE_ROWS: rows,
        TILE_COLUMNS: columns,
        SUBGROUP_SIZE: askedSubgroupSize(device.report),
      },
      conditions: { one_block: blocks === 1 },
    }));
}

const pipelinedExtents = [
  [64, 64],
  [64, 128],
  [128, 64],
  [128, 128],
] as const;

/** Numbers of k in each half of a pipelined tile: with 128×128, as much as the workgroup memory that every adapter has. */
const pipelinedKStep = 8;

function pipelinedTiles(device: Device): Tile[] {
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize } = device.report.limits;
  return pipelinedExtents
    .filter(
      ([rows, columns]) =>
        invocationsOf(rows, columns, 2) <= maxComputeInvocationsPerWorkgroup &&
        2 * 4 * pipelinedKStep * (rows + columns) <= maxComputeWorkgroupStorageSize,
    )
    .map(([rows, columns]) => ({
      name: `pipelined ${rows}×${columns}`,
      mainloop: { name: 'tile_product_pipelined', source: pipelinedSource },
      rows,
      columns,
      invocations: invocationsOf(rows, columns, 2),
      constants: {
        TILE_ROWS: rows,
        TILE_COLUMNS: columns,
        K_STEP: pipelinedKStep,
        SUBGROUP_SIZE: askedSubgroupSize(device.report),
      },
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
    invocations: 4 * subgroup,
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
  const pipelined = pipelinedTiles(device);
  // Software drivers run a subgroup as a SIMD register, where loads are expensive; GPUs want workgroup memory. A caller who asks for f16
  // asks for matrix units; in f32 they have to win a measurement.
  if (device.report.software) return [...subgroup, ...workgroup, ...pipelined, ...matrix];
  const throughMemory = traitsOf(device.report).pipelined
    ? [...pipelined, ...workgroup]
    : [...workgroup, ...pipelined];
  if (device.operands === 'f16') return [...matrix, ...throughMemory, ...subgroup];
  return [...throughMemory, ...matrix, ...subgroup];
}

/** Mainloops worth measuring: on software drivers those through workgroup memory take three times as long, on GPUs that without does. */
export function tileCandidates(device: Device): readonly Tile[] {
  const all = tilesOf(device);
  const first = all[0]!.mainloop.name;
  return all.filter(
    ({ mainloop }) =>
      mainloop.name === first ||
      mainloop.source === matrixSource ||
      (!device.report.software && mainloop.source !== subgroupSource),
  );
}
