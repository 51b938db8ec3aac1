/** Windows of a file's convolutions and pools as the settings of layers. */

import { ArgumentError } from '../../engine/core/errors.ts';
import { type Pool2dOptions, pool2dGeometry } from '../../engine/ops/pool/pool_geometry.ts';
import type { Operation, Sides } from './model-file.ts';

type Pool = Extract<Operation, { kind: 'maxPool' | 'averagePool' }>;
type Windowed = Pool | Extract<Operation, { kind: 'conv' }>;

/** One number where both are the same. */
export const oneOrTwo = ([vertical, horizontal]: readonly [number, number]) =>
  vertical === horizontal ? vertical : ([vertical, horizontal] as const);

/** One number where all are the same. */
export const oneOrFour = (sides: Sides): number | Sides =>
  sides.every((side) => side === sides[0]) ? sides[0] : sides;

/**
 * The padding of an image, [top, bottom, left, right]. `same` is that of TensorFlow and ONNX: so much that there are
 * ⌈extent / stride⌉ windows, an odd row or column at the end (`upper`) or at the beginning (`lower`).
 *
 * @param extents [height, width]
 */
export function paddingOf(operation: Windowed, extents: readonly [number, number]): Sides {
  const { kernel, stride, padding, same } = operation;
  if (!same) return padding;
  const dilation = operation.kind === 'conv' ? operation.dilation : [1, 1];
  const [top, bottom, left, right] = [0, 1].flatMap((d) => {
    const reach = dilation[d]! * (kernel[d]! - 1) + 1;
    const windows = Math.ceil(extents[d]! / stride[d]!);
    const total = Math.max(0, (windows - 1) * stride[d]! + reach - extents[d]!);
    const less = Math.floor(total / 2);
    return same === 'upper' ? [less, total - less] : [total - less, less];
  }) as [number, number, number, number];
  return [top, bottom, left, right];
}

/**
 * The settings of a pool that gives the same numbers, or undefined where none does. A pool here is padded by as much at the end as at
 * the beginning, and may round its number of windows up. That is enough where padding counts for nothing: then only the number of
 * windows matters.
 *
 * @param input [height, width, channels]
 */
export function poolSettings(
  operation: Pool,
  input: readonly [number, number, number],
): (Pool2dOptions & { readonly countPadding?: boolean }) | undefined {
  const { kernel, stride } = operation;
  const [top, bottom, left, right] = paddingOf(operation, [input[0], input[1]]);
  const countsPadding = operation.kind === 'averagePool' && operation.countPadding;
  const isSymmetric = top === bottom && left === right;
  if (countsPadding && !isSymmetric) return undefined;
  const wanted = [
    windows(input[0], kernel[0], stride[0], top, bottom, operation.ceilMode),
    windows(input[1], kernel[1], stride[1], left, right, operation.ceilMode),
  ];
  const settings = {
    kernel: oneOrTwo(kernel),
    ...((stride[0] !== kernel[0] || stride[1] !== kernel[1]) && { stride: oneOrTwo(stride) }),
    ...((top > 0 || left > 0) && { padding: oneOrTwo([top, left]) }),
    ...(operation.kind === 'averagePool' && !countsPadding && { countPadding: false }),
  };
  return [settings, { ...settings, ceilMode: true }].find(({ countPadding: _, ...pool }) => {
    try {
      const geometry = pool2dGeometry(operation.kind, { shape: [1, ...input], dtype: 'f32' }, pool);
      return geometry.OUT_HEIGHT === wanted[0] && geometry.OUT_WIDTH === wanted[1];
    } catch (error) {
      if (error instanceof ArgumentError) return false;
      throw error;
    }
  });
}

/** How many windows the file means: rounded up, those are left out that begin beyond the image and its leading padding. */
function windows(
  extent: number,
  kernel: number,
  stride: number,
  before: number,
  after: number,
  ceilMode: boolean,
): number {
  const steps = (extent + before + after - kernel) / stride;
  const count = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return ceilMode && (count - 1) * stride >= extent + before ? count - 1 : count;
}
