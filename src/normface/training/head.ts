/** What a configured loss adds to a net. */

import { dropout } from '../../engine/ops/elementwise/dropout.ts';
import { ClassSampling } from '../losses/class-sampling.ts';
import { type LossConfig, lossOf } from '../losses/index.ts';
import type { HeadPlace, LossHead } from '../losses/loss.ts';

export type { HeadOutputs } from '../losses/loss.ts';

/** The head of a loss with its factor. */
export interface Head extends LossHead {
  /** Factor of the loss in the sum of losses. */
  readonly weight: number;
}

/** Makes the head of a loss; its parameters are called `prefix.weight` and so on. */
export function createHead(
  prefix: string,
  config: LossConfig,
  size: Omit<HeadPlace, 'prefix' | 'sampling'>,
): Head {
  const rate = ('classSampling' in config && config.classSampling?.rate) || 1;
  const sampling = rate < 1 ? new ClassSampling(rate, { ...size, prefix }) : null;
  // Losses of pairs and centers see whole features.
  const dropped = 'dropout' in config ? config.dropout : 0;
  const head = lossOf(config).head(config, { ...size, prefix, sampling });
  return {
    ...head,
    weight: config.weight,
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
