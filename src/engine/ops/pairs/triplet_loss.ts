import entriesSource from '../../../shaders/pairs/triplet_entries.wesl';
import hardestSource from '../../../shaders/pairs/triplet_hardest.wesl';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Tensor } from '../../core/tensor.ts';
import { sampleGrid } from '../../tuning/grid.ts';
import { checkNumbers } from '../heads/agent_options.ts';
import type { LossWithStatistics } from '../heads/statistics.ts';
import { pairCost, pairInputs, pairLoss } from './pair_loss.ts';
import { tripletReference } from './pair_losses.reference.ts';

const entriesKernel = { name: 'triplet_entries', source: entriesSource };
const hardestKernel = { name: 'triplet_hardest', source: hardestSource };

/** Which triplets of a batch are used. */
export type TripletMining = 'all' | 'semi-hard' | 'hardest';

/** Options of the triplet loss of samples. */
export interface TripletOptions {
  /** M (default 0.2, FaceNet's; a squared distance). */
  margin?: number;
  /**
   * `all`: every triplet of the batch; `semi-hard` (default): those with D_ap < D_an < D_ap + M (FaceNet, arXiv 1503.03832, section 3.2); `hardest`:
   * of every anchor the farthest positive with the nearest negative (Hermans et al. 2017), the first of equal ones.
   */
  mining?: TripletMining;
  /** false: distances between the features as they are (default true: on the unit sphere). */
  normalise?: boolean;
}

const optionNames: OptionNames<TripletOptions> = { margin: true, mining: true, normalise: true };

/**
 * Triplet loss (arXiv 1704.06369, equation 8) over the triplets of a batch, with D_ij = ‖f̂_i − f̂_j‖²:
 *
 *   loss = mean over the triplets used of max(0, M + D_ap − D_an),   y_p = y_a, p ≠ a, y_n ≠ y_a
 *
 * A triplet is used or not whether it costs or not; where none is used, loss and gradient are 0. The gradient is that of this mean
 * with the choice of triplets held. The statistics are the mean cosine of the batch's pairs of one class, of those of two classes
 * (0 where there are none), and the number of triplets used.
 *
 * @param features [n, d] with 2 ≤ n ≤ 2048. The work for `all` and `semi-hard` grows with n³
 * @param labels [n] u32
 * @throws ArgumentError if shapes, types or options do not fit
 */
export function tripletHead(
  features: Tensor,
  labels: Tensor,
  options: TripletOptions = {},
): LossWithStatistics {
  const operator = 'tripletLoss';
  checkOptionNames(operator, options, optionNames);
  const { margin = 0.2, mining = 'semi-hard', normalise = true } = options;
  checkNumbers(operator, { margin });
  checkOperands('tripletLoss', features, labels);
  const n = features.shape[0] ?? 0;
  const { grid, constants } = sampleGrid(features.device, n);
  const isHardest = mining === 'hardest';
  return pairLoss({
    operator,
    features,
    labels,
    normalise,
    entries: {
      kernel: isHardest ? hardestKernel : entriesKernel,
      constants: { ...constants, MARGIN: margin },
      conditions: isHardest ? {} : { semi_hard: mining === 'semi-hard' },
      grid,
      cost: { flops: isHardest ? 2 * n * n : 4 * n ** 3, bytes: 8 * n * n },
    },
  });
}

/** The loss of {@link tripletHead} alone. */
export function tripletLoss(features: Tensor, labels: Tensor, options: TripletOptions = {}): Tensor {
  return tripletHead(features, labels, options).loss;
}

export const tripletLossOperator = defineOperator<TripletOptions>({
  name: 'tripletLoss',
  family: 'loss',
  apply: ([features, labels], options) => tripletLoss(features!, labels!, options),
  reference: ([features, labels], options) => tripletReference(features!, labels!, options),
  cost: pairCost,
  cases: [
    { inputs: pairInputs(9, 4, 3), attributes: { mining: 'all' } },
    { inputs: pairInputs(9, 4, 3), attributes: { mining: 'semi-hard', margin: 1 } },
    { inputs: pairInputs(9, 4, 3), attributes: { mining: 'hardest' } },
    { inputs: pairInputs(67, 37, 5), attributes: { mining: 'all', margin: 0.8 } },
    { inputs: pairInputs(67, 37, 5), attributes: { mining: 'hardest', margin: 0.1 } },
    { inputs: pairInputs(37, 19, 5), attributes: {} },
    { inputs: pairInputs(33, 68, 7, 'outliers'), attributes: { mining: 'all', margin: 0.5 } },
    { inputs: pairInputs(33, 68, 7, 'outliers'), attributes: { mining: 'semi-hard', margin: 0.5 } },
    { inputs: pairInputs(33, 68, 7, 'outliers'), attributes: { mining: 'hardest', margin: 0.5 } },
    { inputs: pairInputs(13, 6, 2, 'extremeRows'), attributes: { mining: 'all', margin: 0.8 } },
    { inputs: pairInputs(13, 6, 3), attributes: { mining: 'all', normalise: false, margin: 5 } },
    { inputs: pairInputs(13, 6, 3), attributes: { mining: 'semi-hard', normalise: false, margin: 5 } },
    { inputs: pairInputs(13, 6, 3), attributes: { mining: 'hardest', normalise: false, margin: 5 } },
  ],
  misuses: [
    {
      inputs: pairInputs(1, 3, 2),
      attributes: {},
      message: /tripletLoss: .*n from 2 to 2048, not \[1, 3\]/,
    },
    {
      inputs: [{ shape: [4, 3] }, { shape: [4] }],
      attributes: {},
      message: /tripletLoss: labels must be \[4\] u32, not \[4\] f32/,
    },
    {
      inputs: pairInputs(4, 3, 2),
      attributes: { margin: Number.POSITIVE_INFINITY },
      message: /tripletLoss: margin must be a number from 0, not Infinity/,
    },
  ],
});
