/** What a configured loss adds to a net. */

import { type LossConfig, lossOf } from '../losses/index.ts';
import type { HeadPlace, LossHead } from '../losses/loss.ts';

export type { HeadOutputs } from '../losses/loss.ts';

export interface Head extends LossHead {
  /** Factor of the loss in the sum of losses. */
  readonly weight: number;
}

/** Makes the head of a loss; its parameters are called `prefix.weight` and so on. */
export function createHead(prefix: string, config: LossConfig, size: Omit<HeadPlace, 'prefix'>): Head {
  return { weight: config.weight, ...lossOf(config).head(config, { prefix, ...size }) };
}
