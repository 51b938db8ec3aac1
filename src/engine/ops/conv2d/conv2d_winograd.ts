import gradOutputSource from '../../../shaders/conv2d/winograd_grad_output.wesl';
import gradWeightSource from '../../../shaders/conv2d/winograd_grad_weight.wesl';
import inputSource from '../../../shaders/conv2d/winograd_input.wesl';
import outputSource from '../../../shaders/conv2d/winograd_output.wesl';
import weightSource from '../../../shaders/conv2d/winograd_weight.wesl';
import rolledSource from '../../../shaders/lib/rolled.wesl';
import transformSource from '../../../shaders/lib/winograd.wesl';
import tilesSource from '../../../shaders/lib/winograd_tiles.wesl';
import type { DataType } from '../../core/data-type.ts';
import { type Device, rowsOf, type Tensor } from '../../core/tensor.ts';
import type { Kernel } from '../../runtime/kernel.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { channelsAtOnce, mostWorkgroups, workgroupSize } from '../../tuning/grid.ts';
import { gemm } from '../matmul/gemm.ts';
import { type Conv2dEpilogue, epilogueBindings, mapEpilogue } from './conv2d_epilogue.ts';
import type { Conv2dGeometry } from './conv2d_geometry.ts';
import { transformFlops, type WinogradTransform } from './conv2d_winograd_operations.ts';

/**
 * 3×3 convolutions with stride 1 by Winograd's minimal filtering F(m×m, 3×3): input and weights are transformed, multiplied
 * position by position of the (m + 2)×(m + 2) patches, which is a matrix product over the channels for each, and transformed
 * back. F(2×2) takes 4 multiplications an output and channel pair instead of 9, F(4×4) 2.25. (Lavin and Gray, arXiv
 * 1509.09308; points and constants: shaders/lib/winograd.wesl)
 */

/** Outputs of a tile along one axis. */
export const winogradTiles = [2, 4] as const;
export type WinogradTile = (typeof winogradTiles)[number];

const kernels = {
  input: { name: 'winograd_input', source: inputSource },
  weight: { name: 'winograd_weight', source: weightSource },
  output: { name: 'winograd_output', source: outputSource },
  gradOutput: { name: 'winograd_grad_output', source: gradOutputSource },
  gradWeight: { name: 'winograd_grad_weight', source: gradWeightSource },
} as const satisfies Record<WinogradTransform, Kernel>;

export const winogradSources: readonly string[] = [
  rolledSource,
  transformSource,
  tilesSource,
  ...Object.values(kernels).map(({ source }) => source),
];

/** Images that a pass takes. Windows of whole images begin at aligned addresses only every 16 images, of f16 every 32. */
export function imagesPerPass(
  device: Device,
  g: Conv2dGeometry,
  tile: WinogradTile,
  stored: DataType,
): number {
  const channels = Math.max(g.CHANNELS, g.OUT_CHANNELS);
  const extent = (pixels: number): number => Math.ceil(pixels / tile) * (tile + 2);
  const bytes = 4 * channels * extent(g.HEIGHT + 2) * extent(g.WIDTH + 2);
  const limit = Math.min(
    device.settings.limits.winogradBytes,
    device.report.limits.maxStorageBufferBindingSize,
  );
  // A row of tiles is a row of the grid of workgroups.
  const rows = Math.ceil((g.HEIGHT + 2) / tile);
  const images = Math.min(Math.floor(limit / bytes), Math.floor(mostWorkgroups(device) / rows));
  if (images >= g.BATCH) return g.BATCH;
  return images - (images % (stored === 'f16' ? 32 : 16));
}

/** Whether a convolution can be computed this way. Rounded to f16, the patches of the larger tile lose too many digits. */
export function supportsWinograd(
  device: Device,
  g: Conv2dGeometry,
  tile: WinogradTile,
  stored: DataType,
): boolean {
  return (
    [g.KERNEL_H, g.KERNEL_W].every((extent) => extent === 3) &&
    [g.STRIDE_H, g.STRIDE_W, g.DILATION_H, g.DILATION_W].every((step) => step === 1) &&
    [g.PAD_TOP, g.PAD_LEFT].every((padding) => padding <= 2) &&
    g.GROUP_IN === g.CHANNELS &&
    g.CHANNELS % 4 === 0 &&
    g.OUT_CHANNELS % 4 === 0 &&
    imagesPerPass(device, g, tile, stored) > 0 &&
    (tile === 2 || device.operands === 'f32')
  );
}

/** Images, one after the other, cut into tiles of what one pass computes. */
interface Tiling {
  readonly tile: WinogradTile;
  readonly images: number;
  readonly rows: number;
  readonly columns: number;
  readonly tiles: number;
}

export function tilingOf(images: number, height: number, width: number, tile: WinogradTile): Tiling {
  const rows = Math.ceil(height / tile);
  const columns = Math.ceil(width / tile);
  return { tile, images, rows, columns, tiles: images * rows * columns };
}

export const positions = (tile: WinogradTile): number => (tile + 2) ** 2;

/** Channels that an invocation of a transform takes: one on every GPU, as 144 numbers of four leave few subgroups room. */
const transformedAtOnce = (device: Device): 1 | 4 => channelsAtOnce(device, device.report.software);

const transformConditions = (device: Device, tile: WinogradTile) => ({
  small_tile: tile === 2,
  rolled: device.report.software,
  vec4: transformedAtOnce(device) === 4,
});

/** Between images [n, height, width, channels] and their tiles [positions, tiles, channels], in either direction. */
function transformTiles(
  transform: WinogradTransform,
  bindings: Readonly<Record<string, Tensor>>,
  image: Tensor,
  tiling: Tiling,
  [top, left]: readonly [number, number] = [0, 0],
  more: Readonly<Record<string, boolean>> = {},
): void {
  const { device } = image;
  const [, height, width, channels] = image.shape as [number, number, number, number];
  const { tile, images, rows, columns, tiles } = tiling;
  const vector = transformedAtOnce(device);
  const vectors = channels / vector;
  const extents = runtimeOf(device).uniform([height, width, vectors, tiles, rows, columns, top, left]);
  const { software, subgroupSize } = device.report;
  const usual = software ? [subgroupSize[0] || 4, 1, 1] : [32, 2, 256];
  const why = software
    ? 'a software driver runs a subgroup as one SIMD register and pays for every workgroup'
    : '64 invocations per workgroup, channels innermost; each has a tile, or every 256th of a row';
  const [workgroupX, workgroupY, gridZ] = ['WORKGROUP_X', 'WORKGROUP_Y', 'GRID_Z'].map((name, i) =>
    device.settings.choose(name, usual[i]!, why),
  ) as [number, number, number];
  device.dispatch({
    kernel: kernels[transform],
    constants: { WORKGROUP_X: workgroupX, WORKGROUP_Y: workgroupY, GRID_Z: gridZ },
    conditions: { ...transformConditions(device, tile), ...more },
    bindings: { ...bindings, extents },
    grid: [
      Math.ceil(vectors / workgroupX),
      Math.ceil((images * rows) / workgroupY),
      Math.min(columns, gridZ),
    ],
    cost: {
      flops: transformFlops(transform, tile) * tiles * channels,
      bytes: 4 * (image.size + positions(tile) * tiles * channels),
    },
  });
}

/** Between weights [3, 3, in, out] and [positions, in, out], in either direction. */
function transformWeights(
  transform: WinogradTransform,
  bindings: Readonly<Record<string, Tensor>>,
  weights: Tensor,
  tile: WinogradTile,
  flip = false,
): void {
  const { device } = weights;
  const { software } = device.report;
  const workgroup = workgroupSize(device);
  const filters = weights.size / 9 / transformedAtOnce(device);
  device.dispatch({
    kernel: kernels[transform],
    constants: { WORKGROUP: workgroup },
    conditions: { ...transformConditions(device, tile), flip },
    bindings,
    grid: [Math.min(Math.ceil(filters / workgroup), software ? 32 : mostWorkgroups(device)), 1, 1],
    cost: {
      flops: transformFlops(transform, tile) * (weights.size / 9),
      bytes: 4 * (1 + positions(tile) / 9) * weights.size,
    },
  });
}

/** Bᵀ·d·B of every patch: [positions, tiles, channels]. */
function transformInput(x: Tensor, padding: readonly [number, number], tiling: Tiling): Tensor {
  const v = x.device.empty([positions(tiling.tile), tiling.tiles, x.shape[3]!]);
  transformTiles('input', { x, v }, x, tiling, padding);
  return v;
}

/** Some images of a batch, as a tensor over the same memory. */
function imagesOf(tensor: Tensor, first: number, images: number): Tensor {
  if (images === tensor.shape[0]) return tensor;
  return rowsOf(tensor, first, images);
}

/** y = (x ∗ w) for some padding, with the channels of w in either role: what forward and input gradient have in common. */
function correlate(
  device: Device,
  g: Conv2dGeometry,
  tile: WinogradTile,
  x: Tensor,
  w: Tensor,
  transposed: boolean,
  padding: readonly [number, number],
  epilogue: Conv2dEpilogue,
  y: Tensor,
): void {
  const [batch, height, width, channels] = y.shape as [number, number, number, number];
  const u = device.empty([positions(tile), ...w.shape.slice(2)]);
  transformWeights('weight', { w, u }, w, tile, transposed);
  const most = imagesPerPass(device, g, tile, x.dtype);
  for (let first = 0; first < batch; first += most) {
    const images = Math.min(most, batch - first);
    const tiling = tilingOf(images, height, width, tile);
    const v = transformInput(imagesOf(x, first, images), padding, tiling);
    const m = device.empty([positions(tile), tiling.tiles, channels]);
    gemm(v, u, { transposeB: transposed, out: m });
    const part = imagesOf(y, first, images);
    const { bindings, conditions } = epilogueBindings(
      mapEpilogue(
        epilogue,
        (tensor) => tensor,
        (tensor) => imagesOf(tensor, first, images),
      ),
    );
    transformTiles('output', { m, y: part, ...bindings }, part, tiling, [0, 0], {
      ...conditions,
      vec4_y: transformedAtOnce(device) === 4,
    });
    v.dispose();
    m.dispose();
  }
  u.dispose();
}

/** y = x ∗ w, with an epilogue. */
export function winogradForward(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  w: Tensor,
  epilogue: Conv2dEpilogue,
  y: Tensor,
  tile: WinogradTile,
): void {
  correlate(device, g, tile, x, w, false, [g.PAD_TOP, g.PAD_LEFT], epilogue, y);
}

/** Gradient of the input: dy correlated with the flipped weights, padded so that every tap meets every output. */
export function winogradGradInput(
  device: Device,
  g: Conv2dGeometry,
  dy: Tensor,
  w: Tensor,
  dx: Tensor,
  tile: WinogradTile,
): void {
  correlate(device, g, tile, dy, w, true, [2 - g.PAD_TOP, 2 - g.PAD_LEFT], {}, dx);
}

/** Gradient of the weights: dw = Gᵀ·[Σ over tiles (Bᵀ·d·B) ⊙ (A·dY·Aᵀ)]·G. */
export function winogradGradWeight(
  device: Device,
  g: Conv2dGeometry,
  x: Tensor,
  dy: Tensor,
  dw: Tensor,
  tile: WinogradTile,
): void {
  const du = device.empty([positions(tile), g.CHANNELS, g.OUT_CHANNELS]);
  const most = imagesPerPass(device, g, tile, x.dtype);
  for (let first = 0; first < g.BATCH; first += most) {
    const images = Math.min(most, g.BATCH - first);
    const tiling = tilingOf(images, g.OUT_HEIGHT, g.OUT_WIDTH, tile);
    const v = transformInput(imagesOf(x, first, images), [g.PAD_TOP, g.PAD_LEFT], tiling);
    const gradient = imagesOf(dy, first, images);
    const dm = device.empty([positions(tile), tiling.tiles, g.OUT_CHANNELS]);
    transformTiles('gradOutput', { dy: gradient, v: dm }, gradient, tiling);
    gemm(v, dm, { transposeA: true, accumulate: first > 0, out: du });
    v.dispose();
    dm.dispose();
  }
  transformWeights('gradWeight', { du, dw }, dw, tile);
  du.dispose();
}
