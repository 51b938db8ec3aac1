import type { Tensor } from '../../core/tensor.ts';
import { matmul } from './matmul.ts';

/**
 * Fully connected layer x·weight + bias.
 *
 * @param x [n, in]
 * @param weight [in, out]
 * @param bias [out] or null
 * @throws ShapeError if the extents do not fit
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return matmul(x, weight, { bias });
}
