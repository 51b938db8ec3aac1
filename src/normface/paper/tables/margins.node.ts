/** Large margins with a schedule: first without the margin, then with that of the authors, against a control of as many steps. */

import type { Plan, PlannedExperiment } from '../experiment.ts';
import type { Measure } from '../jobs/job.ts';
import { type PlannedRow, planCompared } from './compared-results.node.ts';
import { pairsMeasure } from './comparison.node.ts';
import { control, type LossRow } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import { fineTuneJob, type Recipe } from './recipe.ts';
import { baselineText, stepsText } from './recipe-text.ts';
import { settingsText } from './scratch.node.ts';

type Loss = NonNullable<LossRow['config']['loss']>;

/** A loss with a large margin, and what comes before it: as many steps of the loss without that margin. */
interface Scheduled {
  readonly key: string;
  readonly name: string;
  readonly before: Loss;
  readonly after: Loss;
}

/** Softmax over cosines at a fixed scale: ArcFace and CosFace without their margins. */
const cosines = (initial: number): Loss => ({ name: 'normface', scale: { initial, learn: false } });

/** The settings are the defaults: those of the authors (sources: docs/reference.md). A loss more is a line here. */
const scheduled: readonly Scheduled[] = [
  { key: 'arcface', name: 'ArcFace', before: cosines(64), after: { name: 'arcface' } },
  { key: 'adaface', name: 'AdaFace', before: cosines(64), after: { name: 'adaface' } },
  { key: 'cosface', name: 'CosFace / AM-Softmax', before: cosines(30), after: { name: 'cosface' } },
  // Its own annealing, from almost no margin on, is what its authors do.
  {
    key: 'sphereface',
    name: 'SphereFace',
    before: { name: 'normface', normalise: 'weights' },
    after: { name: 'sphereface' },
  },
  { key: 'circle', name: 'circle loss', before: cosines(64), after: { name: 'circle' } },
];

export const margins: PlannedExperiment = {
  name: 'margins',
  title: 'Large margins, with a schedule',
  paper:
    'Not in the paper: its losses have no margin between agents. Authors of margins train from the beginning, for long, or let the margin grow.',
  plan: (runner) => planMargins(comparisonRecipe(runner), runner.seeds),
};

export function planMargins(recipe: Recipe, seeds: readonly number[]): Plan {
  const measure = pairsMeasure(recipe);
  return planCompared(rowsToTrain(recipe, [measure]), measure, {
    stem: 'margins',
    reference: control.key,
    remarks: 'settings',
    seeds,
    rule: `${recipe.protocol} (${recipe.merge})`,
    text:
      `${baselineText(recipe, seeds)} From it each row takes ${stepsText(recipe.fineTune)} at a rate of ${recipe.fineTune.learningRate} of its loss without a margin, then as many with it; ` +
      'the control takes as many further steps of softmax, and "softmax over cosines" as many without any margin. Settings are those of the authors, but for a running deviation of lengths, which has to settle in so few steps.',
  });
}

function rowsToTrain(recipe: Recipe, measures: readonly Measure[]): PlannedRow[] {
  const rowOf = (key: string, loss: Loss, normalisation: LossRow['normalisation'] = 'yes'): LossRow => ({
    key,
    loss: key,
    normalisation,
    config: { loss },
  });
  const twice = (key: string, label: string, first: LossRow, second: LossRow): PlannedRow => ({
    key,
    label,
    remark: settingsText(second),
    job: (seed) =>
      fineTuneJob(recipe, second, seed, measures, {
        key: `margins-${key}`,
        start: fineTuneJob(recipe, first, seed, [], { key: `before-${key}` }),
      }),
  });
  const alone = rowOf('normface', { name: 'normface', scale: recipe.head.scale, ...recipe.head.agents });
  return [
    twice(control.key, 'control', control, control),
    twice('normface', 'softmax over cosines', alone, alone),
    ...scheduled.map(({ key, name, before, after }) => {
      const settled = { ...after, ...recipe.head.fineTuned[after.name] } as Loss;
      return twice(key, name, rowOf(`${key}-before`, before), rowOf(key, settled));
    }),
  ];
}
