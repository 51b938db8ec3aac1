/** Losses trained from the beginning, all for as long: the comparison that papers on margins make. */

import type { Plan, PlannedExperiment } from '../experiment.ts';
import type { ExperimentRunner } from '../experiment-runner.node.ts';
import type { Measure } from '../jobs/job.ts';
import { type PlannedRow, planCompared } from './compared-results.node.ts';
import { pairsMeasure } from './comparison.node.ts';
import { control, type LossRow, laterRows, paperRows, rowsOf, todaysRows } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import { lengthened, type Recipe, type Stage, scratchJob } from './recipe.ts';
import { baselineText } from './recipe-text.ts';

/** Keys of the rows of Table 2 that are trained from the beginning, too; a loss more is a word here. */
export const scratchKeys: readonly string[] = [
  control.key,
  'softmax-center',
  'normface',
  'cosface',
  'arcface',
  'adaface',
  'magface',
  'elasticface',
  'curricularface',
  'uniface',
];

export const scratch: PlannedExperiment = {
  name: 'scratch',
  title: 'From the beginning: the losses with equal budgets',
  paper:
    'Trained from the beginning, C-contrastive is about as good as the center loss and scaled softmax about as good as softmax; papers on margins find CosFace and ArcFace above both.',
  plan: (runner) => {
    const recipe = comparisonRecipe(runner);
    return planScratch(recipe, runner.seeds, scratchStage(recipe, runner));
  },
};

/**
 * As many steps as baseline and fine-tune together, after a warm-up. The gradient of a cosine goes with 1 / ‖f‖ and stands at a right angle to f, so that
 * every step makes the feature longer and the next ones smaller. Nets without a batch norm before the feature begin with short ones: at the full rate the
 * features of `small` were two hundred times as long after ten steps of AdaFace, and a thousand million times after forty of MagFace, which wants long ones.
 */
export function scratchStage({ baseline }: Recipe, runner: Pick<ExperimentRunner, 'pick'>): Stage {
  const { factor, warmupSteps } = runner.pick({
    quick: { factor: 0.25, warmupSteps: 15 },
    medium: { factor: 1.5, warmupSteps: 120 },
    full: { factor: 1, warmupSteps: 2000 },
  });
  const stage = lengthened(baseline, factor);
  return { ...stage, schedule: { ...stage.schedule, kind: stage.schedule?.kind ?? 'constant', warmupSteps } };
}

interface ScratchOptions {
  readonly stage: Stage;
  readonly keys?: readonly string[];
  readonly measures: readonly Measure[];
}

/** The rows with their trainings. */
export function scratchRows(
  recipe: Recipe,
  { stage, keys = scratchKeys, measures }: ScratchOptions,
): PlannedRow[] {
  const head = { ...recipe.head, fineTuned: {} };
  const rows = rowsOf([...paperRows(head), ...laterRows(head), ...todaysRows(head)], keys);
  return rows.map((row) => ({
    key: row.key,
    label: labelOf(row),
    remark: settingsText(row),
    job: (seed) => scratchJob(recipe, row, seed, { key: `scratch-${row.key}`, stage, measures }),
  }));
}

/** @param stage as `scratchStage` makes it */
export function planScratch(
  recipe: Recipe,
  seeds: readonly number[],
  stage: Stage,
  keys: readonly string[] = scratchKeys,
): Plan {
  const measure = pairsMeasure(recipe);
  return planCompared(scratchRows(recipe, { stage, keys, measures: [measure] }), measure, {
    stem: 'scratch',
    reference: control.key,
    remarks: 'settings',
    seeds,
    rule: `${recipe.protocol} (${recipe.merge})`,
    text: `${baselineText({ ...recipe, baseline: stage }, seeds)} The other losses take as many steps at the same rates, from the same initial net. The rate rises over the first ${stage.schedule?.warmupSteps} steps: the gradient of a cosine is at a right angle to its feature and makes it longer, and features of this net begin short.`,
  });
}

function labelOf({ loss, normalisation, key }: LossRow): string {
  return key === control.key || normalisation === 'no' ? loss : `${loss}, normalised`;
}

/** The settings of a row's loss, as a configuration has them. */
export function settingsText({ config: { loss, auxiliaryLoss } }: LossRow): string {
  const parts = [loss, auxiliaryLoss].flatMap((one) => {
    if (!one) return [];
    const { name, ...settings } = one as { name: string };
    return [Object.keys(settings).length === 0 ? name : `${name} ${JSON.stringify(settings)}`];
  });
  return parts.join(' + ');
}
