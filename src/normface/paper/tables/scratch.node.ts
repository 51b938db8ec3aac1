/** Losses trained from the beginning, all for as long: the comparison that papers on margins make. */

import type { Plan, PlannedExperiment } from '../experiment.ts';
import type { ExperimentRunner } from '../experiment-runner.node.ts';
import type { Measure, PlannedJob } from '../jobs/job.ts';
import { comparedResults, measurementsByLabel } from './compared-results.node.ts';
import { pairsMeasure } from './comparison.node.ts';
import { control, type LossRow, laterRows, paperRows, rowsOf, todaysRows } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import { lengthened, type Recipe, scratchJob } from './recipe.ts';
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
  plan: (runner) => planScratch(comparisonRecipe(runner), runner.seeds, scratchFactor(runner)),
};

/** Length as a multiple of the baseline's. */
export function scratchFactor(runner: Pick<ExperimentRunner, 'pick'>): number {
  return runner.pick({ quick: 0.25, medium: 2, full: 1 });
}

interface ScratchOptions {
  readonly factor: number;
  readonly keys?: readonly string[];
  readonly measures: readonly Measure[];
}

/** The trainings of some rows, seed by seed. */
export function scratchJobs(
  recipe: Recipe,
  seeds: readonly number[],
  { factor, keys = scratchKeys, measures }: ScratchOptions,
): PlannedJob[] {
  const stage = lengthened(recipe.baseline, factor);
  return seeds.flatMap((seed) =>
    scratchRows(recipe, keys).map((row) => ({
      job: scratchJob(recipe, row, seed, { key: keyOf(row, factor), stage, measures }),
      label: labelOf(row),
      seed,
    })),
  );
}

function scratchRows(recipe: Recipe, keys: readonly string[]): LossRow[] {
  const head = { ...recipe.head, fineTuned: {} };
  return rowsOf([...paperRows(head), ...laterRows(head), ...todaysRows(head)], keys);
}

/** @param factor as `scratchFactor` gives it */
export function planScratch(
  recipe: Recipe,
  seeds: readonly number[],
  factor: number,
  keys: readonly string[] = scratchKeys,
): Plan {
  const measure = pairsMeasure(recipe);
  const rows = scratchRows(recipe, keys);
  const stage = lengthened(recipe.baseline, factor);
  const jobs = scratchJobs(recipe, seeds, { factor, keys, measures: [measure] });
  return {
    jobs,
    results: async (known) => {
      const found = await measurementsByLabel(known, jobs, measure);
      const results = comparedResults(
        rows.map((row) => ({
          key: row.key,
          label: labelOf(row),
          remark: settingsText(row),
          measurements: found.get(labelOf(row))!,
        })),
        {
          stem: 'scratch',
          reference: control.key,
          remarks: 'settings',
          seeds,
          rule: `${recipe.protocol} (${recipe.merge})`,
        },
      );
      return (
        results && {
          ...results,
          text: [
            `${baselineText({ ...recipe, baseline: stage }, seeds)} The other losses take as many steps at the same rates, from the same initial net.`,
            results.text,
          ],
        }
      );
    },
  };
}

/** The one training that is a baseline of this length has its name. */
function keyOf({ key }: LossRow, factor: number): string {
  const length = factor === 1 ? '' : `-times-${factor}`;
  return key === control.key ? `baseline${length}` : `scratch-${key}${length}`;
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
