import type { Device } from './device.ts';

const maximumWorkgroups = 65535;

/** Invocations of a workgroup whose invocations have nothing to do with each other. */
export function walkers(device: Device): number {
  const { software, subgroupSize } = device.report;
  return device.settings.choose(
    'WORKGROUP',
    software ? subgroupSize[0] || 4 : 64,
    software ? 'a software driver runs a subgroup as one SIMD register' : 'one or two subgroups of any GPU',
  );
}

/** Grid, constants and conditions of an element-wise kernel built on `shaders/lib/elements.wgsl`. */
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
 * Splits element-wise work over a device, by vec4f where the size, and the channels if they matter, are multiples of four.
 * COUNT is in these units.
 */
export function elementGrid(device: Device, size: number, channels = size): ElementGrid {
  const vec4 = size % 4 === 0 && channels % 4 === 0;
  const count = vec4 ? size / 4 : size;
  const { software } = device.report;
  const workgroup = walkers(device);
  // Long walks, but enough of them to keep several cores busy.
  const steps = device.settings.choose(
    'STEPS',
    software ? Math.min(64, Math.max(1, Math.ceil(count / (workgroup * 32)))) : 1,
    software
      ? 'a software driver pays for every workgroup: long walks, but 32 of them to keep the cores busy'
      : 'on a GPU the grid does the walking',
  );
  const workgroups = Math.ceil(count / (workgroup * steps));
  const x = Math.min(workgroups, maximumWorkgroups);
  return {
    grid: [x, Math.ceil(workgroups / x), 1],
    constants: { COUNT: count, WORKGROUP: workgroup, GRID_X: x, STEPS: steps },
    conditions: { vec4 },
  };
}

/** How a sum over the rows of a matrix is cut into strands that run side by side. */
export interface StrandGrid {
  readonly strands: number;
  readonly grid: readonly [number, number, number];
  readonly constants: {
    readonly ROWS: number;
    readonly COLUMNS: number;
    readonly STRANDS: number;
    readonly WORKGROUP: number;
  };
  readonly conditions: { readonly vec4: boolean };
}

/**
 * Strand s of a column sums the rows s, s + STRANDS, s + 2·STRANDS … An invocation has one column (four with vec4: COLUMNS is in
 * these units) and one strand, columns innermost, so that at every step neighbours read neighbours. The partial sums, one row a
 * strand, are then added in order.
 */
export function strandGrid(device: Device, rows: number, columns: number): StrandGrid {
  const vec4 = columns % 4 === 0;
  const units = vec4 ? columns / 4 : columns;
  const { software } = device.report;
  const workgroup = walkers(device);
  const wanted = Math.ceil((workgroup * (software ? 32 : 1024)) / units);
  const strands = device.settings.choose(
    'STRANDS',
    Math.min(Math.ceil(rows / 32), wanted, 1024),
    'enough to keep the device busy, none shorter than 32 rows',
  );
  const workgroups = Math.ceil((units * strands) / workgroup);
  return {
    strands,
    grid: [workgroups, 1, 1],
    constants: { ROWS: rows, COLUMNS: units, STRANDS: strands, WORKGROUP: workgroup },
    conditions: { vec4 },
  };
}

/** One workgroup a sample, as in the fold kernels of the heads. */
export function sampleGrid(samples: number) {
  const x = Math.min(samples, maximumWorkgroups);
  return {
    grid: [x, Math.ceil(samples / x), 1] as const,
    constants: { WORKGROUP: 32, GRID_X: x },
  };
}
