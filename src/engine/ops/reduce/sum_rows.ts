import source from '../../../shaders/reduce/sum_rows.wesl';
import type { Tensor } from '../../core/tensor.ts';
import { rowChunkGrid } from '../../tuning/grid.ts';

const kernel = { name: 'sum_rows', source };

/**
 * Sums [rows, columns] over its rows into `output` (`columns` elements), in a fixed order.
 *
 * @param accumulate adds to what `output` holds
 */
export function sumRows(
  x: Tensor,
  rows: number,
  columns: number,
  output: Tensor,
  accumulate = false,
): Tensor {
  const { rowChunks, grid, constants, conditions } = rowChunkGrid(x.device, rows, columns);
  const partial = rowChunks === 1 ? output : x.device.empty([rowChunks, columns]);
  x.device.dispatch({
    kernel,
    constants,
    conditions: { ...conditions, accumulate: accumulate && rowChunks === 1 },
    bindings: { x, partial },
    grid,
    cost: { flops: rows * columns, bytes: 4 * columns * (rows + rowChunks) },
  });
  return rowChunks === 1 ? output : sumRows(partial, rowChunks, columns, output, accumulate);
}
