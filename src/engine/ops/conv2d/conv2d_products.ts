import type { DataType } from '../../core/data-type.ts';
import type { Device, Tensor } from '../../core/tensor.ts';
import type { Choice, Variant } from '../../tuning/choice.ts';
import { defaultTile } from '../matmul/default_tile.ts';
import { prefersStationary, type StationaryProduct, stationaryTile } from '../matmul/stationary_tile.ts';
import { type Tile, tileCandidates, tileMainloopSources, tilesOf } from '../matmul/tiles.ts';
import { col2imGradInput, col2imSources, supportsCol2im } from './conv2d_col2im.ts';
import {
  depthwiseForward,
  depthwiseGradInput,
  depthwiseGradWeight,
  depthwiseSources,
  supportsDepthwise,
} from './conv2d_depthwise.ts';
import {
  directForward,
  directGradInput,
  directGradWeight,
  directSources,
  mostWeightSplits,
} from './conv2d_direct.ts';
import { type Conv2dEpilogue, mapEpilogue } from './conv2d_epilogue.ts';
import { type Conv2dGeometry, conv2dCost } from './conv2d_geometry.ts';
import {
  supportsWinograd,
  type WinogradTile,
  winogradForward,
  winogradGradInput,
  winogradGradWeight,
  winogradSources,
  winogradTiles,
} from './conv2d_winograd.ts';
import { bestWinogradTile } from './conv2d_winograd_cost.ts';

/** The three products of a convolution, each by the algorithm that suits its shape and the device. */

/** For few channels: one by one without a product (depthwise), or taps as columns of a product, then col2im. */
type Special = 'depthwise' | 'col2im';

/** An algorithm for one of the three products of a convolution. */
interface Conv2dVariant extends Variant {
  /** Implicit matrix product over these tiles, Winograd's with tiles of this many outputs along one side, or a special one. */
  readonly algorithm: { readonly direct: Tile } | { readonly winograd: WinogradTile } | Special;
}

/** What a product has beside its extents. */
interface Suited {
  /** How the images are stored. */
  readonly stored: DataType;
  /** What is made for such shapes, and the default where there is one. */
  readonly special: Special | null;
  /** Extent of k where there is one tap, and every pixel meets it. */
  readonly inner?: number | null;
}

/** Chooses the algorithm for one product. `run` does the work with any of them, on tensors of the given shapes. */
function choose(
  device: Device,
  operation: string,
  g: Conv2dGeometry,
  [rows, columns, mostSplits = 1]: readonly [rows: number, columns: number, mostSplits?: number],
  { special, stored, inner = null }: Suited,
  run: (variant: Conv2dVariant, tensor: (given: Tensor) => Tensor) => void,
): void {
  const operands = stored === 'f16' ? 'f16' : device.operands;
  const direct = (tile: Tile): Conv2dVariant => ({ name: tile.name, algorithm: { direct: tile } });
  const winograd = winogradTiles
    .filter((tile) => supportsWinograd(device, g, tile, stored))
    .map((tile) => ({ name: `winograd ${tile}×${tile}`, algorithm: { winograd: tile } }));
  const specials: Conv2dVariant[] = special ? [{ name: special, algorithm: special }] : [];
  const groups = g.CHANNELS / g.GROUP_IN;
  const short: StationaryProduct | null = inner === null ? null : { rows, columns, depth: groups, inner };
  const stationary = short && stationaryTile(device, short, operands);
  const usual = direct(
    stationary && prefersStationary(short, stationary)
      ? stationary
      : defaultTile(device, { rows, columns, depth: groups, mostSplits }, operands),
  );
  const others = [...(stationary ? [direct(stationary)] : []), ...winograd, ...specials];
  const variants = [...tilesOf(device, operands).map(direct), ...others];
  // The input gradient is a convolution whose outputs are the pixels of the input. A software driver's constants were fitted without that.
  const isInput = operation === 'conv2d_grad_input' && !device.report.software;
  const best = bestWinogradTile(
    device,
    isInput ? { ...g, OUT_HEIGHT: g.HEIGHT, OUT_WIDTH: g.WIDTH } : g,
    stored,
  );
  const defaultName = special ?? (best ? `winograd ${best}×${best}` : usual.name);
  const choice: Choice<Conv2dVariant> = {
    operation,
    shape: { ...g, half: operands === 'f16', ...(stored === 'f16' && { storedHalf: true }) },
    flops: conv2dCost(g).flops,
    sources: [
      ...directSources,
      ...winogradSources,
      ...depthwiseSources,
      ...col2imSources,
      ...tileMainloopSources,
    ],
    variants,
    // A product over one channel per group wastes nearly all of a tile: not worth the measuring.
    candidates:
      special === 'depthwise' ? specials : [...tileCandidates(device, operands).map(direct), ...others],
    defaultVariant: variants.find(({ name }) => name === defaultName)!,
    benchmark: (candidate) => run(candidate, (given) => device.empty(given.shape, given.dtype)),
  };
  device.tuner.perform(choice, (chosen) => run(chosen, (given) => given));
}

const isPointwise = (g: Conv2dGeometry): boolean => g.KERNEL_H * g.KERNEL_W === 1;

const depthwiseOf = (g: Conv2dGeometry): Special | null => (supportsDepthwise(g) ? 'depthwise' : null);

/** y = x ∗ w, with an epilogue. */
export function conv2dForward(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  w: Tensor,
  epilogue: Conv2dEpilogue,
  y: Tensor,
): Tensor {
  const extents = [y.size / g.OUT_CHANNELS, g.GROUP_OUT] as const;
  const suited = {
    special: depthwiseOf(g),
    stored: x.dtype,
    inner: isPointwise(g) ? g.GROUP_IN : null,
  };
  choose(device, 'conv2d_forward', g, extents, suited, ({ algorithm }, tensor) => {
    const operands = [tensor(x), tensor(w), mapEpilogue(epilogue, tensor, tensor), tensor(y)] as const;
    if (typeof algorithm === 'string') depthwiseForward(device, g, ...operands);
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
  const extents = [dx.size / g.CHANNELS, g.GROUP_IN] as const;
  const special = depthwiseOf(g) ?? (supportsCol2im(device, g) ? 'col2im' : null);
  const inner = isPointwise(g) && g.STRIDE_H * g.STRIDE_W === 1 ? g.GROUP_OUT : null;
  choose(
    device,
    'conv2d_grad_input',
    g,
    extents,
    { special, stored: dy.dtype, inner },
    ({ algorithm }, tensor) => {
      const operands = [tensor(dy), tensor(w), tensor(dx)] as const;
      if (algorithm === 'depthwise') depthwiseGradInput(device, g, ...operands);
      else if (algorithm === 'col2im') col2imGradInput(device, g, ...operands);
      else if ('direct' in algorithm) directGradInput(device, g, ...operands, algorithm.direct);
      else winogradGradInput(device, g, ...operands, algorithm.winograd);
    },
  );
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
  const extents = [dw.size / g.OUT_CHANNELS, g.GROUP_OUT, mostWeightSplits(g)] as const;
  choose(
    device,
    'conv2d_grad_weight',
    g,
    extents,
    { special: depthwiseOf(g), stored: x.dtype },
    ({ algorithm }, tensor) => {
      const operands = [tensor(x), tensor(dy), tensor(dw)] as const;
      if (typeof algorithm === 'string') depthwiseGradWeight(device, g, ...operands);
      else if ('direct' in algorithm) directGradWeight(device, g, ...operands, algorithm.direct);
      else winogradGradWeight(device, g, ...operands, algorithm.winograd);
    },
  );
  return dw;
}
