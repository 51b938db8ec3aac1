/** The images a run learns from. */

import { UsageError, UserError } from '../../common/errors.ts';
import { type Dataset, minimumImages, warningsOf } from '../data/dataset.ts';
import { openDataset } from '../data/open.node.ts';
import { readBlufrSplits } from '../data/protocols/blufr.node.ts';
import { blufrTrainingSubset } from '../data/protocols/blufr.ts';
import { casiaOverlap } from '../data/protocols/casia-overlap.ts';
import { readPairs } from '../data/protocols/pairs.node.ts';
import { excludeIdentitiesOf, removeIdentities } from '../data/split.ts';
import { imagesPerStep, type TrainingConfig } from './config/config.ts';
import { hashText } from './config/overrides.ts';

export interface TrainingData {
  readonly dataset: Dataset;
  /** People left out because a test or `removeIdentities` names them. */
  readonly excluded: number;
  /** What a person should know before the training. */
  readonly warnings: readonly string[];
  /** Hash of the names of the people, in class order: equal hashes mean the same rows of the class matrices. */
  readonly classesHash: string;
  /** Hash of the names of all images in their order: equal hashes mean the same batches. */
  readonly imagesHash: string;
}

/**
 * Opens the data set of a configuration, the training images of a BLUFR trial if it names one, without the people of
 * `removeIdentities` and `excludeFolds` and those with too few images.
 * @throws UserError when nothing usable remains
 */
export async function openTrainingData({ data }: TrainingConfig): Promise<TrainingData> {
  const whole = await openDataset(data.path);
  const part = data.blufr
    ? blufrTrainingSubset(whole, await readBlufrSplits(data.blufr.splits), data.blufr.trial)
    : whole;
  const unwanted = namesToRemove(data);
  const cleaned = removeIdentities(part, unwanted);
  // Also where no fold is left out: a list that is named but cannot be read is a mistake, to be told before the training.
  const pairs = data.pairs === undefined ? undefined : await readPairs(data.pairs);
  const { dataset: allowed, excluded } =
    pairs && data.excludeFolds.length > 0
      ? excludeIdentitiesOf(cleaned.dataset, pairs, data.excludeFolds)
      : { dataset: cleaned.dataset, excluded: [] };
  const dataset = minimumImages(allowed, data.minimumImages);
  if (dataset.identities.length < 2)
    throw new UserError(`${dataset.name} holds one person only; a classifier needs at least two`);
  return {
    dataset,
    excluded: cleaned.excluded.length + excluded.length,
    warnings: [
      ...warningsOf(whole),
      ...(unwanted.length > 0 && cleaned.excluded.length === 0
        ? [
            `none of the ${unwanted.length} people of data.removeIdentities is in ${whole.name}; are its folders named otherwise?`,
          ]
        : []),
    ],
    classesHash: hashText(dataset.identities.join('\n')),
    imagesHash: hashText(dataset.samples.map(({ key }) => key).join('\n')),
  };
}

function namesToRemove({ removeIdentities: listed = [] }: TrainingConfig['data']): readonly string[] {
  return typeof listed === 'string' ? casiaOverlap[listed] : listed;
}

/** Optimiser steps of a run on so many images. @throws UsageError when they cannot be counted */
export function stepCount(config: TrainingConfig, images: number): number {
  const { steps, epochs } = config;
  const count = steps ?? Math.max(1, Math.round((epochs! * images) / imagesPerStep(config)));
  if (!Number.isSafeInteger(count))
    throw new UsageError(`${epochs} epochs are more steps than can be counted`);
  return count;
}

/** Steps of a pass over so many images; not a whole number where the last batch of a pass takes images of the next one. */
export function stepsInEpoch(config: TrainingConfig, images: number): number {
  return images / imagesPerStep(config);
}
