import { record } from '../core/autograd.ts';
import { check, formatShape } from '../core/errors.ts';
import { type Tensor, viewOf } from '../core/tensor.ts';
import { slice } from '../ops/shape/slice.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import type { Communicator } from './communicator.ts';
import { rangeOf, rowCounts } from './range.ts';

/**
 * The rows of all ranks, one after the other by rank: an all-gather, once for all that use them. Every rank may compute from them a part of
 * a loss of all rows: then the gradients that the ranks have of them are added up, by a reduce-scatter. Or every rank computes all of the
 * loss: then each has the gradient of its rows. Only in captured steps.
 */
export class GatheredRows {
  /** [rows of this rank, d] */
  readonly own: Tensor;
  private readonly rows: number;
  private readonly ranks: Communicator;
  private all: Tensor | undefined;

  /**
   * @param own [rows of this rank, d]
   * @param rows how many all ranks have together, divided as `rangeOf` does
   */
  constructor(own: Tensor, rows: number, ranks: Communicator) {
    this.own = own;
    this.rows = rows;
    this.ranks = ranks;
  }

  /**
   * @param gradients `add`: ranks have parts of the gradient; `same`: all have the same
   * @returns [rows, d]
   * @throws ShapeError unless `own` has this rank's share of the rows
   */
  for(gradients: 'add' | 'same'): Tensor {
    const { own, rows, ranks } = this;
    this.all ??= this.gather();
    const all = viewOf(this.all, this.all.shape);
    return record(all, {
      operator: 'gatherRows',
      inputs: [own],
      backward: (gradient, into) => {
        if (gradients === 'add') return [this.addUp(gradient, into(0))];
        const { first, count } = rangeOf(rows, ranks.size, ranks.rank);
        return [slice(gradient, { start: [first, 0], end: [first + count, own.shape[1]!] })];
      },
    });
  }

  private get counts(): Int32Array {
    return rowCounts(this.rows, this.ranks.size, this.own.shape[1]!);
  }

  private gather(): Tensor {
    const { own, rows, ranks, counts } = this;
    const { device, shape, dtype, size } = own;
    const d = shape[1]!;
    check(
      dtype === 'f32' && shape.length === 2 && size === counts[ranks.rank],
      'gatherRows',
      () =>
        `x must be f32 with rank ${ranks.rank}'s ${counts[ranks.rank]! / d} of ${rows} rows, not ${dtype} ${formatShape(shape)}`,
    );
    const all = device.empty([rows, d]);
    runtimeOf(device).exchange({
      name: 'features',
      reads: [own],
      writes: [all],
      work: async ([part]) => {
        const gathered = new Float32Array(rows * d);
        await ranks.allGather(part as Float32Array, gathered, counts);
        return [gathered];
      },
    });
    return all;
  }

  private addUp(gradient: Tensor, dX: Tensor): Tensor {
    const { own, ranks, counts } = this;
    runtimeOf(own.device).exchange({
      name: 'gradients of the features',
      reads: [gradient],
      writes: [dX],
      work: async ([gathered]) => {
        const part = new Float32Array(own.size);
        await ranks.reduceScatter(gathered as Float32Array, part, counts);
        return [part];
      },
    });
    return dX;
  }
}
