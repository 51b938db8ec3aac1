/** What a configured loss adds to a net. */

import { dropout } from '../../engine/ops/elementwise/dropout.ts';
import { type LossWithStatistics, readStatistics } from '../../engine/ops/heads/statistics.ts';
import { ClassSampling } from '../losses/class-sampling.ts';
import { type LossConfig, lossOf } from '../losses/index.ts';
import type { HeadContext, LossHead, LossSettings } from '../losses/loss.ts';
import type { StepMetrics } from './loop.ts';

/** The head of a loss with its factor. */
export interface Head extends LossHead {
  /** Factor of the loss in the sum of losses. */
  readonly weight: number;
}

/** Makes the head of a loss; its parameters are called `prefix.weight` and so on. */
export function createHead(
  prefix: string,
  config: LossConfig,
  size: Omit<HeadContext, 'prefix' | 'sampling'>,
): Head {
  const { weight, dropout: dropped = 0, classSampling }: LossSettings = config;
  const rate = classSampling?.rate ?? 1;
  const sampling = rate < 1 ? new ClassSampling(rate, { ...size, prefix }) : null;
  const head = lossOf(config).head(config, { ...size, prefix, sampling });
  return {
    ...head,
    weight,
    // A softmax over a part of the classes can fall below the bound of all of them.
    bound: sampling ? undefined : head.bound,
    prepare: (step, labels) => {
      sampling?.prepare(step, labels);
      head.prepare?.(step, labels);
    },
    apply: (features, labels, parameters) =>
      head.apply(dropped > 0 ? dropout(features, dropped) : features, sampling?.labels ?? labels, parameters),
    dispose: () => {
      sampling?.dispose();
      head.dispose?.();
    },
  };
}

/**
 * What a step tells of its batch.
 *
 * @param head the loss whose statistics they are; `loss` may be a sum of it and others
 */
export async function readMetrics(
  head: Head,
  { loss, statistics }: LossWithStatistics,
): Promise<StepMetrics> {
  // Both copies are recorded before the first is awaited, so that the next step cannot change what they hold.
  const [value, { positiveCosine, negativeCosine, scale }] = await Promise.all([
    loss.item(),
    readStatistics(statistics),
  ]);
  const metrics = { loss: value, positiveCosine, negativeCosine };
  if (!head.hasScale || scale === undefined) return metrics;
  return { ...metrics, scale, bound: head.bound && head.weight * head.bound(scale) };
}
