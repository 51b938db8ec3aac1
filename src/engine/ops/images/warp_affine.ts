import source from '../../../shaders/images/warp_affine.wesl';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { checkOperands, checkOptionalOperands } from '../../core/operands.ts';
import { defineOperator, type InputSpec, type OperatorCase } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { isRecording } from '../../core/recording.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { warpAffineReference } from './warp_affine.reference.ts';

const kernel = { name: 'warp_affine', source };

/** What comes out of {@link warpAffine}. */
export interface WarpAffineOptions {
  /** Extents of the result in pixels, from 1. */
  readonly height: number;
  readonly width: number;
  /** true: bytes like those of the pictures, rounded, as rgba8 with alpha 255. false: numbers from 0 to 255 as f32. Default false. */
  readonly rounded?: boolean;
}

const optionNames: OptionNames<WarpAffineOptions> = { height: true, width: true, rounded: true };

/** Operations for a pixel: its position, and three weighted sums for each of three channels. */
const flopsPerPixel = 8 + 3 * 9;

/**
 * Pictures under affine maps, such as faces turned upright: pixel (q, r) of a result is what its picture has at
 * (a·q + b·r + c, d·q + e·r + f), bilinear. Centres of pixels have whole numbers from 0; what is outside the picture is black, each of
 * the four pixels around a position for itself, as with the constant border of OpenCV's `warpAffine`, whose matrix with
 * `WARP_INVERSE_MAP` this is. A matrix with an element that is not finite, or is 2^100 or more, gives a black picture. Nothing of this
 * has a gradient: pictures are bytes, and matrices data.
 *
 * @param images rgba8 [count, height, width, 4], as {@link Device.images} makes them; alpha is ignored
 * @param matrices f32 [n, 2, 3], rows (a, b, c) and (d, e, f)
 * @param sources u32 [n], the picture that belongs to each matrix, so that several results may come from one; null: in turn. What is
 * past the last picture counts as the last; in debug mode (`checkLabels`) the next read throws a LabelError that names it
 * @returns [n, options.height, options.width, 3] f32, or with `rounded` [n, options.height, options.width, 4] rgba8
 * @throws ShapeError unless the shapes fit, ArgumentError unless the extents are whole numbers from 1 and the matrices need no gradient
 */
export function warpAffine(
  images: Tensor,
  matrices: Tensor,
  sources: Tensor | null,
  options: WarpAffineOptions,
): Tensor {
  checkOperands('warpAffine', images, matrices);
  checkOptionalOperands('warpAffine', sources);
  checkOptionNames('warpAffine', options, optionNames);
  check(
    images.dtype === 'rgba8' && images.shape.length === 4 && images.shape[3] === 4,
    'warpAffine',
    () => `images must be rgba8 [count, height, width, 4], not ${images.dtype} ${formatShape(images.shape)}`,
  );
  const [count, sourceHeight, sourceWidth] = images.shape as [number, number, number, number];
  const n = matrices.shape[0]!;
  check(
    matrices.dtype === 'f32' &&
      matrices.shape.length === 3 &&
      matrices.shape[1] === 2 &&
      matrices.shape[2] === 3,
    'warpAffine',
    () => `matrices must be f32 [n, 2, 3], not ${matrices.dtype} ${formatShape(matrices.shape)}`,
  );
  checkArgument(
    !(isRecording() && (matrices.requiresGradient || matrices.node)),
    'warpAffine',
    () => 'matrices have no gradient here, and these require one; use withoutGradients where none is wanted',
  );
  check(
    sources ? sources.dtype === 'u32' && sources.shape.length === 1 && sources.shape[0] === n : n === count,
    'warpAffine',
    () =>
      sources
        ? `sources must be u32 [${n}] for matrices ${formatShape(matrices.shape)}, not ${sources.dtype} ${formatShape(sources.shape)}`
        : `without sources there is a matrix for each of the ${count} pictures, not ${n}`,
  );
  const { height, width, rounded = false } = options;
  checkArgument(
    [height, width].every((extent) => Number.isInteger(extent) && extent >= 1),
    'warpAffine',
    () => `height and width must be whole numbers from 1, not ${height} and ${width}`,
  );
  const { device } = images;
  if (sources) runtimeOf(device).checkLabels('warpAffine', sources, { classes: count, of: 'pictures' });
  const y = rounded ? device.empty([n, height, width, 4], 'rgba8') : device.empty([n, height, width, 3]);
  const { grid, constants } = elementGrid(device, n * height * width, 1);
  device.within('warpAffine', () =>
    device.dispatch({
      kernel,
      constants: {
        ...constants,
        SOURCES: count,
        SOURCE_HEIGHT: sourceHeight,
        SOURCE_WIDTH: sourceWidth,
        HEIGHT: height,
        WIDTH: width,
      },
      conditions: { rounded, sources: sources !== null },
      bindings: { pixels: images, matrices, y, ...(sources ? { sources } : {}) },
      grid,
      cost: {
        flops: flopsPerPixel * n * height * width,
        bytes: images.bytes + matrices.bytes + (sources?.bytes ?? 0) + y.bytes,
      },
    }),
  );
  return y;
}

const inputs = (
  [count, height, width]: readonly [number, number, number],
  matrices: Partial<InputSpec> & { readonly n?: number } = {},
): readonly InputSpec[] => {
  const { n, ...filled } = matrices;
  return [
    { shape: [count, height, width, 4], kind: 'pixels' },
    { shape: [n ?? count, 2, 3], differentiable: false, ...filled },
    ...(n === undefined ? [] : [{ shape: [n], kind: 'labels', classes: count } as const]),
  ];
};

/** Where a number lies between two bytes, f32 and float64 may round it to different ones: a 255th of the largest. */
const roundedTolerance = { forward: 1.01 / 255, scaledForward: 1e-2 };

/** Positions of several hundred pixels, of which f32 knows no more than 2e-5. */
const farTolerance = { forward: 2e-4 };

const cases: readonly OperatorCase<WarpAffineOptions>[] = [
  { inputs: inputs([2, 7, 5], { scale: 2 }), attributes: { height: 3, width: 4 } },
  { inputs: inputs([1, 1, 1]), attributes: { height: 1, width: 1 } },
  { inputs: inputs([3, 9, 11], { n: 7, scale: 3 }), attributes: { height: 5, width: 6 } },
  {
    inputs: inputs([3, 9, 11], { n: 7, scale: 3 }),
    attributes: { height: 5, width: 6, rounded: true },
    tolerance: roundedTolerance,
  },
  {
    inputs: inputs([5, 6, 4], { kind: 'outliers', scale: 3 }),
    attributes: { height: 4, width: 3 },
    tolerance: farTolerance,
  },
  { inputs: inputs([4, 3, 3], { n: 9, kind: 'extremeRows' }), attributes: { height: 2, width: 3 } },
  { inputs: inputs([2, 3, 3], { scale: 1e25 }), attributes: { height: 2, width: 3, rounded: true } },
  { inputs: inputs([2, 3, 3], { scale: 1e35 }), attributes: { height: 2, width: 3 } },
];

export const warpAffineOperator = defineOperator<WarpAffineOptions>({
  name: 'warpAffine',
  family: 'images',
  apply: ([images, matrices, sources], options) => warpAffine(images!, matrices!, sources ?? null, options),
  reference: ([images, matrices, sources], options) =>
    warpAffineReference(images!, matrices!, sources, options),
  cost: ([images, matrices, sources], { height, width, rounded }) => {
    const pixels = matrices![0]! * height * width;
    const read =
      elementCount(images!) + 4 * (elementCount(matrices!) + (sources ? elementCount(sources) : 0));
    return { flops: flopsPerPixel * pixels, bytes: read + pixels * (rounded ? 4 : 12) };
  },
  cases,
  misuses: [
    {
      inputs: [{ shape: [1, 4, 4, 3] }, { shape: [1, 2, 3] }],
      attributes: { height: 2, width: 2 },
      message: /warpAffine: images must be rgba8 .*not f32 \[1, 4, 4, 3\]/,
    },
    {
      inputs: inputs([2, 4, 4], { shape: [2, 6] }),
      attributes: { height: 2, width: 2 },
      message: /warpAffine: matrices must be f32 \[n, 2, 3\], not f32 \[2, 6\]/,
    },
    {
      inputs: inputs([2, 4, 4], { differentiable: true }),
      attributes: { height: 2, width: 2 },
      message: /warpAffine: matrices have no gradient here/,
    },
    {
      inputs: inputs([2, 4, 4], { shape: [3, 2, 3] }),
      attributes: { height: 2, width: 2 },
      message: /warpAffine: without sources there is a matrix for each of the 2 pictures, not 3/,
    },
    {
      inputs: [...inputs([2, 4, 4], { shape: [3, 2, 3] }), { shape: [2], kind: 'labels', classes: 2 }],
      attributes: { height: 2, width: 2 },
      message: /warpAffine: sources must be u32 \[3\] for matrices \[3, 2, 3\], not u32 \[2\]/,
    },
    {
      inputs: inputs([1, 4, 4]),
      attributes: { height: 0, width: 2.5 },
      message: /warpAffine: height and width must be whole numbers from 1, not 0 and 2\.5/,
    },
  ],
});
