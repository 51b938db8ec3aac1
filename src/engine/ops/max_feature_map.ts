import forwardSource from '../../shaders/max_feature_map_forward.wgsl';
import gradInputSource from '../../shaders/max_feature_map_grad_input.wgsl';
import { record } from '../autograd.ts';
import { check, formatShape } from '../errors.ts';
import { elementGrid } from '../grid.ts';
import { defineOperator } from '../operator.ts';
import { maxFeatureMapReference } from '../reference/max_feature_map.ts';
import { elementCount, type Tensor } from '../tensor.ts';

const forwardKernel = { name: 'max_feature_map_forward', source: forwardSource };
const gradInputKernel = { name: 'max_feature_map_grad_input', source: gradInputSource };

/**
 * Element-wise maximum of the two halves of the channels (Wu et al. 2018, "A Light CNN for Deep Face Representation with
 * Noisy Labels", equation 5). Where both are equal the gradient goes to the first half.
 *
 * @param x [..., 2·channels]
 * @returns [..., channels]
 * @throws ShapeError if the number of channels is odd
 */
export function maxFeatureMap(x: Tensor): Tensor {
  const channels = (x.shape.at(-1) ?? 1) / 2;
  check(
    Number.isInteger(channels),
    'maxFeatureMap',
    () => `x ${formatShape(x.shape)} must have an even number of channels (its last dimension)`,
  );
  check(x.dtype === 'f32', 'maxFeatureMap', () => `x must be f32, not ${x.dtype}`);
  const y = x.device.empty([...x.shape.slice(0, -1), channels]);
  const { grid, constants, conditions } = elementGrid(x.device, y.size, channels);
  x.device.within('maxFeatureMap', () =>
    x.device.dispatch({
      kernel: forwardKernel,
      constants: { ...constants, CHANNELS: conditions.vec4 ? channels / 4 : channels },
      conditions,
      bindings: { x, y },
      grid,
      cost: { flops: y.size, bytes: 12 * y.size },
    }),
  );
  return record(y, {
    operator: 'maxFeatureMap',
    inputs: [x],
    backward: (dy, into) => [gradInput(x, dy, into(0), channels)],
  });
}

function gradInput(x: Tensor, dy: Tensor, dx: Tensor, channels: number): Tensor {
  const { grid, constants, conditions } = elementGrid(x.device, dy.size, channels);
  x.device.dispatch({
    kernel: gradInputKernel,
    constants: { ...constants, CHANNELS: conditions.vec4 ? channels / 4 : channels },
    conditions,
    bindings: { x, dy, dx },
    grid,
    cost: { flops: dy.size, bytes: 20 * dy.size },
  });
  return dx;
}

export const maxFeatureMapOperator = defineOperator({
  name: 'maxFeatureMap',
  apply: ([x]) => maxFeatureMap(x!),
  reference: ([x]) => maxFeatureMapReference(x!),
  cost: ([shape]) => ({ flops: elementCount(shape!) / 2, bytes: 6 * elementCount(shape!) }),
  cases: [
    { inputs: [{ shape: [2, 3, 5, 14], kind: 'distinct' }], attributes: {} },
    { inputs: [{ shape: [3, 5, 16], kind: 'distinct' }], attributes: {} },
    { inputs: [{ shape: [2], kind: 'distinct' }], attributes: {} },
    { inputs: [{ shape: [131, 66], kind: 'distinct', scale: 100 }], attributes: {} },
  ],
  misuses: [
    { inputs: [{ shape: [2, 5] }], attributes: {}, message: /maxFeatureMap: x \[2, 5\] .*even/ },
    { inputs: [{ shape: [] }], attributes: {}, message: /maxFeatureMap: x \[\] .*even/ },
    {
      inputs: [{ shape: [2], kind: 'labels', classes: 2 }],
      attributes: {},
      message: /maxFeatureMap: x must be f32, not u32/,
    },
  ],
});
