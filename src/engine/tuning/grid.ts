import { checkArgument } from '../core/errors.ts';
import type { Device } from '../core/tensor.ts';
import { traitsOf } from './adapter-class.ts';

/** Size of a workgroup whose invocations have nothing to do with each other. */
export function workgroupSize(device: Device): number {
  const { software, subgroupSize } = device.report;
  return device.settings.choose(
    'WORKGROUP',
    software ? subgroupSize[0] || 4 : 64,
    software ? 'a software driver runs a subgroup as one SIMD register' : 'one or two subgroups of any GPU',
  );
}

/** Workgroups that a device starts along one dimension of a grid, at most. */
export function mostWorkgroups(device: Device): number {
  return device.report.limits.maxComputeWorkgroupsPerDimension;
}

/** A grid of so many workgroups, in rows of GRID_X where one dimension does not hold them all: their number is y·GRID_X + x. */
export function wrappedGrid(device: Device, workgroups: number) {
  const x = Math.min(workgroups, mostWorkgroups(device));
  return { grid: [x, Math.ceil(workgroups / x), 1] as const, constants: { GRID_X: x } };
}

/** Grid, constants and conditions of an element-wise kernel built on `shaders/lib/elements.wesl`. */
export interface ElementGrid {
  readonly grid: readonly [number, number, number];
  readonly constants: {
    readonly COUNT: number;
    readonly WORKGROUP: number;
    readonly GRID_X: number;
    readonly STEPS: number;
  };
  readonly conditions: { readonly vec4: boolean };
}

/**
 * Neighbouring channels that an invocation takes at once, in kernels that have many numbers of each channel in registers.
 *
 * @param fits whether those of four channels stay there
 */
export function channelsAtOnce(device: Device, fits = traitsOf(device.report).manyRegisters): 1 | 4 {
  const vector = device.settings.choose(
    'VECTOR',
    fits ? 4 : 1,
    fits
      ? 'four channels are one load and one calculation of where it is'
      : 'the numbers of four channels would not stay in registers; neighbours load neighbouring channels',
  );
  checkArgument(vector === 1 || vector === 4, 'VECTOR', () => `channels go by 1 or 4 at once, not ${vector}`);
  return vector;
}

/**
 * Splits element-wise work over a device, by vec4f where the size, and the channels if they matter, are multiples of four.
 * COUNT is in these units.
 *
 * @param vector 1: one by one in any case
 */
export function elementGrid(device: Device, size: number, channels = size, vector: 1 | 4 = 4): ElementGrid {
  const vec4 = vector === 4 && size % 4 === 0 && channels % 4 === 0;
  const count = vec4 ? size / 4 : size;
  const { software } = device.report;
  const workgroup = workgroupSize(device);
  // Long loops, but enough of them to keep several cores busy.
  const steps = device.settings.choose(
    'STEPS',
    software ? Math.min(64, Math.max(1, Math.ceil(count / (workgroup * 32)))) : 1,
    software
      ? 'a software driver pays for every workgroup: long loops, but 32 of them to keep the cores busy'
      : 'on a GPU the grid takes the place of the loop',
  );
  const { grid, constants } = wrappedGrid(device, Math.ceil(count / (workgroup * steps)));
  return {
    grid,
    constants: { COUNT: count, WORKGROUP: workgroup, ...constants, STEPS: steps },
    conditions: { vec4 },
  };
}

/** How a sum over the rows of a matrix is cut into chunks that run side by side. */
export interface RowChunkGrid {
  readonly rowChunks: number;
  readonly grid: readonly [number, number, number];
  readonly constants: {
    readonly ROWS: number;
    readonly COLUMNS: number;
    readonly ROW_CHUNKS: number;
    readonly WORKGROUP: number;
  };
  readonly conditions: { readonly vec4: boolean };
}

/**
 * An invocation has one column (four with vec4: COLUMNS is in these units) and one chunk of consecutive rows: see
 * shaders/lib/row_chunk. Where chunks are summed, the partial sums, one row per chunk, are then added in order.
 *
 * @param sums whether the row chunks are summed afterwards, which costs the more the more of them there are
 */
export function rowChunkGrid(device: Device, rows: number, columns: number, sums = true): RowChunkGrid {
  const vec4 = columns % 4 === 0;
  const units = vec4 ? columns / 4 : columns;
  const { software } = device.report;
  const workgroup = workgroupSize(device);
  const workgroups = software ? 32 : sums ? 1024 : 4096;
  const wanted = Math.ceil((workgroup * workgroups) / units);
  // A GPU that can hold 10⁵ invocations waits for memory with fewer.
  const most = software || sums ? Math.min(Math.ceil(rows / 32), software ? 1024 : 4096) : rows;
  const chosen = device.settings.choose(
    'ROW_CHUNKS',
    Math.min(wanted, most),
    sums ? 'enough to keep the device busy, none shorter than 32 rows' : 'enough to keep the device busy',
  );
  // However many were asked for by hand: the sums of the row chunks are summed in turn, which must come to an end.
  const length = Math.ceil(rows / Math.min(chosen, sums ? Math.ceil(rows / 2) : rows));
  // None is empty.
  const rowChunks = Math.ceil(rows / length);
  return {
    rowChunks,
    grid: [Math.ceil((units * rowChunks) / workgroup), 1, 1],
    constants: { ROWS: rows, COLUMNS: units, ROW_CHUNKS: rowChunks, WORKGROUP: workgroup },
    conditions: { vec4 },
  };
}

/** One workgroup per sample, for kernels that reduce over other samples. */
export function sampleGrid(device: Device, samples: number) {
  const { grid, constants } = wrappedGrid(device, samples);
  return { grid, constants: { WORKGROUP: 32, ...constants } };
}
