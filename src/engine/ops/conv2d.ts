import { record } from '../autograd.ts';
import type { Device } from '../device.ts';
import { check, formatShape } from '../errors.ts';
import { defineOperator, type OperatorCase } from '../operator.ts';
import { conv2dReference } from '../reference/conv2d.ts';
import type { Shape, Tensor } from '../tensor.ts';
import type { Variant } from '../tune.ts';
import { directForward, directGradInput, directGradWeight, directSources } from './conv2d_direct.ts';
import { type Conv2dGeometry, type Conv2dOptions, conv2dCost, conv2dGeometry } from './conv2d_geometry.ts';
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
import { sumRows } from './sum_rows.ts';
import { shippedTile, type Tile, tileCandidates, tilesOf, tileWalkSources } from './tile_product.ts';

/**
 * 2-D convolution (cross-correlation, as everywhere in deep learning).
 *
 * @param x [n, height, width, channels]
 * @param weight [kernel height, kernel width, channels / groups, out channels]
 * @param bias [out channels] or null
 * @returns [n, out height, out width, out channels]
 * @throws ShapeError if the shapes and options do not fit
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: Conv2dOptions = {},
): Tensor {
  const geometry = conv2dGeometry(x.shape, weight.shape, options);
  const outChannels = geometry.OUT_CHANNELS;
  check(
    !bias || (bias.shape.length === 1 && bias.size === outChannels),
    'conv2d',
    () => `bias must be [${outChannels}], not ${formatShape(bias!.shape)}`,
  );
  for (const tensor of [x, weight, bias]) {
    check(
      !tensor || tensor.dtype === 'f32',
      'conv2d',
      () => `every operand must be f32, not ${tensor!.dtype}`,
    );
  }
  const { device } = x;
  const y = device.empty([geometry.BATCH, geometry.OUT_HEIGHT, geometry.OUT_WIDTH, outChannels]);
  device.within('conv2d', () => forward(device, geometry, x, weight, bias, y));
  return record(y, {
    operator: 'conv2d',
    inputs: bias ? [x, weight, bias] : [x, weight],
    backward: (dy, into) => [
      x.requiresGradient ? conv2dGradInput(device, geometry, dy, weight, into(0)) : null,
      weight.requiresGradient ? conv2dGradWeight(device, geometry, x, dy, into(1)) : null,
      ...(bias
        ? [bias.requiresGradient ? sumRows(dy, dy.size / outChannels, outChannels, into(2)) : null]
        : []),
    ],
  });
}

/** An algorithm for one of the three products of a convolution. */
interface Conv2dVariant extends Variant {
  /** Implicit matrix product over these tiles, or Winograd's with tiles of this many outputs along one side. */
  readonly algorithm: { readonly direct: Tile } | { readonly winograd: WinogradTile };
}

/** Chooses the algorithm for one product. `product` does the work with either, on tensors of the given shapes. */
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
  const groups = g.CHANNELS / g.GROUP_IN;
  const usual = direct(shippedTile(device, rows, columns, groups));
  const variants = [...tilesOf(device).map(direct), ...winograd];
  const best = bestWinogradTile(device, g);
  const shipped = best ? `winograd ${best}×${best}` : usual.name;
  const variant = device.tuner.choose<Conv2dVariant>({
    operation,
    shape: { ...g },
    sources: [...directSources, ...winogradSources, ...tileWalkSources],
    variants,
    candidates: [...tileCandidates(device).map(direct), ...winograd],
    shipped: variants.find(({ name }) => name === shipped)!,
    rehearse: (candidate) => run(candidate, (given) => device.empty(given.shape)),
  });
  run(variant, (given) => given);
}

function forward(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  y: Tensor,
): void {
  choose(device, 'conv2d_forward', g, [y.size / g.OUT_CHANNELS, g.GROUP_OUT], ({ algorithm }, tensor) => {
    const operands = [tensor(x), tensor(w), bias && tensor(bias), tensor(y)] as const;
    if ('direct' in algorithm) directForward(device, g, ...operands, algorithm.direct);
    else winogradForward(device, g, ...operands, algorithm.winograd);
  });
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
    if ('direct' in algorithm) directGradInput(device, g, ...operands, algorithm.direct);
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
      if ('direct' in algorithm) directGradWeight(device, g, ...operands, algorithm.direct);
      else winogradGradWeight(device, g, ...operands, algorithm.winograd);
    },
  );
  return dw;
}

const conv2dCase = (
  x: Shape,
  weight: Shape,
  attributes: Conv2dOptions = {},
  bias = false,
): OperatorCase<Conv2dOptions> => ({
  inputs: [{ shape: x }, { shape: weight }, ...(bias ? [{ shape: [weight[3]!] }] : [])],
  attributes,
});

export const conv2dOperator = defineOperator<Conv2dOptions>({
  name: 'conv2d',
  apply: ([x, weight, bias], options) => conv2d(x!, weight!, bias ?? null, options),
  reference: ([x, weight, bias], options) =>
    conv2dReference(x!, weight!, bias ?? null, conv2dGeometry(x!.shape, weight!.shape, options)),
  cost: ([x, weight], options) => conv2dCost(conv2dGeometry(x!, weight!, options)),
  cases: [
    conv2dCase([2, 7, 9, 4], [3, 3, 4, 8], { padding: 1 }, true),
    conv2dCase([1, 1, 1, 1], [1, 1, 1, 1], {}, true),
    conv2dCase([3, 6, 5, 3], [3, 3, 3, 5], { padding: [0, 1, 2, 0] }),
    conv2dCase([2, 9, 8, 7], [5, 2, 7, 3], { stride: [2, 3], padding: [2, 1, 0, 1] }, true),
    conv2dCase([2, 10, 11, 4], [3, 3, 4, 4], { stride: 2, padding: 1, dilation: 2 }),
    conv2dCase([1, 9, 9, 4], [3, 2, 4, 5], { stride: [3, 2], dilation: [2, 3], padding: 3 }),
    conv2dCase([2, 5, 6, 12], [3, 3, 4, 24], { padding: 1, groups: 3 }, true),
    conv2dCase([2, 5, 6, 6], [3, 3, 1, 6], { padding: 1, groups: 6 }),
    conv2dCase([2, 5, 6, 6], [3, 3, 2, 9], { stride: 2, groups: 3 }, true),
    conv2dCase([2, 5, 4, 8], [1, 1, 8, 12]),
    conv2dCase([2, 7, 5, 4], [1, 1, 4, 4], { stride: 3 }),
    conv2dCase([2, 9, 8, 36], [3, 3, 36, 68], { padding: 1 }, true),
    conv2dCase([3, 10, 7, 8], [3, 3, 8, 12], { padding: [0, 2, 1, 0] }),
    conv2dCase([35, 5, 3, 4], [3, 3, 4, 4], { padding: 1 }),
    {
      inputs: [
        { shape: [2, 11, 9, 16], kind: 'outliers' },
        { shape: [3, 3, 16, 20], kind: 'outliers' },
      ],
      attributes: { padding: 2 },
    },
    {
      inputs: [
        { shape: [3, 13, 11, 8], kind: 'outliers' },
        { shape: [3, 3, 8, 40], kind: 'outliers' },
        { shape: [40] },
      ],
      attributes: { padding: 1, stride: 2 },
    },
  ],
  misuses: [
    {
      ...conv2dCase([2, 5, 5], [3, 3, 4, 8]),
      message: /conv2d: x must be \[n, height, width, channels\], not \[2, 5, 5\]/,
    },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 8]), message: /conv2d: weight must be .* not \[3, 3, 8\]/ },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 3, 8]), message: /conv2d: .*3 input channels.*x has 4/ },
    {
      ...conv2dCase([2, 5, 5, 4], [3, 3, 2, 7], { groups: 2 }),
      message: /conv2d: .*7 output channels.*2 groups/,
    },
    { ...conv2dCase([2, 2, 5, 4], [3, 3, 4, 8]), message: /conv2d: .*larger than the padded image/ },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 4, 8], { stride: 0 }), message: /conv2d: stride.*positive/ },
    { ...conv2dCase([2, 5, 5, 4], [3, 3, 4, 8], { padding: -1 }), message: /conv2d: padding.*-1/ },
    {
      inputs: [{ shape: [2, 5, 5, 4] }, { shape: [3, 3, 4, 8] }, { shape: [4] }],
      attributes: {},
      message: /conv2d: bias must be \[8\], not \[4\]/,
    },
    {
      inputs: [{ shape: [2, 5, 5, 4], kind: 'labels' }, { shape: [3, 3, 4, 8] }],
      attributes: {},
      message: /conv2d: every operand must be f32, not u32/,
    },
  ],
});
