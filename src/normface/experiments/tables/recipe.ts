/** How the tables train: a softmax baseline, and from it as many further steps under each loss (sections 7.5, 7.6). */

import type { MergeName } from '../../evaluation/merge.ts';
import type { TrainingConfigInput } from '../../training/config.ts';
import type { Faces } from '../data-sources.node.ts';
import type { HeadSettings, LossRow } from './loss-rows.ts';

/** Settings of training and evaluation that all rows of a table share. */
export interface Recipe {
  /** What the names of its runs begin with. */
  readonly name: string;
  readonly net: string;
  readonly faces: Faces;
  readonly batchSize: number;
  readonly augmentation: NonNullable<TrainingConfigInput['augmentation']>;
  readonly baseline: Stage;
  readonly fineTune: Stage;
  readonly head: HeadSettings;
  /** How image and mirror image are merged in the evaluation. */
  readonly merge: MergeName;
  /** Evaluated checkpoints of a fine-tune, the last ones: the paper reports the mean over five. */
  readonly snapshots: number;
}

export interface Stage {
  readonly steps: number;
  readonly learningRate: number;
  readonly schedule?: TrainingConfigInput['schedule'];
}

type Sizes = Omit<Recipe, 'name' | 'faces'>;

/** Minutes on a software driver. */
export const quickSizes: Sizes = {
  net: 'tiny',
  batchSize: 32,
  augmentation: { mirror: true, shift: 2 },
  baseline: { steps: 600, learningRate: 0.05, schedule: { kind: 'multistep', milestones: [0.5, 0.8] } },
  fineTune: { steps: 100, learningRate: 0.01 },
  head: {
    scale: { initial: 16, learn: false },
    jointScale: { initial: 16, learn: false },
    agents: { learningRateMultiplier: 10 },
  },
  merge: 'front',
  snapshots: 1,
};

/** The paper's: section 7.5 for the schedules, the paper-time heads of section 3.5. */
export const paperSizes: Sizes = {
  net: 'center-face-resnet',
  batchSize: 256,
  augmentation: { mirror: true },
  baseline: {
    steps: 28_000,
    learningRate: 0.1,
    schedule: { kind: 'multistep', milestones: [16_000, 24_000] },
  },
  fineTune: { steps: 10_000, learningRate: 1e-3 },
  head: { scale: { initial: 10 }, jointScale: { initial: 4 }, agents: {} },
  merge: 'sum',
  snapshots: 5,
};

function stageConfig({ net, faces, batchSize, augmentation, snapshots }: Recipe, stage: Stage, seed: number) {
  return {
    seed,
    net,
    data: faces.data,
    evaluation: faces.evaluation,
    optimiser: { name: 'sgd', learningRate: stage.learningRate, momentum: 0.9, weightDecay: 5e-4 },
    schedule: stage.schedule ?? { kind: 'constant' },
    batchSize,
    steps: stage.steps,
    augmentation,
    checkpoint: {
      everySteps: snapshots > 1 ? Math.max(1, stage.steps / (2 * snapshots)) : 0,
      keep: snapshots,
    },
  } satisfies TrainingConfigInput;
}

/** The run that every row starts from. */
export function baselineConfig(recipe: Recipe, seed: number): TrainingConfigInput {
  return { ...stageConfig(recipe, recipe.baseline, seed), loss: { name: 'softmax', bias: true } };
}

/**
 * The run of one row. Class weights go on where the loss is softmax as before and start anew where it is another.
 * @param from checkpoint of the baseline
 */
export function fineTuneConfig(
  recipe: Recipe,
  row: LossRow,
  from: string,
  seed: number,
): TrainingConfigInput {
  return {
    ...stageConfig(recipe, recipe.fineTune, seed),
    ...row.config,
    initialise: { from, head: row.normalisation === 'no' ? 'keep' : 'new' },
  };
}
