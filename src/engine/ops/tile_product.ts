import subgroupSource from '../../shaders/lib/tile_product_subgroup.wgsl';
import workgroupSource from '../../shaders/lib/tile_product_workgroup.wgsl';
import type { Device } from '../device.ts';
import { DeviceError } from '../errors.ts';
import type { Cost } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';

/** The walks over the tiles of a matrix product. All give the same result up to the order of additions. */
export type TileWalk = 'subgroup' | 'workgroup';

const walks = {
  subgroup: { name: 'tile_product_subgroup', source: subgroupSource },
  workgroup: { name: 'tile_product_workgroup', source: workgroupSource },
} as const;

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

let forced: TileWalk | null = null;

/** For tests and benchmarks: every product made inside `body` uses this walk. */
export function withTileWalk<T>(walk: TileWalk, body: () => T): T {
  const previous = forced;
  forced = walk;
  try {
    return body();
  } finally {
    forced = previous;
  }
}

/** Whether a walk runs on a device. The subgroup walk needs one subgroup size, known beforehand and small. */
export function supportsTileWalk(device: Device, walk: TileWalk): boolean {
  const [least, most] = device.report.subgroupSize;
  return walk === 'workgroup' || (least === most && (least === 4 || least === 8));
}

/**
 * The subgroup walk is for software drivers, where subgroups are SIMD registers and loads are dear; GPUs get the
 * workgroup-memory walk.
 */
export function chooseTileWalk(device: Device): TileWalk {
  if (forced) {
    if (!supportsTileWalk(device, forced)) {
      throw new DeviceError(
        `the ${forced} walk needs one subgroup size of 4 or 8; this adapter has ${device.report.subgroupSize.join(' to ')}`,
      );
    }
    return forced;
  }
  return device.report.software && supportsTileWalk(device, 'subgroup') ? 'subgroup' : 'workgroup';
}

/** Rows and columns of C that one workgroup computes. */
export function tileExtent(device: Device): number {
  return chooseTileWalk(device) === 'subgroup' ? 4 * device.report.subgroupSize[0] : 64;
}

/** Workgroups that keep a device busy: a few a core on software drivers, thousands of invocations on a GPU. */
export function wantedWorkgroups(device: Device): number {
  return device.report.software ? 16 : 512;
}

export function tileProduct(device: Device, product: TileProduct): void {
  const walk = chooseTileWalk(device);
  const tile = tileExtent(device);
  const rowTiles = Math.ceil(product.rows / tile);
  const folds = Math.ceil(rowTiles / 65535);
  device.dispatch({
    kernel: { ...product.kernel, walk: walks[walk] },
    constants: {
      ...product.constants,
      OUTER: product.outer,
      DEPTH: product.depth,
      ...(walk === 'subgroup' ? { SUBGROUP: device.report.subgroupSize[0], ROWS: product.rows } : {}),
    },
    conditions: product.conditions,
    bindings: product.bindings,
    grid: [Math.min(rowTiles, 65535), Math.ceil(product.columns / tile), product.depth * folds],
    cost: product.cost,
  });
}
