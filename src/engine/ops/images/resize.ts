import forwardSource from '../../../shaders/images/resize_forward.wesl';
import gradInputSource from '../../../shaders/images/resize_grad_input.wesl';
import { record } from '../../core/autograd.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { resizeReference } from './resize.reference.ts';

const forwardKernel = { name: 'resize_forward', source: forwardSource };
const gradInputKernel = { name: 'resize_grad_input', source: gradInputSource };

/** The new size of images, and how numbers between pixels come about. */
export interface ResizeOptions {
  /** Extents of the result in pixels, from 1. */
  readonly height: number;
  readonly width: number;
  /** Between the four pixels around a position, or the one nearest to it, of two as near the later. Default bilinear. */
  readonly mode?: 'bilinear' | 'nearest';
  /**
   * true: the corner pixels of both images lie on one another. false: their edges do, and pixels are areas with the position at their
   * centre, as in most image libraries. Default false.
   */
  readonly alignCorners?: boolean;
}

const optionNames: OptionNames<ResizeOptions> = { height: true, width: true, mode: true, alignCorners: true };

/**
 * Images of another size, by interpolation between pixels; a smaller image is not smoothed first.
 *
 * @param x [n, height, width, channels] f32
 * @returns [n, options.height, options.width, channels]
 * @throws ShapeError unless x are images, ArgumentError unless the new extents are whole numbers from 1
 */
export function resize(x: Tensor, options: ResizeOptions): Tensor {
  checkOperands('resize', x);
  checkOptionNames('resize', options, optionNames);
  const { height, width, mode = 'bilinear', alignCorners = false } = options;
  check(
    x.shape.length === 4 && x.dtype === 'f32',
    'resize',
    () => `x must be [n, height, width, channels] f32, not ${formatShape(x.shape)} ${x.dtype}`,
  );
  checkArgument(
    mode === 'bilinear' || mode === 'nearest',
    'resize',
    () => `the mode is bilinear or nearest, not ${String(mode)}`,
  );
  const [n, inHeight, inWidth, channels] = x.shape as [number, number, number, number];
  const pairs = [
    [inHeight, height],
    [inWidth, width],
  ] as const;
  checkArgument(
    // Positions are fractions of u32, with numerators up to 4·extent·extent.
    pairs.every(([from, to]) => Number.isInteger(to) && to >= 1 && 4 * (from + 1) * (to + 1) < 2 ** 32),
    'resize',
    () =>
      `height and width must be whole numbers from 1, with products below 2^30 with those of x ${formatShape(x.shape)}, not ${height} and ${width}`,
  );
  const { device } = x;
  const y = device.empty([n, height, width, channels]);
  const dispatch = (
    kernel: typeof forwardKernel,
    written: Tensor,
    bindings: Readonly<Record<string, Tensor>>,
  ): void => {
    const { grid, constants, conditions } = elementGrid(device, written.size, channels);
    device.dispatch({
      kernel,
      constants: {
        ...constants,
        HEIGHT: inHeight,
        WIDTH: inWidth,
        CHANNELS: conditions.vec4 ? channels / 4 : channels,
        OUT_HEIGHT: height,
        OUT_WIDTH: width,
      },
      conditions: { ...conditions, nearest: mode === 'nearest', align_corners: alignCorners },
      bindings,
      grid,
      cost: { flops: mode === 'nearest' ? 0 : 9 * y.size, bytes: 4 * (x.size + y.size) },
    });
  };
  device.within('resize', () => dispatch(forwardKernel, y, { x, y }));
  return record(y, {
    operator: 'resize',
    inputs: [x],
    backward: (dy, into) => {
      const dx = into(0);
      dispatch(gradInputKernel, dx, { dy, dx });
      return [dx];
    },
  });
}

export const resizeOperator = defineOperator<ResizeOptions>({
  name: 'resize',
  family: 'images',
  apply: ([x], options) => resize(x!, options),
  reference: ([x], options) => resizeReference(x!, options),
  cost: ([shape], { height, width }) => {
    const [n, , , channels] = shape as readonly [number, number, number, number];
    const size = n * height * width * channels;
    return { flops: 9 * size, bytes: 4 * (elementCount(shape!) + size) };
  },
  cases: [
    ...(['bilinear', 'nearest'] as const).flatMap((mode) =>
      [false, true].flatMap((alignCorners) => [
        { inputs: [{ shape: [2, 3, 5, 4] }], attributes: { height: 7, width: 8, mode, alignCorners } },
        { inputs: [{ shape: [1, 9, 8, 3] }], attributes: { height: 4, width: 3, mode, alignCorners } },
      ]),
    ),
    { inputs: [{ shape: [1, 1, 1, 2] }], attributes: { height: 3, width: 5 } },
    { inputs: [{ shape: [1, 4, 5, 1], kind: 'outliers' }], attributes: { height: 1, width: 10 } },
    { inputs: [{ shape: [1, 4, 5, 1] }], attributes: { height: 1, width: 1, alignCorners: true } },
    { inputs: [{ shape: [1, 2, 3, 1] }], attributes: { height: 2, width: 3 } },
  ],
  misuses: [
    {
      inputs: [{ shape: [4, 5, 1] }],
      attributes: { height: 2, width: 2 },
      message: /resize: x must be \[n, height, width, channels\] f32, not \[4, 5, 1\] f32/,
    },
    {
      inputs: [{ shape: [1, 4, 5, 1] }],
      attributes: { height: 0, width: 2 },
      message: /resize: height and width must be whole numbers from 1, .*not 0 and 2/,
    },
    {
      inputs: [{ shape: [1, 4, 5, 1] }],
      attributes: { height: 2, width: 2, mode: 'cubic' as 'nearest' },
      message: /resize: the mode is bilinear or nearest, not cubic/,
    },
  ],
});
