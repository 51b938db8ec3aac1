import source from '../../shaders/sum_rows.wgsl';
import type { Tensor } from '../tensor.ts';

const kernel = { name: 'sum_rows', source };
const workgroup = 32;

/** How a reduction over rows is cut into chunks that run side by side: a few hundred rows each, at most 256 chunks. */
export function rowChunks(rows: number): { chunks: number; rowsPerChunk: number } {
  const rowsPerChunk = Math.max(64, Math.ceil(rows / 256));
  return { chunks: Math.ceil(rows / rowsPerChunk), rowsPerChunk };
}

/** Grid and constants of a kernel with one invocation a column and chunk of rows. */
export function rowReduction(rows: number, columns: number) {
  const { chunks, rowsPerChunk } = rowChunks(rows);
  return {
    chunks,
    grid: [Math.ceil(columns / workgroup), chunks, 1] as const,
    constants: { ROWS: rows, ROWS_PER_CHUNK: rowsPerChunk, WORKGROUP: workgroup },
  };
}

/** Sums [rows, columns] over its rows into `output` ([columns] elements), in a fixed order. */
export function sumRows(x: Tensor, rows: number, columns: number, output: Tensor): Tensor {
  const { chunks, grid, constants } = rowReduction(rows, columns);
  const partial = chunks === 1 ? output : x.device.empty([chunks, columns]);
  x.device.dispatch({
    kernel,
    constants: { ...constants, COLUMNS: columns },
    bindings: { x, partial },
    grid,
    cost: { flops: rows * columns, bytes: 4 * columns * (rows + chunks) },
  });
  return chunks === 1 ? output : sumRows(partial, chunks, columns, output);
}
