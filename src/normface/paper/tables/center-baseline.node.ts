/**
 * Softmax over cosines from a baseline that has seen the center loss, as the paper starts it (arXiv 1704.06369, section 5.1): in Table 2 all rows start
 * from softmax alone, so that there "softmax + center" is a fine-tune like the others.
 */

import type { Plan, PlannedExperiment } from '../experiment.ts';
import type { Measure } from '../jobs/job.ts';
import { type PlannedRow, planCompared } from './compared-results.node.ts';
import { pairsMeasure } from './comparison.node.ts';
import { type LossRow, labelOf, paperRows, rowsOf } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import { fineTuneJob, type Recipe, scratchJob } from './recipe.ts';
import { baselineText, stepsText } from './recipe-text.ts';
import { settingsText } from './scratch.node.ts';

/** Key of the loss of the baseline, which its further steps are the control of, and of the losses that go on from it. */
const startKey = 'softmax-center';
const keys: readonly string[] = ['normface', 'normface-center', 'normface-c-contrastive'];

export const centerBaseline: PlannedExperiment = {
  name: 'center-baseline',
  title: 'From a baseline with center loss',
  paper:
    'Its fine-tunes start from the released model of softmax + center, 99.03 %; softmax over cosines ends at 99.16 %, with center at 99.17 % and with C-contrastive at 99.19 %.',
  plan: (runner) => planCenterBaseline(comparisonRecipe(runner), runner.seeds),
};

export function planCenterBaseline(recipe: Recipe, seeds: readonly number[]): Plan {
  const measure = pairsMeasure(recipe);
  return planCompared(rowsToTrain(recipe, [measure]), measure, {
    stem: 'center-baseline',
    reference: startKey,
    remarks: 'settings',
    seeds,
    rule: `${recipe.protocol} (${recipe.merge})`,
    text:
      `${baselineText(recipe, seeds, 'softmax + center')} From it ${stepsText(recipe.fineTune)} at a rate of ${recipe.fineTune.learningRate}, of the same two losses (further steps, with the centers of the baseline) or of softmax over cosines, alone or with a second loss whose agents are new. ` +
      'Class weights go on from the baseline.',
  });
}

function rowsToTrain(recipe: Recipe, measures: readonly Measure[]): PlannedRow[] {
  const rows = paperRows(recipe.head);
  const [start] = rowsOf(rows, [startKey]);
  const baseline = (seed: number) =>
    scratchJob(recipe, start!, seed, { key: 'center-baseline', stage: recipe.baseline, measures });
  const fineTuned = (row: LossRow, label: string): PlannedRow => ({
    key: row.key,
    label,
    remark: settingsText(row),
    job: (seed) =>
      fineTuneJob(recipe, row, seed, measures, { key: `center-${row.key}`, start: baseline(seed) }),
  });
  return [
    { key: 'baseline', label: 'baseline', remark: settingsText(start!), job: baseline },
    fineTuned(start!, 'further steps'),
    ...rowsOf(rows, keys).map((row) => fineTuned(row, labelOf(row))),
  ];
}
