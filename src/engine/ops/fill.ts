import source from '../../shaders/fill.wgsl';
import { elementGrid } from '../grid.ts';
import type { Tensor } from '../tensor.ts';

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
