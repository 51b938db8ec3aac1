import forwardSource from '../../../shaders/elementwise/relu_forward.wesl';
import gradInputSource from '../../../shaders/elementwise/relu_grad_input.wesl';
import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator, referenceArray } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';

const forwardKernel = { name: 'relu_forward', source: forwardSource };
const gradInputKernel = { name: 'relu_grad_input', source: gradInputSource };

/** y = max(x, 0), element by element. The derivative at 0 is 0. */
export function relu(x: Tensor): Tensor {
  checkOperands('relu', x);
  check(isReal(x.dtype), 'relu', () => `x must be f32 or f16, not ${x.dtype}`);
  const { grid, constants, conditions } = elementGrid(x.device, x.size);
  const y = x.device.empty(x.shape, x.dtype);
  x.device.within('relu', () =>
    x.device.dispatch({
      kernel: forwardKernel,
      constants,
      conditions,
      bindings: { x, y },
      grid,
      cost: { flops: x.size, bytes: 8 * x.size },
    }),
  );
  return record(y, {
    operator: 'relu',
    inputs: [x],
    backward: (dy, into) => [reluGradInput(y, dy, into(0))],
  });
}

/** Writes the gradient of the input to `dx`; for `y` the input serves as well as the output, since only its sign is looked at. */
export function reluGradInput(y: Tensor, dy: Tensor, dx: Tensor): Tensor {
  const { grid, constants, conditions } = elementGrid(y.device, y.size);
  y.device.dispatch({
    kernel: gradInputKernel,
    constants,
    conditions,
    bindings: { y, dy, dx },
    grid,
    cost: { flops: y.size, bytes: 12 * y.size },
  });
  return dx;
}

export const reluOperator = defineOperator({
  name: 'relu',
  family: 'activation',
  apply: ([x]) => relu(x!),
  reference: ([x]) => referenceArray(x!.shape, (i) => Math.max(x!.data[i]!, 0)),
  cost: ([shape]) => ({ flops: elementCount(shape!), bytes: 8 * elementCount(shape!) }),
  cases: [
    { inputs: [{ shape: [2, 3, 5, 7], kind: 'awayFromZero' }], attributes: {} },
    { inputs: [{ shape: [9, 12], kind: 'awayFromZero' }], attributes: {} },
    { inputs: [{ shape: [], kind: 'awayFromZero' }], attributes: {} },
    { inputs: [{ shape: [129, 33], kind: 'awayFromZero', scale: 1e6 }], attributes: {} },
  ],
  misuses: [
    {
      inputs: [{ shape: [2], kind: 'labels', classes: 2 }],
      attributes: {},
      message: /relu: x must be f32 or f16, not u32/,
    },
  ],
});
