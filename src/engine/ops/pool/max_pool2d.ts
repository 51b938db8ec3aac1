import forwardSource from '../../../shaders/pool/max_pool2d_forward.wesl';
import gradInputSource from '../../../shaders/pool/max_pool2d_grad_input.wesl';
import { record } from '../../core/autograd.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { channelsAtOnce } from '../../tuning/grid.ts';
import { maxPool2dReference } from './max_pool2d.reference.ts';
import {
  type Pool2dGeometry,
  type Pool2dOptions,
  pool2dGeometry,
  pool2dOptions,
  poolGrid,
} from './pool_geometry.ts';

const forwardKernel = { name: 'max_pool2d_forward', source: forwardSource };
const gradInputKernel = { name: 'max_pool2d_grad_input', source: gradInputSource };

/**
 * Maximum over windows of each channel. Padding never is the maximum. Among equal maxima of a window the gradient goes to
 * the first in row-major order.
 *
 * @param x [n, height, width, channels]
 * @returns [n, rows of windows, columns of windows, channels]
 * @throws ArgumentError if the shapes and options do not fit
 */
export function maxPool2d(x: Tensor, options: Pool2dOptions): Tensor {
  checkOperands('maxPool2d', x);
  checkOptionNames('maxPool2d', options, pool2dOptions);
  const geometry = pool2dGeometry('maxPool2d', x, options);
  const y = x.device.empty(
    [x.shape[0]!, geometry.OUT_HEIGHT, geometry.OUT_WIDTH, geometry.CHANNELS],
    x.dtype,
  );
  x.device.within('maxPool2d', () =>
    x.device.dispatch({
      kernel: forwardKernel,
      ...poolGrid(x.device, geometry, y.size),
      bindings: { x, y },
      cost: { flops: y.size * geometry.KERNEL_H * geometry.KERNEL_W, bytes: 4 * (x.size + y.size) },
    }),
  );
  return record(y, {
    operator: 'maxPool2d',
    inputs: [x],
    backward: (dy, into) => [gradInput(x, dy, into(0), geometry)],
  });
}

function gradInput(x: Tensor, dy: Tensor, dx: Tensor, geometry: Pool2dGeometry): Tensor {
  const { HEIGHT, WIDTH, CHANNELS, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_H, PAD_W } = geometry;
  const cellHeight = Math.min(STRIDE_H, 4);
  const cellWidth = Math.min(STRIDE_W, 4);
  const cells = {
    CELL_H: cellHeight,
    CELL_W: cellWidth,
    CELLS_H: Math.ceil((HEIGHT + PAD_H) / cellHeight),
    CELLS_W: Math.ceil((WIDTH + PAD_W) / cellWidth),
  };
  const count = x.shape[0]! * cells.CELLS_H * cells.CELLS_W * CHANNELS;
  const { grid, constants, conditions } = poolGrid(x.device, geometry, count, channelsAtOnce(x.device));
  x.device.dispatch({
    kernel: gradInputKernel,
    constants: { ...constants, ...cells },
    conditions,
    bindings: { x, dy, dx },
    grid,
    cost: { flops: dy.size * KERNEL_H * KERNEL_W, bytes: 4 * (2 * x.size + dy.size) },
  });
  return dx;
}

const fits = { inputs: [{ shape: [1, 4, 4, 1] }] };

export const maxPool2dOperator = defineOperator<Pool2dOptions>({
  name: 'maxPool2d',
  family: 'pooling',
  apply: ([x], options) => maxPool2d(x!, options),
  reference: ([x], options) => maxPool2dReference(x!, options),
  cost: ([shape]) => ({ flops: elementCount(shape!), bytes: 4 * elementCount(shape!) }),
  cases: [
    { inputs: [{ shape: [2, 6, 8, 16], kind: 'distinct' }], attributes: { kernel: 2 } },
    { inputs: [{ shape: [2, 7, 5, 3], kind: 'distinct' }], attributes: { kernel: 2, ceilMode: true } },
    { inputs: [{ shape: [1, 1, 1, 1], kind: 'distinct' }], attributes: { kernel: 1 } },
    {
      inputs: [{ shape: [2, 9, 6, 5], kind: 'distinct', scale: 100 }],
      attributes: { kernel: 3, stride: 2, padding: 1 },
    },
    {
      inputs: [{ shape: [2, 9, 6, 8], kind: 'distinct' }],
      attributes: { kernel: 3, stride: 2, ceilMode: true },
    },
    {
      inputs: [{ shape: [1, 8, 7, 9], kind: 'distinct' }],
      attributes: { kernel: [3, 2], stride: [2, 3], padding: [1, 0], ceilMode: true },
    },
    { inputs: [{ shape: [1, 5, 6, 2], kind: 'distinct' }], attributes: { kernel: 3, stride: 1, padding: 2 } },
    { inputs: [{ shape: [1, 7, 8, 2], kind: 'distinct' }], attributes: { kernel: 2, stride: 3 } },
    {
      inputs: [{ shape: [1, 15, 17, 3], kind: 'distinct' }],
      attributes: { kernel: 7, stride: [6, 5], padding: 3 },
    },
    {
      inputs: [{ shape: [1, 2, 3, 1], kind: 'distinct' }],
      attributes: { kernel: 3, stride: 2, ceilMode: true },
    },
  ],
  misuses: [
    {
      inputs: [{ shape: [4, 4, 1] }],
      attributes: { kernel: 2 },
      message: /maxPool2d: x must be \[n, height, width, channels\], not \[4, 4, 1\]/,
    },
    {
      inputs: [{ shape: [1, 4, 4, 4], kind: 'pixels' }],
      attributes: { kernel: 2 },
      message: /maxPool2d: x must be f32 or f16, not rgba8/,
    },
    { ...fits, attributes: { kernel: 0 }, message: /maxPool2d: kernel and stride are positive integers/ },
    { ...fits, attributes: { kernel: 2, stride: 1.5 }, message: /maxPool2d: kernel and stride are positive/ },
    { ...fits, attributes: { kernel: 2, padding: 2 }, message: /maxPool2d: padding 2, 2 .*kernel 2, 2/ },
    { ...fits, attributes: { kernel: 5 }, message: /maxPool2d: the window of 5 × 5 .*\[1, 4, 4, 1\]/ },
  ],
});
