import elements from './elements.wgsl';
import pool from './pool.wgsl';
import random from './random.wgsl';
import tileGrid from './tile_grid.wgsl';

/** Modules that kernels import as `package::lib::name`. */
export const shaderLibrary: Record<string, string> = {
  './lib/elements.wesl': elements,
  './lib/pool.wesl': pool,
  './lib/random.wesl': random,
  './lib/tile_grid.wesl': tileGrid,
};
