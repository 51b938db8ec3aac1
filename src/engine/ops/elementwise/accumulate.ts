import source from '../../../shaders/elementwise/accumulate.wesl';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';

const kernel = { name: 'accumulate', source };

/** sum += x, or sum = x where `add` is false. In place; both have the same number of elements. */
export function accumulate(sum: Tensor, x: Tensor, add: boolean): void {
  const { grid, constants, conditions } = elementGrid(x.device, x.size);
  sum.device.dispatch({
    kernel,
    constants,
    conditions: { ...conditions, add },
    bindings: { x, sum },
    grid,
    cost: { flops: add ? x.size : 0, bytes: (add ? 12 : 8) * x.size },
  });
}

/** A tensor with the same contents. */
export function copyOf(x: Tensor): Tensor {
  const y = x.device.empty(x.shape, x.dtype);
  accumulate(y, x, false);
  return y;
}
