/** The configuration of a training run: its check, its defaults and the sentences that explain a wrong one. */

import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { lossOf } from '../../losses/index.ts';
import { checkNet } from '../../nets/check-net.ts';
import { netOf } from '../../nets/index.ts';
import { explain, type JsonSchema } from './explain.ts';
import { configKeys, isNetData } from './schema.ts';

const trainingConfig = configKeys.transform((config) => {
  const [height, width] = netOf(config.net).input;
  return { ...config, data: { ...config.data, imageSize: config.data.imageSize ?? [height, width] } };
});

/** A training configuration with every default filled in. */
export type TrainingConfig = z.output<typeof trainingConfig>;
/** What a person may write: everything is optional. */
export type TrainingConfigInput = z.input<typeof trainingConfig>;
export type { LossConfig } from '../../losses/index.ts';
export type ScheduleConfig = TrainingConfig['schedule'];
export type StopEarlyConfig = NonNullable<TrainingConfig['stopEarly']>;

/** Height and width of what the net gets. */
export function inputSize({ imageSize, cropSize }: TrainingConfig['data']): readonly [number, number] {
  return cropSize ?? imageSize;
}

/** Images in an optimiser step. */
export function imagesPerStep({
  batchSize,
  accumulate = 1,
}: Pick<TrainingConfig, 'batchSize' | 'accumulate'>): number {
  return batchSize * accumulate;
}

let schema: JsonSchema | undefined;

/** JSON Schema of the configuration, for editors. Made once: that takes milliseconds. */
export function configSchema(): JsonSchema {
  // A net as data is checked by `checkNet`, which no JSON Schema can say.
  schema ??= z.toJSONSchema(trainingConfig, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return schema;
}

/**
 * Checks a configuration and fills in the defaults.
 * @param source what the sentence calls its origin, for example the file's name
 * @throws UsageError naming the key, what is wrong with it and, for an unknown key, the likely intended one
 */
export function parseConfig(input: unknown, source = 'the configuration'): TrainingConfig {
  const given = (input as { net?: unknown } | null | undefined)?.net;
  if (isNetData(given)) checkNet(given, `${source}: net`);
  const result = trainingConfig.safeParse(input);
  if (!result.success)
    throw new UsageError(`${source}: ${explain(result.error.issues[0]!, input, configSchema())}`);
  const config = result.data;
  const wrong = contradiction(config);
  if (wrong) throw new UsageError(`${source}: ${wrong}`);
  if (config.steps === undefined) config.epochs ??= 10;
  return config;
}

/** What two keys say against each other, or undefined. */
function contradiction(config: TrainingConfig): string | undefined {
  const { data, evaluation, schedule, augmentation } = config;
  const { imageSize, cropSize } = data;
  if (cropSize?.some((extent, i) => extent > imageSize[i]!))
    return `data.cropSize ${cropSize.join('×')} is larger than data.imageSize ${imageSize.join('×')}`;
  if (cropSize && augmentation.randomCrop && augmentation.shift > 0)
    return 'augmentation.shift moves crops that are taken from the centre: set augmentation.randomCrop to false';
  if (data.excludeFolds.length > 0 && data.pairs === undefined)
    return 'data.excludeFolds needs data.pairs, the file whose folds are left out';
  const hasPairs = evaluation.data !== undefined || data.pairs !== undefined;
  if (evaluation.everySteps > 0 && !hasPairs)
    return 'evaluation.everySteps needs evaluation.data, or data.pairs to take the pairs from';
  if (config.stopEarly && evaluation.everySteps === 0)
    return 'stopEarly needs evaluation.everySteps, the steps between the evaluations that it looks at';
  const { thresholdFold, testFold } = evaluation;
  if ((thresholdFold === undefined) !== (testFold === undefined))
    return 'evaluation.thresholdFold and evaluation.testFold belong together';
  if (thresholdFold !== undefined && thresholdFold === testFold)
    return `evaluation.thresholdFold and evaluation.testFold are both ${testFold}`;
  if (thresholdFold !== undefined && evaluation.folds)
    return 'evaluation.folds and evaluation.thresholdFold both say which folds to look at: give one';
  for (const fold of [thresholdFold, testFold, ...(evaluation.folds ?? [])]) {
    if (fold === undefined || evaluation.data !== undefined || data.excludeFolds.includes(fold)) continue;
    return `fold ${fold} is used in the evaluation but its people are in training: add it to data.excludeFolds`;
  }
  if (config.epochs !== undefined && config.steps !== undefined)
    return 'give either epochs or steps, not both';
  if (schedule.kind === 'multistep' && schedule.milestones.length === 0)
    return 'schedule.kind "multistep" needs schedule.milestones';
  if (schedule.milestones.some((milestone, i) => i > 0 && milestone <= schedule.milestones[i - 1]!))
    return 'schedule.milestones must increase';
  if (schedule.kind === 'step' && schedule.every === undefined)
    return 'schedule.kind "step" needs schedule.every';
  for (const loss of [config.loss, config.auxiliaryLoss]) {
    const wrong = loss && lossOf(loss).contradiction?.(loss);
    if (wrong) return wrong;
  }
  return wrongBatches(config) ?? wrongAccumulation(config);
}

/** Why the gradients of batches do not add up to those of all of them together, or undefined. */
function wrongAccumulation({ accumulate = 1, loss, auxiliaryLoss }: TrainingConfig): string | undefined {
  if (accumulate === 1) return undefined;
  for (const used of [loss, auxiliaryLoss]) {
    if (!used) continue;
    const { needsWholeBatch } = lossOf(used);
    const reason = needsWholeBatch
      ? needsWholeBatch(used)
      : 'it is not known to be a mean over samples that keeps nothing from batch to batch';
    if (reason !== undefined)
      return `accumulate ${accumulate} does not go with the loss ${used.name}: ${reason}`;
  }
  return undefined;
}

/** What batches and their use say against each other, or undefined. */
function wrongBatches({ sampling, batchSize, loss, auxiliaryLoss }: TrainingConfig): string | undefined {
  const isBalanced = sampling.kind === 'balanced';
  if (isBalanced && sampling.people * sampling.images !== batchSize)
    return (
      `sampling of ${sampling.people} people with ${sampling.images} images each makes batches of ` +
      `${sampling.people * sampling.images} images, but batchSize is ${batchSize}`
    );
  const batches = { batchSize, imagesPerPerson: isBalanced ? sampling.images : null };
  for (const used of [loss, auxiliaryLoss]) {
    const wrong = used && lossOf(used).batchContradiction?.(used, batches);
    if (wrong) return wrong;
  }
  return undefined;
}
