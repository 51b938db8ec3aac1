import type { Device } from '../device.ts';
import type { Tensor } from '../tensor.ts';
import type { Choice, Variant } from '../tune.ts';
import {
  depthwiseForward,
  depthwiseGradInput,
  depthwiseGradWeight,
  depthwiseSources,
  supportsDepthwise,
} from './conv2d_depthwise.ts';
import { directForward, directGradInput, directGradWeight, directSources } from './conv2d_direct.ts';
import { type Conv2dEpilogue, mapEpilogue } from './conv2d_epilogue.ts';
import type { Conv2dGeometry } from './conv2d_geometry.ts';
import {
  bestWinogradTile,
  supportsWinograd,
  type WinogradTile,
  winogradForward,
  winogradGradInput,
  winogradGradWeight,
  winogradSources,
  winogradTiles,
} from './conv2d_winograd.ts';
import { shippedTile, type Tile, tileCandidates, tilesOf, tileWalkSources } from './tile_product.ts';

/** The three products of a convolution, each by the algorithm that suits its shape and the device. */

/** An algorithm for one of the three products of a convolution. */
interface Conv2dVariant extends Variant {
  /**
   * Implicit matrix product over these tiles, Winograd's with tiles of this many outputs along one side, or without a product,
   * channel by channel.
   */
  readonly algorithm: { readonly direct: Tile } | { readonly winograd: WinogradTile } | 'depthwise';
}

/** Chooses the algorithm for one product. `run` does the work with any of them, on tensors of the given shapes. */
function choose(
  device: Device,
  operation: string,
  g: Conv2dGeometry,
  [rows, columns]: readonly [number, number],
  run: (variant: Conv2dVariant, tensor: (given: Tensor) => Tensor) => void,
): void {
  const direct = (tile: Tile): Conv2dVariant => ({ name: tile.name, algorithm: { direct: tile } });
  const winograd = winogradTiles
    .filter((tile) => supportsWinograd(device, g, tile))
    .map((tile) => ({ name: `winograd ${tile}×${tile}`, algorithm: { winograd: tile } }));
  const channelwise: Conv2dVariant = { name: 'depthwise', algorithm: 'depthwise' };
  const isDepthwise = supportsDepthwise(g);
  const groups = g.CHANNELS / g.GROUP_IN;
  const usual = direct(shippedTile(device, rows, columns, groups));
  const variants = [...tilesOf(device).map(direct), ...winograd, ...(isDepthwise ? [channelwise] : [])];
  const best = bestWinogradTile(device, g);
  const shipped = isDepthwise ? channelwise.name : best ? `winograd ${best}×${best}` : usual.name;
  const choice: Choice<Conv2dVariant> = {
    operation,
    shape: { ...g, half: device.operands === 'f16' },
    sources: [...directSources, ...winogradSources, ...depthwiseSources, ...tileWalkSources],
    variants,
    // A product over one channel a group wastes nearly all of a tile: not worth the measuring.
    candidates: isDepthwise ? [channelwise] : [...tileCandidates(device).map(direct), ...winograd],
    shipped: variants.find(({ name }) => name === shipped)!,
    rehearse: (candidate) => run(candidate, (given) => device.empty(given.shape)),
  };
  device.tuner.perform(choice, (chosen) => run(chosen, (given) => given));
}

/** y = x ∗ w, with an epilogue. */
export function conv2dForward(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  w: Tensor,
  epilogue: Conv2dEpilogue,
  y: Tensor,
): Tensor {
  choose(device, 'conv2d_forward', g, [y.size / g.OUT_CHANNELS, g.GROUP_OUT], ({ algorithm }, tensor) => {
    const operands = [tensor(x), tensor(w), mapEpilogue(epilogue, tensor, tensor), tensor(y)] as const;
    if (algorithm === 'depthwise') depthwiseForward(device, g, ...operands);
    else if ('direct' in algorithm) directForward(device, g, ...operands, algorithm.direct);
    else winogradForward(device, g, ...operands, algorithm.winograd);
  });
  return y;
}

/** Gradient of the input, written to `dx`. */
export function conv2dGradInput(
  device: Device,
  g: Conv2dGeometry,
  dy: Tensor,
  w: Tensor,
  dx: Tensor,
): Tensor {
  choose(device, 'conv2d_grad_input', g, [dx.size / g.CHANNELS, g.GROUP_IN], ({ algorithm }, tensor) => {
    const operands = [tensor(dy), tensor(w), tensor(dx)] as const;
    if (algorithm === 'depthwise') depthwiseGradInput(device, g, ...operands);
    else if ('direct' in algorithm) directGradInput(device, g, ...operands, algorithm.direct);
    else winogradGradInput(device, g, ...operands, algorithm.winograd);
  });
  return dx;
}

/** Gradient of the weights, written to `dw`. */
export function conv2dGradWeight(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  dy: Tensor,
  dw: Tensor,
): Tensor {
  choose(
    device,
    'conv2d_grad_weight',
    g,
    [dw.size / g.OUT_CHANNELS, g.GROUP_OUT],
    ({ algorithm }, tensor) => {
      const operands = [tensor(x), tensor(dy), tensor(dw)] as const;
      if (algorithm === 'depthwise') depthwiseGradWeight(device, g, ...operands);
      else if ('direct' in algorithm) directGradWeight(device, g, ...operands, algorithm.direct);
      else winogradGradWeight(device, g, ...operands, algorithm.winograd);
    },
  );
  return dw;
}
