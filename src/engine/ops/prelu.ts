import forwardSource from '../../shaders/prelu_forward.wgsl';
import gradInputSource from '../../shaders/prelu_grad_input.wgsl';
import gradSlopeSource from '../../shaders/prelu_grad_slope.wgsl';
import { record } from '../autograd.ts';
import { check, formatShape } from '../errors.ts';
import { linearGrid } from '../grid.ts';
import { defineOperator } from '../operator.ts';
import { preluReference } from '../reference/prelu.ts';
import { elementCount, type Tensor } from '../tensor.ts';
import { rowReduction, sumRows } from './sum_rows.ts';

const forwardKernel = { name: 'prelu_forward', source: forwardSource };
const gradInputKernel = { name: 'prelu_grad_input', source: gradInputSource };
const gradSlopeKernel = { name: 'prelu_grad_slope', source: gradSlopeSource };

/**
 * y = x for x > 0, else slope·x, with one slope a channel (the last dimension).
 *
 * @param x any shape [..., channels]
 * @param slope [channels]
 * @throws ShapeError if the slope does not have one value a channel
 */
export function prelu(x: Tensor, slope: Tensor): Tensor {
  const channels = x.shape.at(-1) ?? 1;
  check(
    slope.shape.length === 1 && slope.shape[0] === channels,
    'prelu',
    () =>
      `x ${formatShape(x.shape)} has ${channels} channels, so slope must be [${channels}], not ${formatShape(slope.shape)}`,
  );
  check(
    x.dtype === 'f32' && slope.dtype === 'f32',
    'prelu',
    () => `x and slope must be f32, not ${x.dtype} and ${slope.dtype}`,
  );
  const { device } = x;
  const { grid, constants } = linearGrid(x.size);
  const y = device.empty(x.shape);
  device.within('prelu', () =>
    device.dispatch({
      kernel: forwardKernel,
      constants: { ...constants, CHANNELS: channels },
      bindings: { x, slope, y },
      grid,
      cost: { flops: x.size, bytes: 8 * x.size },
    }),
  );
  return record(y, {
    operator: 'prelu',
    inputs: [x, slope],
    backward: (dy, into) => [
      x.requiresGradient ? gradInput(x, slope, dy, into(0)) : null,
      slope.requiresGradient ? gradSlope(x, dy, into(1)) : null,
    ],
  });
}

function gradInput(x: Tensor, slope: Tensor, dy: Tensor, dx: Tensor): Tensor {
  const { grid, constants } = linearGrid(x.size);
  x.device.dispatch({
    kernel: gradInputKernel,
    constants: { ...constants, CHANNELS: slope.size },
    bindings: { x, slope, dy, dx },
    grid,
    cost: { flops: x.size, bytes: 12 * x.size },
  });
  return dx;
}

function gradSlope(x: Tensor, dy: Tensor, dslope: Tensor): Tensor {
  const channels = dslope.size;
  const rows = x.size / channels;
  const { chunks, grid, constants } = rowReduction(rows, channels);
  const partial = x.device.empty([chunks, channels]);
  x.device.dispatch({
    kernel: gradSlopeKernel,
    constants: { ...constants, CHANNELS: channels },
    bindings: { x, dy, partial },
    grid,
    cost: { flops: 2 * x.size, bytes: 8 * x.size },
  });
  return sumRows(partial, chunks, channels, dslope);
}

export const preluOperator = defineOperator({
  name: 'prelu',
  apply: ([x, slope]) => prelu(x!, slope!),
  reference: ([x, slope]) => preluReference(x!, slope!),
  cost: ([shape]) => {
    const size = elementCount(shape!);
    return { flops: size, bytes: 8 * size };
  },
  cases: [
    { inputs: [{ shape: [2, 3, 5, 7], kind: 'awayFromZero' }, { shape: [7] }], attributes: {} },
    { inputs: [{ shape: [1, 1], kind: 'awayFromZero' }, { shape: [1] }], attributes: {} },
    {
      inputs: [
        { shape: [300, 33], kind: 'awayFromZero', scale: 100 },
        { shape: [33], kind: 'outliers' },
      ],
      attributes: {},
    },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }, { shape: [2] }],
      attributes: {},
      message: /prelu: x \[2, 3\] has 3 channels.*\[2\]/,
    },
    {
      inputs: [{ shape: [2, 3] }, { shape: [3], kind: 'labels', classes: 2 }],
      attributes: {},
      message: /prelu: .*f32.*u32/,
    },
  ],
});
