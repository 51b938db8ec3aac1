/** How the tables train: a softmax baseline, and from it as many further steps under each loss (docs/reference.md#schedules). */

import type { MergeName } from '../../evaluation/merge.ts';
import type { ProtocolName } from '../../evaluation/protocol-names.ts';
import type { TrainingConfigInput } from '../../training/config/config.ts';
import type { Faces } from '../data-sources.node.ts';
import type { Job, Measure } from '../jobs/job.ts';
import { control, type HeadSettings, type LossRow } from './loss-rows.ts';

/** Settings of training and evaluation that all rows of a table share. */
export interface Recipe {
  /** What the names of its runs begin with. */
  readonly name: string;
  readonly net: string;
  readonly faces: Faces;
  readonly augmentation: NonNullable<TrainingConfigInput['augmentation']>;
  readonly baseline: Stage;
  readonly fineTune: Stage;
  /** Where it is not f32 (docs/training.md#half-precision). */
  readonly precision?: 'f16';
  readonly head: HeadSettings;
  /** Whether class weights are initialised again where the loss is another, or go on from the baseline's as far as they have the same shape. */
  readonly newClassWeights: boolean;
  /** The rule behind its accuracies. */
  readonly protocol: ProtocolName;
  /** How image and mirror image are merged in the evaluation. */
  readonly merge: MergeName;
  /** Checkpoints that are evaluated, the last ones: the paper reports the mean over five, a thousand steps apart. */
  readonly snapshots: { readonly count: number; readonly everySteps: number };
}

/** Its length is in `steps`, or in `epochs` where data sets of different sizes share the recipe. */
export interface Stage {
  readonly batchSize: number;
  readonly steps?: number;
  readonly epochs?: number;
  readonly learningRate: number;
  readonly schedule?: TrainingConfigInput['schedule'];
  /** Adam without weight decay, in place of SGD with momentum 0.9 and decay 5e-4. */
  readonly adam?: boolean;
}

export type Sizes = Omit<Recipe, 'name' | 'faces'>;

/** Minutes on a software driver. */
export const quickSizes: Sizes = {
  net: 'tiny',
  augmentation: { mirror: true, shift: 2 },
  baseline: {
    batchSize: 32,
    steps: 600,
    learningRate: 0.05,
    schedule: { kind: 'multistep', milestones: [0.5, 0.8] },
  },
  fineTune: { batchSize: 32, steps: 80, learningRate: 0.02, schedule: { kind: 'cosine' } },
  head: {
    scale: { initial: 16, learn: false },
    jointScale: { initial: 16, learn: false },
    agents: { learningRateMultiplier: 10 },
    distanceAgents: { learningRateMultiplier: 100 },
    // So few steps at ten times the rate, and s = 64, weight 50 or γ = 256, undo the baseline.
    later: {
      arcface: { scale: { initial: 30 }, margin: 0.3 },
      sphereface2: { weight: 5 },
      circle: { gamma: 32 },
      adaface: { scale: { initial: 30 }, margin: 0.3 },
      magface: { scale: { initial: 30 }, leastMargin: 0.2, mostMargin: 0.4 },
      elasticface: { scale: { initial: 30 }, margin: 0.3 },
      curricularface: { scale: { initial: 30 }, margin: 0.3 },
      uniface: { s: 30, margin: 0.3, weight: 0.2 },
    },
    // As those of the preset `medium`, for this baseline.
    fineTuned: {
      adaface: { alpha: 0.1 },
      sphereface2: { bias: { initial: -5 } },
      uniface: { bias: { initial: 15 } },
    },
  },
  newClassWeights: false,
  protocol: 'normface-pca',
  merge: 'front',
  snapshots: { count: 1, everySteps: 0 },
};

/** The paper's: schedules of docs/reference.md#schedules, heads of its time as in docs/reference.md#class-weights-of-the-heads. */
export const paperSizes: Sizes = {
  net: 'center-face-resnet',
  augmentation: { mirror: true },
  baseline: {
    batchSize: 256,
    steps: 28_000,
    learningRate: 0.1,
    schedule: { kind: 'multistep', milestones: [16_000, 24_000] },
  },
  fineTune: { batchSize: 256, steps: 10_000, learningRate: 1e-3 },
  head: {
    scale: { initial: 10 },
    jointScale: { initial: 4 },
    agents: {},
    distanceAgents: {},
    later: {},
    fineTuned: {},
  },
  newClassWeights: true,
  protocol: 'normface-pca',
  merge: 'sum',
  snapshots: { count: 5, everySteps: 1000 },
};

/** The same for the Light CNN, whose steps take longer. */
export const lightQuickSizes: Sizes = {
  ...quickSizes,
  net: 'light-cnn-small',
  // It diverges at the rates of the others.
  baseline: { ...quickSizes.baseline, steps: 300, learningRate: 0.002 },
  fineTune: { ...quickSizes.fineTune, steps: 60, learningRate: 0.001 },
  protocol: 'normface-nopca',
  merge: 'sum',
};

/** Wu's training (docs/reference.md#schedules), random crops, and no PCA in the evaluation (MirrorFace.md of happynear/NormFace). */
export const lightPaperSizes: Sizes = {
  ...paperSizes,
  net: 'light-cnn-b',
  augmentation: { mirror: true, randomCrop: true },
  baseline: {
    batchSize: 32,
    steps: 2_000_000,
    learningRate: 1e-3,
    schedule: { kind: 'step', every: 400_000, gamma: 0.5493 },
  },
  fineTune: { ...paperSizes.fineTune, learningRate: 1e-4 },
  protocol: 'normface-nopca',
};

/** The same stage for a multiple of its length, and drops of its rate at the same fractions of it. */
export function lengthened(stage: Stage, factor: number): Stage {
  const { steps, epochs, schedule, ...kept } = stage;
  // Below 1 they are fractions of the length already.
  const stretched = (position: number) => (position < 1 ? position : position * factor);
  const { milestones, every } = schedule ?? {};
  return {
    ...kept,
    ...(schedule && {
      schedule: {
        ...schedule,
        ...(milestones && { milestones: milestones.map(stretched) }),
        ...(every !== undefined && { every: stretched(every) }),
      },
    }),
    ...(steps !== undefined && { steps: Math.round(steps * factor) }),
    ...(epochs !== undefined && { epochs: epochs * factor }),
  };
}

function stageConfig({ net, faces, augmentation, snapshots, precision }: Recipe, stage: Stage, seed: number) {
  const { learningRate, adam = false, batchSize, steps, epochs } = stage;
  return {
    seed,
    net,
    data: faces.data,
    evaluation: faces.evaluation,
    optimiser: adam
      ? { name: 'adam', learningRate, weightDecay: 0 }
      : { name: 'sgd', learningRate, momentum: 0.9, weightDecay: 5e-4 },
    schedule: stage.schedule ?? { kind: 'constant' },
    batchSize,
    ...(steps === undefined ? { epochs } : { steps }),
    augmentation,
    checkpoint: { everySteps: snapshots.everySteps, keep: snapshots.count },
    // A job in f32 is what it was before there was a choice.
    ...(precision && { precision }),
  } satisfies TrainingConfigInput;
}

/** A training of a row's loss from the beginning. */
export function scratchJob(
  recipe: Recipe,
  row: LossRow,
  seed: number,
  { key, stage, measures = [] }: { key: string; stage: Stage; measures?: readonly Measure[] },
): Job {
  return {
    key: `${recipe.name}-${key}-s${seed}`,
    config: { ...stageConfig(recipe, stage, seed), ...row.config },
    measures,
  };
}

/** The job that every row starts from. */
export function baselineJob(recipe: Recipe, seed: number, measures: readonly Measure[] = []): Job {
  return scratchJob(recipe, control, seed, { key: 'baseline', stage: recipe.baseline, measures });
}

/**
 * The job of one row. Class weights go on where the loss is softmax as before and are initialised again where it is another.
 * @param start what it starts from, in place of the baseline
 */
export function fineTuneJob(
  recipe: Recipe,
  row: LossRow,
  seed: number,
  measures: readonly Measure[] = [],
  { key = row.key, start = baselineJob(recipe, seed) }: { key?: string; start?: Job } = {},
): Job {
  return {
    key: `${recipe.name}-${key}-s${seed}`,
    config: { ...stageConfig(recipe, recipe.fineTune, seed), ...row.config },
    start: { job: start, head: recipe.newClassWeights && row.normalisation !== 'no' ? 'new' : 'keep' },
    measures,
  };
}
