import type { Tensor } from '../../core/tensor.ts';
import { elementwise } from './elementwise.ts';

/** a − b, element by element; shapes broadcast as in numpy. @throws ShapeError if they do not, or an operand is neither f32 nor f16 */
export function subtract(a: Tensor, b: Tensor): Tensor {
  return elementwise('subtract', [a, b], {});
}

/** a/b, element by element; shapes broadcast as in numpy. @throws ShapeError if they do not, or an operand is neither f32 nor f16 */
export function divide(a: Tensor, b: Tensor): Tensor {
  return elementwise('divide', [a, b], {});
}

/**
 * The larger of a and b, element by element, NaN if one of them is; shapes broadcast as in numpy. Of equal ones each gets half of the
 * gradient.
 *
 * @throws ShapeError if the shapes do not broadcast, or an operand is neither f32 nor f16
 */
export function maximum(a: Tensor, b: Tensor): Tensor {
  return elementwise('maximum', [a, b], {});
}

/** The smaller of a and b; otherwise as {@link maximum}. */
export function minimum(a: Tensor, b: Tensor): Tensor {
  return elementwise('minimum', [a, b], {});
}

/**
 * a to the power of b, element by element, as JavaScript's `**` has it: a⁰ = 1 for every a, NaN for negative a unless b is whole.
 * Shapes broadcast as in numpy. The gradient by b is NaN for negative a, and 0 for a = 0 with b ≥ 0.
 *
 * @throws ShapeError if the shapes do not broadcast, or an operand is neither f32 nor f16
 */
export function power(a: Tensor, b: Tensor): Tensor {
  return elementwise('power', [a, b], {});
}
