import { record } from '../core/autograd.ts';
import { check, formatShape } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import { slice } from '../ops/shape/slice.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import type { Communicator } from './communicator.ts';
import { rangeOf, rowCounts } from './range.ts';

/**
 * The rows of all ranks, one after the other by rank: an all-gather. Every rank may compute from it a part of a loss of all rows: then the
 * gradients that the ranks have of them are added up, by a reduce-scatter. Or every rank computes all of the loss: then each has the
 * gradient of its rows. Only in captured steps.
 *
 * @param x [rows of this rank, d]
 * @param rows how many all ranks have together, divided as `rangeOf` does
 * @param gradients `add`: ranks have parts of the gradient; `same`: all have the same
 * @returns [rows, d]
 * @throws ShapeError unless x has this rank's share of the rows
 */
export function gatherRows(
  x: Tensor,
  rows: number,
  ranks: Communicator,
  gradients: 'add' | 'same' = 'add',
): Tensor {
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
      if (gradients === 'same') {
        const { first, count } = rangeOf(rows, ranks.size, ranks.rank);
        return [slice(gradient, { start: [first, 0], end: [first + count, d] })];
      }
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
