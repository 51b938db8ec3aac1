/** The configuration of a training run: its schema, its defaults and the sentences that explain a wrong one. */

import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { casiaOverlap } from '../../data/protocols/casia-overlap.ts';
import { lossOf, lossSchema } from '../../losses/index.ts';
import { defaultLoss } from '../../losses/names.ts';
import { checkNet } from '../../nets/check-net.ts';
import { netOf } from '../../nets/index.ts';
import type { Net } from '../../nets/net.ts';
import { explain, type JsonSchema } from './explain.ts';

const fraction = z.number().min(0).max(1);
const count = z.int().min(1);

const heightAndWidth = z.tuple([z.int().min(8).max(1024), z.int().min(8).max(1024)]);

const overlapLists = Object.keys(casiaOverlap) as (keyof typeof casiaOverlap)[];

const data = z.strictObject({
  /**
   * A folder, an archive, MNIST such as `mnist:data/mnist,first=0,count=8000`, or generated faces such as
   * `generated:identities=200,samples=20,seed=1`.
   */
  path: z.string().min(1).default('generated'),
  pairs: z.string().min(1).optional(),
  /** Folds of data.pairs whose people are left out of the training. */
  excludeFolds: z.array(count).default([]),
  /** People who are left out: a list of those that CASIA-WebFace shares with LFW (docs/reference.md#casia-webface-without-lfw), or their names. */
  removeIdentities: z
    .union([z.enum(overlapLists), z.array(z.string().min(1))], {
      error: `expected one of ${overlapLists.join(', ')}, or a list of names`,
    })
    .optional(),
  /** Only the training images of one trial of BLUFR; its test images may judge the run (docs/reference.md#blufr). */
  blufr: z.strictObject({ splits: z.string().min(1), trial: count }).optional(),
  /** People with fewer images are left out. */
  minimumImages: count.default(2),
  /** Height and width of the images; by default those the net was designed for. */
  imageSize: heightAndWidth.optional(),
  /** Height and width of the part of each image that the net gets: in training anywhere, otherwise its centre (docs/reference.md#aligned-crops). Default: all. */
  cropSize: heightAndWidth.optional(),
  /** Scale images of another size; false stops at the first one. */
  resize: z.boolean().default(true),
  /** Stop at the first image that cannot be read instead of leaving it out. */
  strict: z.boolean().default(false),
});

/** `balanced`: batches of so many people with so many images each, for losses of pairs and triplets. */
const sampling = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('shuffled') }),
  z.strictObject({ kind: z.literal('balanced'), people: count.min(2), images: count }),
]);

const evaluation = z.strictObject({
  /** Steps between evaluations while training; 0: none. */
  everySteps: z.int().min(0).default(0),
  /** Images to evaluate on; by default those of data.path, with the pairs of data.pairs. */
  data: z.string().min(1).optional(),
  /** A list of pairs; without one they are drawn from evaluation.data: ten folds of so many pairs of each kind. */
  pairs: z.string().min(1).optional(),
  pairsPerFold: count.default(100),
  /** Look at the pairs of these folds only; by default all. */
  folds: z.array(count).min(2).optional(),
  /** Judge one fold at the threshold that is best on another; while training only the threshold's fold is looked at. */
  thresholdFold: count.optional(),
  testFold: count.optional(),
});

const schedule = z.strictObject({
  kind: z.enum(['constant', 'step', 'multistep', 'cosine']).default('constant'),
  /** Multistep: where the rate drops; a number below 1 is a fraction of the run, otherwise a step. */
  milestones: z.array(z.number().positive()).default([]),
  /** Step: the rate drops every so many steps; a number below 1 is a fraction of the run. */
  every: z.number().positive().optional(),
  gamma: z.number().positive().max(1).default(0.1),
  /** Cosine: the rate at the end as a fraction of the first. */
  final: fraction.default(0),
  warmupSteps: z.int().min(0).default(0),
});

const isNetData = (value: unknown): value is Net => typeof value === 'object' && value !== null;

/** A net by its name, or as data. On the command line a configuration may also name a file: `resolveConfig` reads it. */
const net = z.union([z.string().min(1), z.custom<Net>(isNetData)], {
  error: 'expected the name of a net, a file whose name ends in .json, or a net as data',
});

const keys = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'use letters, digits, ".", "_" and "-"')
    .default('train'),
  output: z.string().min(1).default('runs'),
  seed: z.int().min(0).max(0xffffffff).default(1),
  net: net.default('small'),
  data: data.prefault({}),
  sampling: sampling.prefault({ kind: 'shuffled' }),
  loss: lossSchema.prefault({ name: defaultLoss }),
  /** A second loss on the same features with its own class matrix (docs/reference.md#two-losses-together). */
  auxiliaryLoss: lossSchema.optional(),
  initialise: z
    .strictObject({ from: z.string().min(1), head: z.enum(['keep', 'new']).default('keep') })
    .optional(),
  optimiser: z
    .strictObject({
      name: z.enum(['sgd', 'adam', 'adamw']).default('sgd'),
      learningRate: z.number().positive().default(0.05),
      /** Of sgd; the others have moments of their own. */
      momentum: z.number().min(0).max(0.9999).default(0.9),
      /** Of sgd: Nesterov's momentum. */
      nesterov: z.boolean().optional(),
      weightDecay: z.number().min(0).default(5e-4),
      clipNorm: z.number().positive().optional(),
    })
    .refine(({ name, momentum, nesterov }) => !nesterov || (name === 'sgd' && momentum > 0), {
      error: 'nesterov is for sgd with a momentum above 0',
    })
    .prefault({}),
  schedule: schedule.prefault({}),
  batchSize: count.max(65536).default(64),
  epochs: z.number().positive().max(1e6).optional(),
  steps: count.optional(),
  augmentation: z
    .strictObject({
      mirror: z.boolean().default(true),
      /** Largest shift of the image, or of a crop from its centre, in pixels. */
      shift: z.int().min(0).max(64).default(0),
      /** With data.cropSize: crops from anywhere in the image; false: from its centre. */
      randomCrop: z.boolean().default(true),
    })
    .prefault({}),
  evaluation: evaluation.prefault({}),
  checkpoint: z
    .strictObject({
      /** 0: only at the end and when interrupted. */
      everySteps: z.int().min(0).default(200),
      keep: count.default(3),
    })
    .prefault({}),
  log: z.strictObject({ everySteps: count.default(10) }).prefault({}),
});

const trainingConfig = keys.transform((config) => {
  const [height, width] = netOf(config.net).input;
  return { ...config, data: { ...config.data, imageSize: config.data.imageSize ?? [height, width] } };
});

/** A training configuration with every default filled in. */
export type TrainingConfig = z.output<typeof trainingConfig>;
/** What a person may write: everything is optional. */
export type TrainingConfigInput = z.input<typeof trainingConfig>;
export type { LossConfig } from '../../losses/index.ts';
export type ScheduleConfig = TrainingConfig['schedule'];

/** Height and width of what the net gets. */
export function inputSize({ imageSize, cropSize }: TrainingConfig['data']): readonly [number, number] {
  return cropSize ?? imageSize;
}

/** JSON Schema of the configuration, for editors. */
export function configSchema(): JsonSchema {
  // A net as data is checked by `checkNet`, which no JSON Schema can say.
  return z.toJSONSchema(trainingConfig, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
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
  return wrongBatches(config);
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
