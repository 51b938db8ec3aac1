import source from '../../../shaders/elementwise/fill.wesl';
import { defineOperator, referenceArray } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';

const kernel = { name: 'fill', source };

/** Sets every element of a tensor of real numbers, in place. */
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

export const fillOperator = defineOperator<{ readonly value: number }>({
  name: 'fill',
  apply: ([x], { value }) => {
    const y = x!.device.empty(x!.shape);
    fill(y, value);
    return y;
  },
  reference: ([x], { value }) => referenceArray(x!.shape, () => value),
  cost: ([x]) => ({ flops: 0, bytes: 4 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [1003], differentiable: false }], attributes: { value: 2.5 } }],
  misuses: [],
});
