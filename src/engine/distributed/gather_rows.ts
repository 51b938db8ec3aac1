import { record } from '../core/autograd.ts';
import { check, formatShape } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import type { Communicator } from './communicator.ts';
import { rowCounts } from './range.ts';

/**
 * The rows of all ranks, one after the other by rank: an all-gather, whose reverse pass is a reduce-scatter. Every rank may compute a loss
 * of all rows from it; the gradients that the ranks have of them are added up. Only in captured steps.
 *
 * @param x [rows of this rank, d]
 * @param rows how many all ranks have together, divided as `rangeOf` does
 * @returns [rows, d]
 * @throws ShapeError unless x has this rank's share of the rows
 */
export function gatherRows(x: Tensor, rows: number, ranks: Communicator): Tensor {
  const { device } = x;
  const [own, d] = x.shape as [number, number];
  const counts = rowCounts(rows, ranks.size, d);
  check(
    x.dtype === 'f32' && x.shape.length === 2 && own * d === counts[ranks.rank],
    'gatherRows',
    () =>
      `x must be f32 with rank ${ranks.rank}'s ${counts[ranks.rank]! / d} of ${rows} rows, not ${x.dtype} ${formatShape(x.shape)}`,
  );
  const all = device.empty([rows, d]);
  runtimeOf(device).exchange({
    name: 'features',
    reads: [x],
    writes: [all],
    work: async ([part]) => {
      const gathered = new Float32Array(rows * d);
      await ranks.allGather(part as Float32Array, gathered, counts);
      return [gathered];
    },
  });
  return record(all, {
    operator: 'gatherRows',
    inputs: [x],
    backward: (gradient, into) => {
      const dX = into(0);
      runtimeOf(device).exchange({
        name: 'gradients of the features',
        reads: [gradient],
        writes: [dX],
        work: async ([gathered]) => {
          const part = new Float32Array(own * d);
          await ranks.reduceScatter(gathered as Float32Array, part, counts);
          return [part];
        },
      });
      return [dX];
    },
  });
}
