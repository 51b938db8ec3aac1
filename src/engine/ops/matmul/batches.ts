import { check } from '../../core/errors.ts';
import { elementCount, type Shape } from '../../core/shape.ts';
import { type Tensor, viewOf } from '../../core/tensor.ts';
import { reduced } from '../reduce/lines.ts';
import { reduceLines } from '../reduce/reduce.ts';
import { copyStrided, stridesOf } from '../shape/copy_strided.ts';
import { type GemmOptions, gemm } from './gemm.ts';

export const batchOf = ({ shape }: Tensor): Shape => shape.slice(0, -2);

/** Axes of extent 1 in front, so that there are `rank`. */
const padded = (shape: Shape, rank: number): number[] => [
  ...Array.from({ length: rank - shape.length }, () => 1),
  ...shape,
];

/**
 * The batch dimensions of a product, where an extent of 1 goes with any.
 *
 * @param operands the operands' shapes as text, for the message
 * @throws ShapeError if the batches do not fit
 */
export function commonBatch(operator: string, a: Tensor, b: Tensor, operands: () => string): Shape {
  const rank = Math.max(a.shape.length, b.shape.length) - 2;
  const [aBatch, bBatch] = [padded(batchOf(a), rank), padded(batchOf(b), rank)];
  check(
    aBatch.every((extent, axis) => extent === bBatch[axis] || extent === 1 || bBatch[axis] === 1),
    operator,
    () => `${operands()} must have batch dimensions that are equal or 1`,
  );
  return aBatch.map((extent, axis) => Math.max(extent, bBatch[axis]!));
}

/** Matrices below one another, as one matrix: a view. */
function stacked(x: Tensor): Tensor {
  const columns = x.shape.at(-1)!;
  return viewOf(x, [x.size / columns, columns]);
}

/** x with its matrices repeated for every one of a batch. */
function repeated(x: Tensor, batch: Shape): Tensor {
  if (elementCount(batchOf(x)) === elementCount(batch)) return x;
  const shape = [...batch, ...x.shape.slice(-2)];
  const own = padded(x.shape, shape.length);
  const strides = stridesOf(own);
  const y = x.device.empty(shape, x.dtype);
  const dimensions = shape.map((extent, axis) => ({
    extent,
    stride: own[axis] === 1 ? 0 : strides[axis]!,
  }));
  return copyStrided(x, y, dimensions);
}

/** Products of every pair of matrices of two batches to `out` [...batch, m, n]; outside the graph. */
export function batchedProduct(a: Tensor, b: Tensor, options: GemmOptions): Tensor {
  const { transposeA = false, out } = options;
  const batch = batchOf(out);
  // The same b for all: the rows of all a are those of one product.
  if (!transposeA && elementCount(batchOf(b)) === 1 && elementCount(batch) > 1) {
    gemm(stacked(a), stacked(b), { ...options, out: stacked(out) });
  } else gemm(repeated(a, batch), repeated(b, batch), options);
  return out;
}

/**
 * The gradient of an operand of a product, op(a)·op(b) with a, b of {@link batchedProduct}, added up over the products that it takes
 * part in; outside the graph.
 */
export function batchedGradient(a: Tensor, b: Tensor, batch: Shape, options: GemmOptions): Tensor {
  const { out } = options;
  const own = batchOf(out);
  if (elementCount(own) === elementCount(batch)) return batchedProduct(a, b, options);
  const rank = batch.length;
  // One product over the rows of all matrices adds them up by itself.
  const isSum = options.transposeA && !options.transposeB && elementCount(own) === 1;
  if (isSum && [a, b].every((operand) => elementCount(batchOf(operand)) === elementCount(batch)))
    return gemm(stacked(a), stacked(b), { ...options, out: stacked(out) });
  const all = batchedProduct(a, b, { ...options, out: out.device.empty([...batch, ...out.shape.slice(-2)]) });
  const axes = padded(own, rank).flatMap((extent, axis) => (extent < batch[axis]! ? [axis] : []));
  const { x, lines } = reduced('matmul', all, { axes });
  return reduceLines(x, lines, { kind: 'sum' }, out);
}
