/** What a run starts from: the images and weights of the run that it resumes, or the weights of another one. */

import { UserError } from '../../../common/errors.ts';
import { oneLine } from '../../../common/printable.ts';
import { netOf } from '../../nets/index.ts';
import { findWeights } from '../checkpoint/checkpoint.node.ts';
import type { TrainingState } from '../checkpoint/checkpoint.ts';
import { readWeights } from '../checkpoint/read-checkpoint.node.ts';
import type { Model } from '../model.ts';
import type { Reporter } from '../reporter.ts';
import type { TrainingData } from '../training-data.node.ts';
import { goesOnFrom, lossesOf } from './head-start.node.ts';
import { describeImageFiles, hashContents, type ImageRecord } from './image-files.node.ts';
import type { RunPlan } from './run-plan.ts';

/**
 * Looks at the images of a run and, where it is resumed, compares them with those of its checkpoint.
 * @param verify read all images and compare what they hold, too
 * @throws UserError when they are others
 */
export async function recordImages(
  { dataset, imagesHash }: TrainingData,
  { before, verify, reporter }: { before?: TrainingState; verify: boolean; reporter: Reporter },
): Promise<ImageRecord> {
  const { name, samples, identities } = dataset;
  const refuse = (difference: string) =>
    new UserError(`${difference}; start a new run with --from to go on with its weights`);
  if (before && before.imagesHash !== imagesHash)
    throw refuse(
      `the run was started on other images than ${name} now holds (${samples.length} of ${identities.length} people)`,
    );
  const imageFiles = await describeImageFiles(dataset);
  if (before?.imageFiles && before.imageFiles.sizes !== imageFiles.sizes)
    throw refuse(`images of ${name} have other sizes than when the run was started: they were changed`);
  if (verify) reporter.say(`data    reading ${samples.length} images to verify what they hold`);
  const contentsHash = verify ? await hashContents(dataset) : before?.contentsHash;
  if (before?.contentsHash !== undefined && before.contentsHash !== contentsHash)
    throw refuse(`images of ${name} do not hold what they held when the run was started`);
  const isVerified = verify && before?.contentsHash !== undefined;
  if (before?.imageFiles && before.imageFiles.times !== imageFiles.times && !isVerified)
    reporter.warn(
      `the files of ${name} have other times than when the run was started; if they were only copied all is well` +
        (before.contentsHash === undefined ? '' : ', and --verify-data compares what they hold'),
    );
  else if (before?.contentsHash !== undefined && !verify)
    reporter.say('data    what the images held at the start is known and not compared; --verify-data does');
  if (before && verify && !isVerified)
    reporter.warn(
      'the run was started without --verify-data: what its images held then is unknown, and from now on it is kept',
    );
  return { imagesHash, imageFiles, contentsHash };
}

/** Gives a model the weights of another run. */
export function initialise(
  model: Model,
  { config, source, data }: Pick<RunPlan, 'config' | 'source' | 'data'>,
  reporter: Reporter,
): void {
  const { from, head } = config.initialise!;
  const file = findWeights(from);
  const { weights, metadata } = readWeights(file, { classes: model.classPart ?? undefined });
  const { name } = netOf(config.net);
  const samePeople = metadata.classesHash === data.classesHash;
  const kept = model.initialise(weights, {
    source: from,
    net: name,
    keepHead: head === 'keep' && samePeople,
    goesOn: goesOnFrom(lossesOf(file, metadata), config, source),
  });
  if (metadata.net !== undefined && metadata.net !== name)
    reporter.warn(
      `${file} says that its weights are of the net ${oneLine(metadata.net)}; they fit ${name} and are used for it`,
    );
  const why = kept ? 'kept' : head === 'keep' && !samePeople ? 'new, the people differ' : 'new';
  const others = kept && kept.length > 0 ? `, with ${kept.join(', ')}` : '';
  reporter.say(`starting from ${file}, class weights ${why}${others}`);
}
