import broadcastSource from '../../../shaders/elementwise/broadcast_scalar.wesl';
import partialSource from '../../../shaders/reduce/sum_partial.wesl';
import { record } from '../../core/autograd.ts';
import { check } from '../../core/errors.ts';
import { defineOperator, referenceArray } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';

const partialKernel = { name: 'sum_partial', source: partialSource };
const broadcastKernel = { name: 'broadcast_scalar', source: broadcastSource };

/** Sum of all elements, a scalar. The order of additions is fixed. */
export function sum(x: Tensor): Tensor {
  return reduce('sum', x, 1);
}

/** Mean of all elements, a scalar. */
export function mean(x: Tensor): Tensor {
  return reduce('mean', x, 1 / x.size);
}

function reduce(operator: string, x: Tensor, factor: number): Tensor {
  check(x.dtype === 'f32', operator, () => `x must be f32, not ${x.dtype}`);
  const y = x.device.within(operator, () => sumInto(x, x.device.empty([]), factor));
  return record(y, { operator, inputs: [x], backward: (dy) => [broadcast(dy, x, factor)] });
}

/** Writes factor·Σx to a tensor of one element. */
export function sumInto(x: Tensor, output: Tensor, factor = 1): Tensor {
  const { settings } = x.device;
  const workgroup = settings.choose('WORKGROUP', 64, 'one or two subgroups of any GPU');
  const perInvocation = settings.choose('PER_INVOCATION', 16, 'longer sums need fewer stages');
  const chunks = Math.ceil(x.size / (workgroup * perInvocation));
  const partial = chunks === 1 ? output : x.device.empty([chunks]);
  x.device.dispatch({
    kernel: partialKernel,
    constants: {
      SIZE: x.size,
      WORKGROUP: workgroup,
      PER_INVOCATION: perInvocation,
      FACTOR: chunks === 1 ? factor : 1,
    },
    bindings: { x, partial },
    grid: [chunks, 1, 1],
    cost: { flops: x.size, bytes: 4 * (x.size + chunks) },
  });
  return chunks === 1 ? output : sumInto(partial, output, factor);
}

function broadcast(dy: Tensor, like: Tensor, factor: number): Tensor {
  const { grid, constants, conditions } = elementGrid(like.device, like.size);
  const dx = like.device.empty(like.shape);
  like.device.dispatch({
    kernel: broadcastKernel,
    constants: { ...constants, FACTOR: factor },
    conditions,
    bindings: { x: dy, y: dx },
    grid,
    cost: { flops: like.size, bytes: 4 * like.size },
  });
  return dx;
}

const reduction = (name: 'sum' | 'mean', apply: (x: Tensor) => Tensor) =>
  defineOperator({
    name,
    apply: ([x]) => apply(x!),
    reference: ([x]) => {
      const total = x!.data.reduce((a, b) => a + b, 0);
      return referenceArray([], () => (name === 'sum' ? total : total / x!.data.length));
    },
    cost: ([shape]) => {
      const size = elementCount(shape!);
      return { flops: size, bytes: 4 * size };
    },
    cases: [
      { inputs: [{ shape: [3, 5, 7], kind: 'positive' }], attributes: {} },
      { inputs: [{ shape: [] }], attributes: {} },
      { inputs: [{ shape: [2051, 33], kind: 'positive' }], attributes: {} },
    ],
    misuses: [
      { inputs: [{ shape: [2], kind: 'labels', classes: 2 }], attributes: {}, message: /f32, not u32/ },
    ],
  });

export const sumOperator = reduction('sum', sum);
export const meanOperator = reduction('mean', mean);
