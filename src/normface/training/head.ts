/** What a configured loss adds to a net. */

import type { Parameters } from '../../engine/core/parameters.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import type { Communicator } from '../../engine/distributed/communicator.ts';
import { GatheredRows } from '../../engine/distributed/gather_rows.ts';
import { rangeOf } from '../../engine/distributed/range.ts';
import { dropout } from '../../engine/ops/elementwise/dropout.ts';
import { type LossWithStatistics, nameStatistics } from '../../engine/ops/heads/statistics.ts';
import type { LossScale } from '../../engine/optim/loss_scale.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import { ClassSampling } from '../losses/class-sampling.ts';
import { type LossConfig, lossOf } from '../losses/index.ts';
import type { HeadContext, LossHead, LossSettings } from '../losses/loss.ts';
import type { StepMetrics } from './loop.ts';

/** What a head is told of the features that it gets. */
export interface HeadBatch {
  /** Which of the batches of a step they are of (default: the first). */
  readonly batch?: number;
  /** Those of all ranks, for heads of several losses; without it each gathers them for itself. */
  readonly gathered?: GatheredRows | null;
}

/** The head of a loss with its factor. */
export interface Head extends LossHead {
  /** Factor of the loss in the sum of losses. */
  readonly weight: number;
  apply(features: Tensor, labels: Tensor, parameters: Parameters, of?: HeadBatch): LossWithStatistics;
}

/**
 * Makes the head of a loss; its parameters are called `prefix.weight` and so on.
 *
 * @param size `batchSize` is that of all ranks together, of each of the batches of a step
 * @param ranks where several train together: each goes over its own classes, or where the loss is not a sum over classes over all of it. Its
 *   features are those of this rank's samples, its labels those of all
 */
export function createHead(
  prefix: string,
  config: LossConfig,
  size: Omit<HeadContext, 'prefix' | 'sampling' | 'rows' | 'shard'> & { readonly batches?: number },
  ranks: Communicator | null = null,
): Head {
  const { weight, dropout: dropped = 0, classSampling, labelSmoothing = 0 }: LossSettings = config;
  const rate = classSampling?.rate ?? 1;
  const { classes, batchSize } = size;
  const rows = rangeOf(classes, ranks?.size ?? 1, ranks?.rank ?? 0);
  const sampling = rate < 1 ? new ClassSampling(rate, { ...size, prefix, rows, ranks }) : null;
  const shard = ranks && (sampling?.shard ?? { first: rows.first, classes, ranks });
  const head = lossOf(config).head(config, { ...size, prefix, sampling, rows, shard });
  const isSpread = head.declarations.some((declaration) => declaration.ranks === 'own');
  return {
    ...head,
    weight,
    // Every rank computes the loss of all samples.
    declarations: ranks
      ? head.declarations.map((declaration) => ({ ranks: 'same', ...declaration }))
      : head.declarations,
    // A softmax over a part of the classes can fall below the bound of all of them, and that of smoothed labels is another.
    bound: sampling || labelSmoothing > 0 ? undefined : head.bound,
    prepare: (step, labels) => {
      sampling?.prepare(step, labels);
      head.prepare?.(step, labels);
    },
    apply: (features, labels, parameters, { batch = 0, gathered = null } = {}) => {
      const own = dropped > 0 ? dropout(features, dropped) : features;
      const rowsOfAll = own === gathered?.own ? gathered : ranks && new GatheredRows(own, batchSize, ranks);
      const all = rowsOfAll?.for(isSpread ? 'add' : 'same') ?? own;
      return head.apply(all, sampling?.labels[batch] ?? labels, parameters);
    },
    dispose: () => {
      sampling?.dispose();
      head.dispose?.();
    },
  };
}

/**
 * Submits a training step; the promise gives what it tells of its batch, without which the next one can be submitted.
 *
 * @param head the loss whose statistics they are; the step's loss may be a sum of it and others
 * @param lossScale of the step, if it has one
 */
export async function runStep(
  step: CapturedStep<LossWithStatistics>,
  head: Head,
  lossScale: LossScale | null = null,
): Promise<StepMetrics> {
  const { loss, statistics } = step.outputs;
  const scales = lossScale ? [lossScale.state] : [];
  const [losses, numbers, scaling] = await step.runAndRead([loss, statistics.values, ...scales]);
  const { positiveCosine, negativeCosine, scale, ...others } = nameStatistics(statistics, numbers!);
  const { featureNorm, normDeviation, sampleMargin } = others;
  const ofSamples = featureNorm === undefined ? {} : { featureNorm, normDeviation, sampleMargin };
  const metrics = {
    loss: losses![0]!,
    positiveCosine,
    negativeCosine,
    ...ofSamples,
    ...(scaling && { lossScale: scaling[0]!, skipped: scaling[3]! }),
  };
  if (!head.hasScale || scale === undefined) return metrics;
  return { ...metrics, scale, bound: head.bound && head.weight * head.bound(scale) };
}
