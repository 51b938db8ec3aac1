import { mostPairSamples } from '../../engine/ops/pairs/pair_loss.ts';
import type { Batches } from './loss.ts';

/** Why a loss of pairs cannot be trained on such batches, or undefined. */
export function wrongPairBatches(name: string, { batchSize }: Batches): string | undefined {
  return batchSize < 2 || batchSize > mostPairSamples
    ? `the loss ${name} needs a batchSize from 2 to ${mostPairSamples}, not ${batchSize}`
    : undefined;
}
