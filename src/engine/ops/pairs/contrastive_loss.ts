import source from '../../../shaders/pairs/contrastive_entries.wesl';
import { check } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import type { Tensor } from '../../core/tensor.ts';
import { checkNumbers } from '../heads/agent_options.ts';
import type { LossWithStatistics } from '../heads/statistics.ts';
import { rowGrid } from '../norm/l2_normalise.ts';
import { pairCost, pairInputs, pairLoss } from './pair_loss.ts';
import { contrastiveReference } from './pair_losses.reference.ts';

const kernel = { name: 'contrastive_entries', source };

/** Options of the contrastive loss of pairs of samples. */
export interface ContrastiveOptions {
  /** M: pairs of two classes that are nearer than this cost (default 1, a squared distance). */
  margin?: number;
  /** All pairs of the batch (default), or the pairs (0, 1), (2, 3) … of an even batch. */
  pairs?: 'all' | 'adjacent';
  /** false: distances between the features as they are (default true: on the unit sphere). */
  normalise?: boolean;
}

const optionNames: OptionNames<ContrastiveOptions> = { margin: true, pairs: true, normalise: true };

/**
 * Contrastive loss of pairs of samples (arXiv 1704.06369, equation 7), with D_ij = ‖f̂_i − f̂_j‖²:
 *
 *   loss = mean over the pairs of ( D_ij if y_i = y_j, else max(0, M − D_ij) )
 *
 * Caffe's layer has half of it. The statistics are the mean cosine of the batch's pairs of one class, of those of two classes (0
 * where there are none), and twice the number of pairs.
 *
 * @param features [n, d] with 2 ≤ n ≤ 2048
 * @param labels [n] u32
 * @throws ArgumentError if shapes, types or options do not fit
 */
export function contrastiveHead(
  features: Tensor,
  labels: Tensor,
  options: ContrastiveOptions = {},
): LossWithStatistics {
  const operator = 'contrastiveLoss';
  checkOptionNames(operator, options, optionNames);
  const { margin = 1, pairs = 'all', normalise = true } = options;
  checkOperands('contrastiveLoss', features, labels);
  const n = features.shape[0] ?? 0;
  checkNumbers(operator, { margin });
  check(
    pairs === 'all' || n % 2 === 0,
    operator,
    () => `adjacent pairs need an even number of samples, not ${n}`,
  );
  const { grid, constants } = rowGrid(features.device, n);
  return pairLoss({
    operator,
    features,
    labels,
    normalise,
    entries: {
      kernel,
      constants: { ...constants, MARGIN: margin },
      conditions: { adjacent: pairs === 'adjacent' },
      grid,
      cost: { flops: 3 * n * n, bytes: 8 * n * n },
    },
  });
}

/** The loss of {@link contrastiveHead} alone. */
export function contrastiveLoss(features: Tensor, labels: Tensor, options: ContrastiveOptions = {}): Tensor {
  return contrastiveHead(features, labels, options).loss;
}

export const contrastiveLossOperator = defineOperator<ContrastiveOptions>({
  name: 'contrastiveLoss',
  family: 'loss',
  apply: ([features, labels], options) => contrastiveLoss(features!, labels!, options),
  reference: ([features, labels], options) => contrastiveReference(features!, labels!, options),
  cost: pairCost,
  cases: [
    { inputs: pairInputs(5, 3, 2), attributes: {} },
    { inputs: pairInputs(2, 3, 1), attributes: {} },
    { inputs: pairInputs(2, 3, 1000), attributes: { margin: 3.5 } },
    { inputs: pairInputs(67, 37, 9), attributes: { margin: 2 } },
    { inputs: pairInputs(33, 68, 7, 'outliers'), attributes: { margin: 2.1 } },
    { inputs: pairInputs(34, 13, 2), attributes: { pairs: 'adjacent', margin: 2 } },
    { inputs: pairInputs(9, 6, 2, 'extremeRows'), attributes: { margin: 1.5 } },
    { inputs: pairInputs(9, 6, 3), attributes: { normalise: false, margin: 12 } },
    { inputs: pairInputs(33, 5, 4, 'outliers'), attributes: { normalise: false, margin: 9 } },
    { inputs: pairInputs(12, 5, 3), attributes: { pairs: 'adjacent', normalise: false, margin: 10 } },
  ],
  misuses: [
    {
      inputs: pairInputs(1, 3, 2),
      attributes: {},
      message: /contrastiveLoss: .*n from 2 to 2048, not \[1, 3\]/,
    },
    {
      inputs: [{ shape: [4, 3] }, { shape: [3], kind: 'labels', classes: 2 }],
      attributes: {},
      message: /contrastiveLoss: labels must be \[4\] u32, not \[3\] u32/,
    },
    {
      inputs: [{ shape: [4] }, { shape: [4], kind: 'labels', classes: 2 }],
      attributes: {},
      message: /contrastiveLoss: features must be \[n, d\] f32 .*not \[4\] f32/,
    },
    {
      inputs: pairInputs(5, 3, 2),
      attributes: { pairs: 'adjacent' },
      message: /contrastiveLoss: adjacent pairs need an even number of samples, not 5/,
    },
    {
      inputs: pairInputs(4, 3, 2),
      attributes: { margin: -1 },
      message: /contrastiveLoss: margin must be a number from 0, not -1/,
    },
  ],
});
