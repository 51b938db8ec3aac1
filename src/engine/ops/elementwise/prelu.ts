import backwardSource from '../../../shaders/elementwise/prelu_backward.wesl';
import forwardSource from '../../../shaders/elementwise/prelu_forward.wesl';
import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { rowChunkGrid } from '../../tuning/grid.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { preluReference } from './prelu.reference.ts';

const forwardKernel = { name: 'prelu_forward', source: forwardSource };
const backwardKernel = { name: 'prelu_backward', source: backwardSource };

/**
 * y = x for x > 0, else slope·x, with one slope per channel (the last dimension) or one for all (He et al. 2015, arXiv 1502.01852,
 * equation 1 and "channel-shared").
 *
 * @param x any shape [..., channels]
 * @param slope [channels] or [1]
 * @throws ShapeError if the slope has neither one value per channel nor one in all
 */
export function prelu(x: Tensor, slope: Tensor): Tensor {
  checkOperands('prelu', x, slope);
  const channels = x.shape.at(-1) ?? 1;
  check(
    slope.shape.length === 1 && (slope.size === channels || slope.size === 1),
    'prelu',
    () =>
      `x ${formatShape(x.shape)} has ${channels} channels, so slope must be [${channels}] or [1], not ${formatShape(slope.shape)}`,
  );
  check(
    isReal(x.dtype) && slope.dtype === 'f32',
    'prelu',
    () => `x must be f32 or f16 and slope f32, not ${x.dtype} and ${slope.dtype}`,
  );
  const { device } = x;
  const { grid, constants, conditions } = rowChunkGrid(device, x.size / channels, channels, false);
  const y = device.empty(x.shape, x.dtype);
  device.within('prelu', () =>
    device.dispatch({
      kernel: forwardKernel,
      constants,
      conditions: { ...conditions, shared: isShared(x, slope) },
      bindings: { x, slope, y },
      grid,
      cost: { flops: x.size, bytes: 8 * x.size },
    }),
  );
  return record(y, {
    operator: 'prelu',
    inputs: [x, slope],
    backward: (dy, into) => {
      const dx = x.requiresGradient ? into(0) : null;
      const dSlope = slope.requiresGradient ? into(1) : null;
      preluBackward(x, slope, dy, { dx, dSlope, dBias: null });
      return [dx, dSlope];
    },
  });
}

/** Whether one slope serves several channels. */
function isShared(x: Tensor, slope: Tensor): boolean {
  return slope.size === 1 && x.shape.at(-1) !== 1;
}

/** Writes the gradients that are wanted: of the input, the slope, and a bias [channels] that was added to the input before. */
export function preluBackward(
  x: Tensor,
  slope: Tensor,
  dy: Tensor,
  {
    dx,
    dSlope,
    dBias,
  }: { readonly dx: Tensor | null; readonly dSlope: Tensor | null; readonly dBias: Tensor | null },
): void {
  const { device } = x;
  const channels = x.shape.at(-1) ?? 1;
  const shared = isShared(x, slope);
  const { rowChunks, grid, constants, conditions } = rowChunkGrid(device, x.size / channels, channels);
  const partial = dSlope && device.empty([rowChunks, channels]);
  const partialBias = dBias && device.empty([rowChunks, channels]);
  device.dispatch({
    kernel: backwardKernel,
    constants,
    conditions: { ...conditions, shared, input: dx !== null, slope: dSlope !== null, bias: dBias !== null },
    bindings: {
      x,
      dy,
      ...(dx || dBias ? { slope } : {}),
      ...(dx ? { dx } : {}),
      ...(partial ? { partial } : {}),
      ...(partialBias ? { partial_bias: partialBias } : {}),
    },
    grid,
    cost: { flops: (dx ? x.size : 0) + (partial ? 2 * x.size : 0), bytes: 4 * x.size * (dx ? 3 : 2) },
  });
  if (dSlope) {
    const perChannel = sumRows(partial!, rowChunks, channels, shared ? device.empty([channels]) : dSlope);
    if (shared) sumRows(perChannel, channels, 1, dSlope);
  }
  if (dBias) sumRows(partialBias!, rowChunks, channels, dBias);
}

export const preluOperator = defineOperator({
  name: 'prelu',
  family: 'activation',
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
    { inputs: [{ shape: [5, 6, 12], kind: 'awayFromZero' }, { shape: [1] }], attributes: {} },
    { inputs: [{ shape: [70, 7], kind: 'awayFromZero' }, { shape: [1] }], attributes: {} },
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
