import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check, checkArgument } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import type { Tensor } from '../../core/tensor.ts';
import { accumulate } from './accumulate.ts';

/**
 * The same numbers stored as f16 or f32. To f16 they are rounded: 11 binary digits, from 6·10⁻⁸ to 65504; those beyond become infinite. The
 * gradient is stored like x.
 *
 * @returns x itself where it is stored so
 */
export function cast(x: Tensor, dtype: 'f32' | 'f16'): Tensor {
  checkOperands('cast', x);
  check(isReal(x.dtype), 'cast', () => `x must be f32 or f16, not ${x.dtype}`);
  checkArgument(isReal(dtype), 'cast', () => `real numbers are stored as f32 or f16, not ${String(dtype)}`);
  if (x.dtype === dtype) return x;
  const y = x.device.empty(x.shape, dtype);
  x.device.within('cast', () => accumulate(y, x, false));
  return record(y, {
    operator: 'cast',
    inputs: [x],
    backward: (dy, into) => {
      const dx = into(0);
      accumulate(dx, dy, false);
      return [dx];
    },
  });
}
