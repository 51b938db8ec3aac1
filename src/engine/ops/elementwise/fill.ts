import source from '../../../shaders/elementwise/fill.wesl';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';

const kernel = { name: 'fill', source };

/** Sets every element of an f32 tensor, in place. */
export function fill(x: Tensor, value: number): void {
  const { grid, constants, conditions } = elementGrid(x.device, x.size);
  x.device.dispatch({
    kernel,
    constants: { ...constants, VALUE: value },
    conditions,
    bindings: { x },
    grid,
    cost: { flops: 0, bytes: 4 * x.size },
  });
}
