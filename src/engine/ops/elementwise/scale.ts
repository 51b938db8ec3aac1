import { showValue } from '../../../common/show-value.ts';
import source from '../../../shaders/elementwise/scale.wesl';
import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check, checkArgument } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator, referenceArray } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';

const kernel = { name: 'scale', source };

/** factor·x with a number known when the step is built. For a learnt factor use `multiply`. */
export function scale(x: Tensor, factor: number): Tensor {
  checkOperands('scale', x);
  check(isReal(x.dtype), 'scale', () => `x must be f32 or f16, not ${x.dtype}`);
  checkArgument(
    Number.isFinite(Math.fround(factor)),
    'scale',
    () => `the factor must be a finite f32 number, not ${showValue(factor)}`,
  );
  const { grid, constants, conditions } = elementGrid(x.device, x.size);
  const y = x.device.empty(x.shape, x.dtype);
  x.device.within('scale', () =>
    x.device.dispatch({
      kernel,
      constants: { ...constants, FACTOR: factor },
      conditions,
      bindings: { x, y },
      grid,
      cost: { flops: x.size, bytes: 8 * x.size },
    }),
  );
  return record(y, { operator: 'scale', inputs: [x], backward: (dy) => [scale(dy, factor)] });
}

export const scaleOperator = defineOperator<{ factor: number }>({
  name: 'scale',
  apply: ([x], { factor }) => scale(x!, factor),
  reference: ([x], { factor }) => referenceArray(x!.shape, (i) => factor * x!.data[i]!),
  cost: ([shape]) => {
    const size = elementCount(shape!);
    return { flops: size, bytes: 8 * size };
  },
  cases: [
    { inputs: [{ shape: [5, 13], kind: 'outliers' }], attributes: { factor: -0.25 } },
    { inputs: [{ shape: [] }], attributes: { factor: 3 } },
    { inputs: [{ shape: [3] }], attributes: { factor: 1e20 } },
    { inputs: [{ shape: [3] }], attributes: { factor: -1e-30 } },
  ],
  misuses: [
    { inputs: [{ shape: [2] }], attributes: { factor: Number.NaN }, message: /scale: .*finite.*NaN/ },
    { inputs: [{ shape: [2] }], attributes: { factor: 1e39 }, message: /scale: .*finite.*1e\+39/ },
  ],
});
