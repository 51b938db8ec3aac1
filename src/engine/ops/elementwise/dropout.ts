import { showValue } from '../../../common/show-value.ts';
import source from '../../../shaders/elementwise/dropout.wesl';
import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check, checkArgument } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { dropoutReference } from './dropout.reference.ts';

const kernel = { name: 'dropout', source };

/**
 * Zeroes each element with probability `rate` and divides the others by 1 − rate (Srivastava et al. 2014, with the scaling
 * moved to training), so that a net without it predicts with the same weights. For training only: to evaluate, leave it out.
 * Which elements are zeroed follows from {@link Device.setRandom}: call it before every step,
 * and not between a forward pass and its backward pass, which draws the same bits again. Where x is a part of a batch, of which
 * `setRandom` has been told the first row, these are the bits that its rows draw in the whole batch.
 *
 * @param rate 0 ≤ rate < 1, rounded down to a multiple of 2⁻²⁴
 */
export function dropout(x: Tensor, rate: number): Tensor {
  checkOperands('dropout', x);
  checkArgument(
    rate >= 0 && rate < 1,
    'dropout',
    () => `the rate must be at least 0 and less than 1, not ${showValue(rate)}`,
  );
  check(isReal(x.dtype), 'dropout', () => `x must be f32 or f16, not ${x.dtype}`);
  const stream = runtimeOf(x.device).random.nextStream();
  const y = x.device.within('dropout', () => drop(x, rate, stream, x.device.empty(x.shape, x.dtype)));
  return record(y, {
    operator: 'dropout',
    inputs: [x],
    backward: (dy, into) => [drop(dy, rate, stream, into(0))],
  });
}

function drop(x: Tensor, rate: number, stream: number, y: Tensor): Tensor {
  const { grid, constants } = elementGrid(x.device, x.size, 1);
  x.device.dispatch({
    kernel,
    constants: {
      ...constants,
      STREAM: stream,
      THRESHOLD: Math.floor(rate * 2 ** 24),
      SCALE: 1 / (1 - rate),
      ROW: elementCount(x.shape.slice(1)),
    },
    bindings: { x, random: runtimeOf(x.device).random.tensor, y },
    grid,
    cost: { flops: x.size, bytes: 8 * x.size },
  });
  return y;
}

interface DropoutAttributes {
  readonly rate: number;
  readonly seed: number;
  readonly step: number;
  readonly firstRow?: number;
}

export const dropoutOperator = defineOperator<DropoutAttributes>({
  name: 'dropout',
  family: 'random',
  apply: ([x], { rate, seed, step, firstRow }) => {
    x!.device.setRandom(seed, step, firstRow);
    return dropout(x!, rate);
  },
  reference: ([x], { rate, ...state }) => dropoutReference(x!, rate, state),
  cost: ([shape]) => ({ flops: elementCount(shape!), bytes: 8 * elementCount(shape!) }),
  cases: [
    { inputs: [{ shape: [2, 3, 5, 7] }], attributes: { rate: 0.5, seed: 1, step: 0 } },
    {
      inputs: [{ shape: [129, 33], kind: 'outliers' }],
      attributes: { rate: 0.1, seed: 0xfedcba98, step: 1_000_003 },
    },
    { inputs: [{ shape: [11] }], attributes: { rate: 0, seed: 1, step: 2 } },
    { inputs: [{ shape: [] }], attributes: { rate: 0.3, seed: 4, step: 2 } },
    { inputs: [{ shape: [2, 3, 5, 7] }], attributes: { rate: 0.5, seed: 1, step: 0, firstRow: 3 } },
    // The counter passes 2³².
    { inputs: [{ shape: [129, 33] }], attributes: { rate: 0.5, seed: 2, step: 1, firstRow: 130_150_463 } },
  ],
  misuses: [
    {
      inputs: [{ shape: [2] }],
      attributes: { rate: 1, seed: 0, step: 0 },
      message: /dropout: the rate .*less than 1, not 1/,
    },
    {
      inputs: [{ shape: [2] }],
      attributes: { rate: Number.NaN, seed: 0, step: 0 },
      message: /dropout: the rate .*not NaN/,
    },
    {
      inputs: [{ shape: [2], kind: 'labels', classes: 2 }],
      attributes: { rate: 0.5, seed: 0, step: 0 },
      message: /dropout: x must be f32 or f16, not u32/,
    },
  ],
});
