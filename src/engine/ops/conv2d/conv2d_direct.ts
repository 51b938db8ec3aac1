import forwardSource from '../../../shaders/conv2d/conv2d_forward.wesl';
import gradInputSource from '../../../shaders/conv2d/conv2d_grad_input.wesl';
import gradWeightSource from '../../../shaders/conv2d/conv2d_grad_weight.wesl';
import type { Device, Tensor } from '../../core/tensor.ts';
import { splitsOf } from '../matmul/default_tile.ts';
import { tileProduct } from '../matmul/tile_product.ts';
import { longestKStep, type Tile } from '../matmul/tiles.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { type Conv2dEpilogue, epilogueBindings, epilogueSource } from './conv2d_epilogue.ts';
import { type Conv2dGeometry, conv2dCost } from './conv2d_geometry.ts';

/** All convolutions as implicit matrix products: patches are gathered while tiles are loaded, never written to memory. */

const forwardKernel = { name: 'conv2d_forward', source: forwardSource };
const gradInputKernel = { name: 'conv2d_grad_input', source: gradInputSource };
const gradWeightKernel = { name: 'conv2d_grad_weight', source: gradWeightSource };

export const directSources: readonly string[] = [
  forwardSource,
  gradInputSource,
  gradWeightSource,
  epilogueSource,
];

const groupsOf = (g: Conv2dGeometry): number => g.CHANNELS / g.GROUP_IN;

/**
 * Whether taps and channels are one k in the forward product. Where every tap has a loop of its own, its channels fill its K steps only in
 * part: 3 channels 19 % of 16 k. Counted together they find their pixel anew for every k, so only where less than three quarters would be filled;
 * a software driver takes K steps of 4, and finding a pixel costs it more.
 */
function tapsInK(device: Device, g: Conv2dGeometry, tile: Tile): boolean {
  const kStep = tile.constants.K_STEP ?? 16;
  const filled = g.GROUP_IN / (Math.ceil(g.GROUP_IN / kStep) * kStep);
  const taps = g.KERNEL_H * g.KERNEL_W;
  const chosen = device.settings.choose(
    'TAPS_IN_K',
    !device.report.software && taps > 1 && filled < 0.75 ? 1 : 0,
    'on a GPU taps and channels are one k where the channels alone would fill less than three quarters of its K steps',
  );
  return chosen === 1;
}

/** y = x ∗ w, with an epilogue. */
export function directForward(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  w: Tensor,
  epilogue: Conv2dEpilogue,
  y: Tensor,
  tile: Tile,
): void {
  const out4 = g.GROUP_OUT % 4 === 0;
  const { bindings, conditions } = epilogueBindings(epilogue);
  const taps_in_k = tapsInK(device, g, tile);
  tileProduct(
    device,
    {
      kernel: forwardKernel,
      rows: g.BATCH * g.OUT_HEIGHT * g.OUT_WIDTH,
      columns: g.GROUP_OUT,
      depth: groupsOf(g),
      outer: taps_in_k ? 1 : g.KERNEL_H * g.KERNEL_W,
      constants: { ...g },
      conditions: { ...conditions, taps_in_k, vec4_x: g.GROUP_IN % 4 === 0, vec4_w: out4, vec4_y: out4 },
      bindings: { x, w, y, ...bindings },
      cost: conv2dCost(g),
    },
    tile,
  );
}

/** Gradient of the input, written to `dx`. */
export function directGradInput(
  device: Device,
  g: Conv2dGeometry,
  dy: Tensor,
  w: Tensor,
  dx: Tensor,
  tile: Tile,
): void {
  tileProduct(
    device,
    {
      kernel: gradInputKernel,
      rows: g.BATCH * Math.ceil(g.HEIGHT / g.STRIDE_H) * Math.ceil(g.WIDTH / g.STRIDE_W),
      columns: g.GROUP_IN,
      depth: groupsOf(g) * g.STRIDE_H * g.STRIDE_W,
      outer: g.KERNEL_H * g.KERNEL_W,
      bAlongK: true,
      constants: { ...g },
      conditions: { vec4_k: g.GROUP_OUT % 4 === 0, vec4_dx: g.GROUP_IN % 4 === 0 },
      bindings: { dy, w, dx },
      cost: conv2dCost(g),
    },
    tile,
  );
}

/** Into how many parts the sum of the weight gradient may be cut: none shorter than 256 pixels, and not more than one pass of sum_rows adds. */
export const mostWeightSplits = (g: Conv2dGeometry): number =>
  Math.min(Math.ceil((g.BATCH * g.OUT_HEIGHT * g.OUT_WIDTH) / 256), 64);

/** Gradient of the weights, written to `dw`. */
export function directGradWeight(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  dy: Tensor,
  dw: Tensor,
  tile: Tile,
): void {
  const rows = g.KERNEL_H * g.KERNEL_W * g.GROUP_IN;
  const pixels = g.BATCH * g.OUT_HEIGHT * g.OUT_WIDTH;
  const wanted = splitsOf(device, tile, {
    rows,
    columns: g.GROUP_OUT,
    depth: groupsOf(g),
    mostSplits: mostWeightSplits(g),
  });
  const chunk = device.settings.choose(
    'CHUNK',
    Math.ceil(pixels / wanted / longestKStep) * longestKStep,
    `enough parts to fill the device, of at least 256 pixels, at most 64; a multiple of ${longestKStep}`,
  );
  const splits = Math.ceil(pixels / chunk);
  const partial = splits === 1 ? dw : device.empty([splits, dw.size]);
  tileProduct(
    device,
    {
      kernel: gradWeightKernel,
      rows,
      columns: g.GROUP_OUT,
      depth: groupsOf(g) * splits,
      outer: 1,
      aAlongK: false,
      constants: { ...g, SPLITS: splits, CHUNK: chunk },
      conditions: { vec4_x: g.GROUP_IN % 4 === 0, vec4_y: g.GROUP_OUT % 4 === 0 },
      bindings: { x, dy, partial },
      cost: conv2dCost(g),
    },
    tile,
  );
  if (splits === 1) return;
  sumRows(partial, splits, dw.size, dw);
  partial.dispose();
}
