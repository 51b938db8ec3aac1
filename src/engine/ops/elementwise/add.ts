import type { Tensor } from '../../core/tensor.ts';
import { elementwise } from './elementwise.ts';
import type { AddOptions } from './options.ts';

/**
 * alpha·a + beta·b, element by element; shapes broadcast as in numpy.
 *
 * @throws ShapeError if the shapes do not broadcast, or an operand is neither f32 nor f16
 */
export function add(a: Tensor, b: Tensor, options: AddOptions = {}): Tensor {
  return elementwise('add', [a, b], options);
}
