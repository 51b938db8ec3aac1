import type { Tensor } from '../../core/tensor.ts';
import { elementwise } from './elementwise.ts';

/** a·b, element by element; shapes broadcast as in numpy. @throws ShapeError if they do not, or an operand is neither f32 nor f16 */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return elementwise('multiply', [a, b], {});
}
