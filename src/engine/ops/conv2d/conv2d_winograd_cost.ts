import type { DataType } from '../../core/data-type.ts';
import type { Device } from '../../core/tensor.ts';
import { type Balance, balanceOf } from '../../tuning/adapter-class.ts';
import { type Conv2dGeometry, conv2dCost } from './conv2d_geometry.ts';
import {
  imagesPerPass,
  positions,
  supportsWinograd,
  tilingOf,
  type WinogradTile,
  winogradTiles,
} from './conv2d_winograd.ts';

/** Whether Winograd's products are worth their transforms where nothing was measured. All costs in floating-point operations of a product. */

/** Numbers of one convolution's transformed arrays: images are those of its input and of its output together. */
function transformedNumbers(g: Conv2dGeometry, tile: WinogradTile) {
  const { tiles } = tilingOf(g.BATCH, g.OUT_HEIGHT, g.OUT_WIDTH, tile);
  const weights = positions(tile) * g.CHANNELS * g.OUT_CHANNELS;
  return {
    images: positions(tile) * tiles * (g.CHANNELS + g.OUT_CHANNELS),
    weights,
    flops: 2 * tiles * weights,
  };
}

/**
 * A number of a transformed image is written, read and transformed back, one of the transformed weights written and read: on llvmpipe 1.6
 * and 2.5 ns, where an operation takes 0.038.
 */
function softwareCost(g: Conv2dGeometry, tile: WinogradTile): number {
  const { images, weights, flops } = transformedNumbers(g, tile);
  return flops + 42 * images + 65 * weights;
}

/**
 * On a GPU a transform takes as long as its traffic, as it has an operation or two for each byte and GPUs do ten times as many: of the
 * transformed array every number, and of the image its share, m² pixels for (m + 2)² numbers (of the weights, 9). The product takes as long
 * as its arithmetic or its traffic, whichever is longer. A pass is three dispatches, of which each waits for the one before it; the weights
 * are one more.
 */
function gpuCost({ perByte, perDispatch }: Balance, g: Conv2dGeometry, tile: WinogradTile, passes: number) {
  const { images, weights, flops } = transformedNumbers(g, tile);
  const all = positions(tile);
  const transformed = (1 + tile ** 2 / all) * images + (1 + 9 / all) * weights;
  const product = Math.max(flops, 4 * perByte * (images + weights));
  return product + 4 * perByte * transformed + (1 + 3 * passes) * perDispatch;
}

/** Of the direct product, which is one dispatch. */
function directCost(balance: Balance | null, g: Conv2dGeometry): number {
  const { flops, bytes } = conv2dCost(g);
  return balance ? Math.max(flops, balance.perByte * bytes) + balance.perDispatch : flops;
}

/**
 * The tile to use where nothing was measured; null where the direct product is expected to be as fast: Winograd must promise a fifth.
 *
 * @param g the convolution whose output is computed
 */
export function bestWinogradTile(device: Device, g: Conv2dGeometry, stored: DataType): WinogradTile | null {
  const balance = balanceOf(device.report);
  const costOf = (tile: WinogradTile): number =>
    balance
      ? gpuCost(balance, g, tile, Math.ceil(g.BATCH / imagesPerPass(device, g, tile, stored)))
      : softwareCost(g, tile);
  const costs = winogradTiles
    .filter((tile) => supportsWinograd(device, g, tile, stored))
    .map((tile) => ({ tile, cost: costOf(tile) }));
  const best = costs.reduce((a, b) => (b.cost < a.cost ? b : a), {
    tile: null as WinogradTile | null,
    cost: directCost(balance, g) / 1.2,
  });
  return best.tile;
}
