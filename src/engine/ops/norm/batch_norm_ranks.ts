import { rowsOf, type Tensor, viewOf } from '../../core/tensor.ts';
import type { Communicator } from '../../distributed/communicator.ts';
import { runtimeOf } from '../../runtime/runtime.ts';

/**
 * Batch normalisation over the rows of several ranks: statistics and their gradients are those of all rows together, so that ranks
 * compute what one process would. Sums are in float64, on the host.
 */

/** Sums over chunks of this rank's rows: of shaders/norm/batch_norm_partial. */
interface Partial {
  /** [rowChunks, channels] */
  readonly mean: Tensor;
  readonly squares: Tensor;
  /** Rows of a chunk, but the last, which has what is left. */
  readonly chunkRows: number;
}

/** Averages over past batches, [channels] each, which are moved. */
interface Running {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** What a rank keeps for the reverse pass. */
export interface SharedRows {
  /** Its share of the rows of all ranks; known when the forward pass has run. */
  share: number;
}

/**
 * The statistics of all rows, as shaders/norm/batch_norm_statistics gives those of one rank's: groups of n and m values with means a, b
 * and squared deviations A, B join to A + B + (b − a)²·n·m/(n + m) (Chan, Golub & LeVeque 1983, equations 1.5).
 *
 * @param x [..., channels]
 * @param offset where the mean less the first row of x goes, [channels]
 * @param inverseDeviation where 1/√(variance + ε) goes, [channels]
 */
export function statisticsOfRanks(
  x: Tensor,
  partial: Partial,
  running: Running,
  { momentum, epsilon, ranks }: { momentum: number; epsilon: number; ranks: Communicator },
  offset: Tensor,
  inverseDeviation: Tensor,
): SharedRows {
  const channels = offset.size;
  const rows = x.size / channels;
  const shared: SharedRows = { share: 1 };
  runtimeOf(x.device).exchange({
    name: 'statistics of a batch norm',
    reads: [
      rowsOf(viewOf(x, [rows, channels]), 0, 1),
      partial.mean,
      partial.squares,
      running.mean,
      running.variance,
    ],
    writes: [offset, inverseDeviation, running.mean, running.variance],
    work: async (contents) => {
      const [firstRow, means, squares, runningMean, runningVariance] = contents as Float32Array[];
      const own = joinChunks(firstRow!, means!, squares!, rows, partial.chunkRows);
      const sums = Float64Array.of(rows, ...own.mean.map((mean) => rows * mean));
      await ranks.allReduce(sums);
      const all = sums[0]!;
      const mean = sums.subarray(1).map((sum) => sum / all);
      const deviations = own.squares.map((sum, c) => sum + rows * (own.mean[c]! - mean[c]!) ** 2);
      await ranks.allReduce(deviations);
      shared.share = rows / all;
      return [
        Float32Array.from(mean, (value, c) => value - firstRow![c]!),
        Float32Array.from(deviations, (sum) => 1 / Math.sqrt(sum / all + epsilon)),
        runningMean!.map((value, c) => value + momentum * (mean[c]! - value)),
        runningVariance!.map((value, c) => value + momentum * (deviations[c]! / (all - 1) - value)),
      ];
    },
  });
  return shared;
}

/** Mean and squared deviation of one rank's rows, of each channel. */
function joinChunks(
  firstRow: Float32Array,
  means: Float32Array,
  squares: Float32Array,
  rows: number,
  chunkRows: number,
): { readonly mean: Float64Array; readonly squares: Float64Array } {
  const channels = firstRow.length;
  const mean = new Float64Array(channels);
  const deviations = new Float64Array(channels);
  let count = 0;
  for (let chunk = 0; count < rows; chunk++) {
    const more = Math.min(chunkRows, rows - count);
    for (let c = 0; c < channels; c++) {
      const difference = means[chunk * channels + c]! - mean[c]!;
      mean[c]! += (difference * more) / (count + more);
      deviations[c]! += squares[chunk * channels + c]! + (difference ** 2 * count * more) / (count + more);
    }
    count += more;
  }
  return { mean: mean.map((value, c) => firstRow[c]! + value), squares: deviations };
}

/**
 * Sums over the rows of all ranks, times this rank's share of the rows: the kernel of the gradient of x divides by its own rows.
 *
 * @param own sums over this rank's rows, [channels] each
 */
export function sumsOfRanks(
  own: readonly [gamma: Tensor, beta: Tensor],
  shared: SharedRows,
  ranks: Communicator,
): [gamma: Tensor, beta: Tensor] {
  const { device, shape, size } = own[0];
  const sums: [Tensor, Tensor] = [device.empty(shape), device.empty(shape)];
  runtimeOf(device).exchange({
    name: 'gradients of a batch norm',
    reads: own,
    writes: sums,
    work: async ([gamma, beta]) => {
      const both = new Float64Array(2 * size);
      both.set(gamma!);
      both.set(beta!, size);
      await ranks.allReduce(both);
      const scaled = Float32Array.from(both, (sum) => sum * shared.share);
      return [scaled.slice(0, size), scaled.slice(size)];
    },
  });
  return sums;
}
