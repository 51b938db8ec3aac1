import matrixUnitSource from '../../../shaders/lib/matrix_unit.wesl';
import matrixSource from '../../../shaders/lib/tile_product_matrix.wesl';
import pipelinedSource from '../../../shaders/lib/tile_product_pipelined.wesl';
import stationarySource from '../../../shaders/lib/tile_product_stationary.wesl';
import subgroupSource from '../../../shaders/lib/tile_product_subgroup.wesl';
import workgroupSource from '../../../shaders/lib/tile_product_workgroup.wesl';
import sumsSource from '../../../shaders/lib/tile_sums.wesl';
import type { OperandType } from '../../core/data-type.ts';
import type { Device, Tensor } from '../../core/tensor.ts';
import type { MatrixUnit } from '../../runtime/adapter.ts';
import { askedSubgroupSize, matrixSubgroupSize, traitsOf } from '../../tuning/adapter-class.ts';
import type { Variant } from '../../tuning/choice.ts';

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
  /** Of one workgroup, where that is not 16 k of rows and columns. */
  readonly workgroupBytes?: number;
}

export const tileMainloopSources: readonly string[] = [
  subgroupSource,
  stationarySource,
  workgroupSource,
  pipelinedSource,
  sumsSource,
  matrixSource,
  matrixUnitSource,
];

/** Mainloops take up to this many k at once: parts of a sum are cut at multiples of it. */
export const longestKStep = 32;

/** The one size of a device's subgroups where it is known beforehand and as small as a SIMD register; else 0. */
export function smallSubgroup({ report }: Device): number {
  const [least, most] = report.subgroupSize;
  return least === most && (least === 4 || least === 8) ? least : 0;
}

/** Squares of 4·subgroup rows and columns, alone or in pairs. */
function subgroupTiles(device: Device): Tile[] {
  const subgroup = smallSubgroup(device);
  if (subgroup === 0) return [];
  const side = 4 * subgroup;
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
      invocations: subgroup,
      constants: { SUBGROUP: subgroup },
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

/**
 * [rows, columns, numbers of k in a K step]: as many k as there are invocations to load a block of 4×4 each, of one operand or the other. With
 * 128×128 that is as much as the workgroup memory that every adapter has.
 */
const pipelinedExtents = [
  [64, 64, 8],
  [64, 128, 8],
  [128, 64, 8],
  [128, 128, 16],
] as const;

function pipelinedTiles(device: Device): Tile[] {
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize } = device.report.limits;
  return pipelinedExtents
    .filter(
      ([rows, columns, kStep]) =>
        invocationsOf(rows, columns, 2) <= maxComputeInvocationsPerWorkgroup &&
        4 * kStep * (rows + columns) <= maxComputeWorkgroupStorageSize,
    )
    .map(([rows, columns, kStep]) => ({
      name: `pipelined ${rows}×${columns}`,
      mainloop: { name: 'tile_product_pipelined', source: pipelinedSource },
      rows,
      columns,
      invocations: invocationsOf(rows, columns, 2),
      constants: {
        TILE_ROWS: rows,
        TILE_COLUMNS: columns,
        K_STEP: kStep,
        SUBGROUP_SIZE: askedSubgroupSize(device.report),
      },
      conditions: {},
    }));
}

/** Rows and columns of a tile on matrix units. */
const matrixExtents = [
  [64, 64],
  [128, 128],
  [64, 128],
  [128, 64],
  [32, 32],
] as const;

/** Rows in workgroup memory are longer than their contents by this many numbers: lib/matrix_unit. */
const rowPadding = 8;

/** How the sums of a tile are shared out among subgroups: the fewest, from 2×2 on, that leave no invocation more than 64 of them. */
function subgroupGrid(subgroup: number, rows: number, columns: number): { down: number; across: number } {
  let [down, across] = [2, 2];
  while ((rows * columns) / (down * across * subgroup) > 64) {
    if (across > down) down *= 2;
    else across *= 2;
  }
  return { down, across };
}

/** What the operands of a product of these tensors are rounded to: f16 where the device was asked for that, and where one of them is stored so. */
export function operandsOf(device: Device, ...tensors: readonly Tensor[]): OperandType {
  return tensors.some(({ dtype }) => dtype === 'f16') ? 'f16' : device.operands;
}

/** The tile of a unit, or null where they do not go with each other or with the adapter. */
function matrixTile(
  device: Device,
  operands: OperandType,
  subgroup: number,
  unit: MatrixUnit,
  [rows, columns]: readonly [number, number],
): Tile | null {
  const { limits, subgroupSize } = device.report;
  const { M, N, K } = unit;
  const { down, across } = subgroupGrid(subgroup, rows, columns);
  const invocations = down * across * subgroup;
  // Of what every invocation fetches in a K step there is one block of 4×4 of each operand where that goes.
  const kStep = Math.max(rows, columns) * longestKStep <= 16 * invocations ? longestKStep : longestKStep / 2;
  const lengths = (extent: number): number =>
    Math.max(extent * (kStep + rowPadding), kStep * (extent + rowPadding));
  const bytes =
    (unit.componentType === 'f16' ? 2 : 4) * (lengths(rows) + lengths(columns)) + 4 * down * across * M * N;
  const fits =
    [rows % (down * M), columns % (across * N), kStep % K].every((rest) => rest === 0) &&
    [rows, columns].every((extent) => (extent * kStep) % (16 * invocations) === 0) &&
    // Dawn wants whole subgroups of whatever size the driver may choose.
    invocations % subgroupSize[1] === 0 &&
    invocations <= limits.maxComputeInvocationsPerWorkgroup &&
    bytes <= limits.maxComputeWorkgroupStorageSize;
  if (!fits) return null;
  const { componentType } = unit;
  return {
    name: `matrix ${rows}×${columns} of ${M}×${N}×${K}${componentType === operands ? '' : ` in ${componentType}`}`,
    mainloop: { name: 'tile_product_matrix', source: matrixSource },
    rows,
    columns,
    invocations,
    constants: {
      TILE_ROWS: rows,
      TILE_COLUMNS: columns,
      K_STEP: kStep,
      UNIT_ROWS: M,
      UNIT_COLUMNS: N,
      UNIT_DEPTH: K,
      SUBGROUP: subgroup,
      SUBGROUPS: down * across,
      SUBGROUPS_ACROSS: across,
      SUBGROUP_SIZE: subgroupSize[0] < subgroupSize[1] ? subgroup : 0,
    },
    conditions: { f16_unit: componentType === 'f16' },
    workgroupBytes: bytes,
  };
}

/**
 * Tiles on matrix units that add in f32: those for the type of the operands, and, for f16 operands, those for f32, which holds what was
 * rounded to f16 (Apple's GPUs add f16 in f16).
 */
function matrixTiles(device: Device, operands: OperandType): Tile[] {
  const subgroup = matrixSubgroupSize(device.report);
  if (subgroup === 0) return [];
  const units = device.report.subgroupMatrix.filter(
    ({ componentType, resultComponentType }) =>
      (componentType === operands || componentType === 'f32') && resultComponentType === 'f32',
  );
  const own = units.filter(({ componentType }) => componentType === operands);
  return matrixExtents.flatMap((extents) =>
    (own.length > 0 ? own : units).flatMap(
      (unit) => matrixTile(device, operands, subgroup, unit, extents) ?? [],
    ),
  );
}

/** Every mainloop that the device can do. The first is a good one for its kind. */
export function tilesOf(device: Device, operands = device.operands): readonly Tile[] {
  const matrix = matrixTiles(device, operands);
  const subgroup = subgroupTiles(device);
  const workgroup = workgroupTiles(device);
  const pipelined = pipelinedTiles(device);
  // Software drivers run a subgroup as a SIMD register, where loads are expensive; GPUs want workgroup memory. A caller who asks for f16
  // asks for matrix units; in f32 they have to win a measurement.
  if (device.report.software) return [...subgroup, ...workgroup, ...pipelined, ...matrix];
  const throughMemory = traitsOf(device.report).pipelined
    ? [...pipelined, ...workgroup]
    : [...workgroup, ...pipelined];
  if (operands === 'f16') return [...matrix, ...throughMemory, ...subgroup];
  return [...throughMemory, ...matrix, ...subgroup];
}

/** Mainloops worth measuring: on software drivers those through workgroup memory take three times as long, on GPUs that without does. */
export function tileCandidates(device: Device, operands = device.operands): readonly Tile[] {
  const all = tilesOf(device, operands);
  const first = all[0]!.mainloop.name;
  return all.filter(
    ({ mainloop }) =>
      mainloop.name === first ||
      mainloop.source === matrixSource ||
      (!device.report.software && mainloop.source !== subgroupSource),
  );
}
