/** Constants that `shaders/lib/linear.wgsl` needs to turn a workgroup into an element index. */
export interface LinearGrid {
  readonly grid: readonly [number, number, number];
  readonly constants: { readonly SIZE: number; readonly WORKGROUP: number; readonly GRID_X: number };
}

const maximumWorkgroups = 65535;

/** A grid with one invocation an element. Past 65,535 workgroups (the WebGPU default limit) it folds to two dimensions. */
export function linearGrid(size: number, workgroup = 64): LinearGrid {
  const workgroups = Math.ceil(size / workgroup);
  const x = Math.min(workgroups, maximumWorkgroups);
  return {
    grid: [x, Math.ceil(workgroups / x), 1],
    constants: { SIZE: size, WORKGROUP: workgroup, GRID_X: x },
  };
}
