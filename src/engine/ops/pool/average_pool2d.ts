import forwardSource from '../../../shaders/pool/average_pool2d_forward.wesl';
import gradInputSource from '../../../shaders/pool/average_pool2d_grad_input.wesl';
import { record } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Device, Tensor } from '../../core/tensor.ts';
import { reshape } from '../shape/reshape.ts';
import { averagePool2dReference } from './average_pool2d.reference.ts';
import {
  type Pool2dGeometry,
  type Pool2dOptions,
  pool2dGeometry,
  pool2dOptions,
  poolGrid,
} from './pool_geometry.ts';

const forwardKernel = { name: 'average_pool2d_forward', source: forwardSource };
const gradInputKernel = { name: 'average_pool2d_grad_input', source: gradInputSource };

export interface AveragePool2dOptions extends Pool2dOptions {
  /** Whether the divisor counts the pixels of a window on the padding, whose values are zeros. Default true, as Caffe does. */
  readonly countPadding?: boolean;
}

const optionNames: OptionNames<AveragePool2dOptions> = { ...pool2dOptions, countPadding: true };

/**
 * Mean over windows of each channel. The divisor is Caffe's: the pixels of the window on the image and on its padding (which
 * counts as zeros), but not those that hang over the padding in ceil mode; without `countPadding` those on the image alone
 * (PyTorch's count_include_pad=False).
 *
 * @param x [n, height, width, channels]
 * @returns [n, rows of windows, columns of windows, channels]
 * @throws ArgumentError if the shapes and options do not fit
 */
export function averagePool2d(x: Tensor, options: AveragePool2dOptions): Tensor {
  return pool('averagePool2d', x, options);
}

/**
 * Mean over all pixels of each channel.
 *
 * @param x [n, height, width, channels]
 * @returns [n, channels]
 */
export function globalAveragePool(x: Tensor): Tensor {
  checkOperands('globalAveragePool', x);
  check(
    x.shape.length === 4,
    'globalAveragePool',
    () => `x must be [n, height, width, channels], not ${formatShape(x.shape)}`,
  );
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  return reshape(pool('globalAveragePool', x, { kernel: [height, width] }), [n, channels]);
}

function pool(operator: string, x: Tensor, options: AveragePool2dOptions): Tensor {
  checkOperands(operator, x);
  checkOptionNames(operator, options, optionNames);
  const geometry = pool2dGeometry(operator, x, options);
  const { countPadding = true } = options;
  const y = x.device.empty(
    [x.shape[0]!, geometry.OUT_HEIGHT, geometry.OUT_WIDTH, geometry.CHANNELS],
    x.dtype,
  );
  x.device.within(operator, () =>
    x.device.dispatch({
      kernel: forwardKernel,
      ...averageGrid(x.device, geometry, y.size, countPadding),
      bindings: { x, y },
      cost: { flops: y.size * (geometry.KERNEL_H * geometry.KERNEL_W + 1), bytes: 4 * (x.size + y.size) },
    }),
  );
  return record(y, {
    operator,
    inputs: [x],
    backward: (dy, into) => [gradInput(dy, into(0), geometry, countPadding)],
  });
}

function averageGrid(device: Device, geometry: Pool2dGeometry, size: number, countPadding: boolean) {
  const { conditions, ...grid } = poolGrid(device, geometry, size);
  return { ...grid, conditions: { ...conditions, count_padding: countPadding } };
}

function gradInput(dy: Tensor, dx: Tensor, geometry: Pool2dGeometry, countPadding: boolean): Tensor {
  const windows = {
    WINDOWS_H: Math.ceil(geometry.KERNEL_H / geometry.STRIDE_H),
    WINDOWS_W: Math.ceil(geometry.KERNEL_W / geometry.STRIDE_W),
  };
  const { grid, constants, conditions } = averageGrid(dx.device, geometry, dx.size, countPadding);
  dx.device.dispatch({
    kernel: gradInputKernel,
    constants: { ...constants, ...windows },
    conditions,
    bindings: { dy, dx },
    grid,
    cost: { flops: 2 * dx.size * windows.WINDOWS_H * windows.WINDOWS_W, bytes: 4 * (dx.size + dy.size) },
  });
  return dx;
}

export const averagePool2dOperator = defineOperator<AveragePool2dOptions>({
  name: 'averagePool2d',
  family: 'pooling',
  apply: ([x], options) => averagePool2d(x!, options),
  reference: ([x], options) => averagePool2dReference(x!, options),
  cost: ([shape]) => ({ flops: elementCount(shape!), bytes: 4 * elementCount(shape!) }),
  cases: [
    { inputs: [{ shape: [2, 6, 8, 16] }], attributes: { kernel: 2 } },
    { inputs: [{ shape: [2, 7, 5, 3], kind: 'outliers' }], attributes: { kernel: 2, ceilMode: true } },
    { inputs: [{ shape: [1, 1, 1, 1] }], attributes: { kernel: 1 } },
    { inputs: [{ shape: [2, 9, 6, 5] }], attributes: { kernel: 3, stride: 2, padding: 1, ceilMode: true } },
    {
      inputs: [{ shape: [1, 8, 7, 9] }],
      attributes: { kernel: [3, 2], stride: [2, 3], padding: [1, 0], ceilMode: true },
    },
    {
      inputs: [{ shape: [2, 9, 6, 8] }],
      attributes: { kernel: 3, stride: 2, padding: 1, ceilMode: true },
    },
    { inputs: [{ shape: [1, 5, 6, 2] }], attributes: { kernel: 3, stride: 1, padding: 2 } },
    { inputs: [{ shape: [1, 7, 8, 2] }], attributes: { kernel: 2, stride: 3 } },
    {
      inputs: [{ shape: [2, 5, 6, 4] }],
      attributes: { kernel: 3, stride: 1, padding: 1, countPadding: false },
    },
    {
      inputs: [{ shape: [1, 8, 7, 9] }],
      attributes: { kernel: [3, 2], stride: [2, 3], padding: [2, 1], ceilMode: true, countPadding: false },
    },
  ],
  misuses: [
    { inputs: [{ shape: [4, 4] }], attributes: { kernel: 2 }, message: /averagePool2d: x must .*\[4, 4\]/ },
    {
      inputs: [{ shape: [1, 4, 4, 1] }],
      attributes: { kernel: 3, padding: -1 },
      message: /averagePool2d: padding -1, -1/,
    },
  ],
});

export const globalAveragePoolOperator = defineOperator({
  name: 'globalAveragePool',
  family: 'pooling',
  apply: ([x]) => globalAveragePool(x!),
  reference: ([x]) => {
    const [n, height, width, channels] = x!.shape as [number, number, number, number];
    return { shape: [n, channels], data: averagePool2dReference(x!, { kernel: [height, width] }).data };
  },
  cost: ([shape]) => ({ flops: elementCount(shape!), bytes: 4 * elementCount(shape!) }),
  cases: [
    { inputs: [{ shape: [3, 7, 6, 33] }], attributes: {} },
    { inputs: [{ shape: [2, 1, 1, 5], kind: 'outliers' }], attributes: {} },
    { inputs: [{ shape: [1, 41, 53, 1], kind: 'positive' }], attributes: {} },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }],
      attributes: {},
      message: /globalAveragePool: x must be \[n, height, width, channels\], not \[2, 3\]/,
    },
    {
      inputs: [{ shape: [1, 2, 2, 4], kind: 'pixels' }],
      attributes: {},
      message: /globalAveragePool: x must be f32 or f16, not rgba8/,
    },
  ],
});
