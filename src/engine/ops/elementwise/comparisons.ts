import type { Tensor } from '../../core/tensor.ts';
import { elementwise } from './elementwise.ts';

// Results are ones and zeros, f16 where all operands are and else f32, for `where` or to be multiplied by, and have no gradient. Operands
// must be f32 or f16 with shapes that broadcast as in numpy, or a ShapeError is thrown.

/** 1 where a = b, else 0; a NaN equals nothing. */
export function equal(a: Tensor, b: Tensor): Tensor {
  return elementwise('equal', [a, b], {});
}

/** 1 where a ≠ b, else 0; a NaN differs from everything. */
export function notEqual(a: Tensor, b: Tensor): Tensor {
  return elementwise('notEqual', [a, b], {});
}

/** 1 where a < b, else 0, also with NaN. */
export function less(a: Tensor, b: Tensor): Tensor {
  return elementwise('less', [a, b], {});
}

/** 1 where a ≤ b, else 0, also with NaN. */
export function lessEqual(a: Tensor, b: Tensor): Tensor {
  return elementwise('lessEqual', [a, b], {});
}

/** 1 where a > b, else 0, also with NaN. */
export function greater(a: Tensor, b: Tensor): Tensor {
  return elementwise('greater', [a, b], {});
}

/** 1 where a ≥ b, else 0, also with NaN. */
export function greaterEqual(a: Tensor, b: Tensor): Tensor {
  return elementwise('greaterEqual', [a, b], {});
}

/**
 * a where the condition is not 0 (a NaN is not), else b; shapes broadcast as in numpy. The gradient goes to the chosen one; the
 * condition has none.
 *
 * @throws ShapeError if the shapes do not broadcast, or an operand is neither f32 nor f16
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return elementwise('where', [condition, a, b], {});
}
