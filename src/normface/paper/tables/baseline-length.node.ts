/** How far the baseline is from the end of its learning: a control that still learns makes every fine-tune look good. */

import { estimate } from '../../../common/statistics.ts';
import { differenceOf, differenceText, percentEstimate } from '../../evaluation/verdict.ts';
import type { Plan, PlannedExperiment } from '../experiment.ts';
import { comparedResults, measurementsByLabel } from './compared-results.node.ts';
import { measuredRow, pairsMeasure } from './comparison.node.ts';
import { control } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import { lengthened, type Recipe, scratchJob } from './recipe.ts';
import { baselineText, stepsText } from './recipe-text.ts';

export const baselineLength: PlannedExperiment = {
  name: 'baseline',
  title: 'The baseline, trained longer',
  paper:
    'Fine-tunes start from released models that are trained to their end: softmax with center loss for 28,000 steps of 256 images, 14.5 epochs.',
  plan: (runner) =>
    planBaselineLength(
      comparisonRecipe(runner),
      runner.seeds,
      runner.pick({ quick: [0.25, 0.5, 1], medium: [1, 2, 4], full: [0.5, 1] }),
    ),
};

/** @param factors multiples of the recipe's length, each a training of its own with the same schedule over its length; ascending */
export function planBaselineLength(
  recipe: Recipe,
  seeds: readonly number[],
  factors: readonly number[],
): Plan {
  const measure = pairsMeasure(recipe);
  const lengths = factors.map((factor) => {
    const stage = lengthened(recipe.baseline, factor);
    return { factor, stage, label: stepsText(stage) };
  });
  const jobs = seeds.flatMap((seed) =>
    lengths.map(({ factor, stage, label }) => ({
      job: scratchJob(recipe, control, seed, {
        key: factor === 1 ? 'baseline' : `baseline-times-${factor}`,
        stage,
        measures: [measure],
      }),
      label,
      seed,
    })),
  );
  return {
    jobs,
    results: async (known) => {
      const found = await measurementsByLabel(known, jobs, measure);
      const rows = lengths.flatMap(({ factor, label }) => {
        const measurements = found.get(label)!;
        return measurements.length === 0
          ? []
          : [{ key: `times-${factor}`, label, remark: `× ${factor}`, measurements }];
      });
      const [first] = rows;
      const results =
        first &&
        comparedResults(rows, {
          stem: 'baseline',
          reference: first.key,
          remarks: 'length',
          seeds,
          rule: `${recipe.protocol} (${recipe.merge})`,
        });
      if (!results) return undefined;
      const measured = rows.map(({ label, measurements }) => measuredRow(label, measurements));
      const steps = measured.slice(1).flatMap((row, k) => {
        const before = measured[k]!;
        return row.seeds!.some((seed) => before.seeds!.includes(seed))
          ? [`from ${before.label} to ${row.label} ${differenceText(differenceOf(row, before), gains)}`]
          : [];
      });
      const ends = measured.map((row) => `${percentEstimate(estimate(row.values))} % after ${row.label}`);
      return {
        ...results,
        summary: `the baseline ends at ${ends.join(', ')}`,
        text: [
          baselineText(recipe, seeds) +
            ' Each length is a training of its own, whose rate drops at the same fractions of it.',
          `It ends at ${ends.join(', ')}. ${steps.length > 0 ? `What more training brings: ${steps.join('; ')}. ` : ''}` +
            'Where that is a gain, further steps of softmax gain, too, which is why every fine-tune stands beside a control of as many.',
        ],
      };
    },
  };
}

const gains = { above: 'a gain', below: 'a loss' };
