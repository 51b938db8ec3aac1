/** Figure 8: how much of a second loss helps softmax over cosines (arXiv 1704.06369, section 5.2). */

import { type Estimate, estimate } from '../../../common/statistics.ts';
import { mean } from '../../evaluation/result.ts';
import {
  againstControlSummary,
  againstControlText,
  differenceOf,
  differenceText,
  type MeasuredRow,
  percentEstimate,
} from '../../evaluation/verdict.ts';
import type { ExperimentResults, Plan, PlannedExperiment } from '../experiment.ts';
import { ofFinishedSeeds } from '../jobs/finished-seeds.ts';
import { linePlot } from '../line-plot.node.ts';
import { measuredRow, measuredRows, pairsMeasure, rowJobs } from './comparison.node.ts';
import { controlAmong, jointConfig, type LossRow, labelOf, paperRows, rowsOf } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import type { Recipe } from './recipe.ts';
import { recipeText } from './recipe-text.ts';

/** Second losses; the negative margin 0 of the author's layer is the center loss. */
const kinds = [
  { key: 'c-contrastive', name: 'C-contrastive', negativeMargin: 1 },
  { key: 'center', name: 'center', negativeMargin: 0 },
] as const;

export const fig8: PlannedExperiment = {
  name: 'fig8',
  title: 'Figure 8: accuracy against the weight of a second loss',
  paper:
    'Adding C-contrastive to the normalised softmax changes the accuracy less over the range of weights than adding the center loss; both lie above the softmax baseline.',
  plan: (runner) =>
    planFig8(
      comparisonRecipe(runner),
      runner.comparisonSeeds,
      runner.pick({
        quick: [1e-3, 1e-2, 1e-1, 1],
        medium: [1e-3, 1e-2, 1e-1],
        full: [1e-4, 1e-3, 1e-2, 1e-1, 1],
      }),
    ),
};

export function planFig8(recipe: Recipe, seeds: readonly number[], weights: readonly number[]): Plan {
  const swept = kinds.flatMap(({ key, name, negativeMargin }) =>
    weights.map(
      (weight): LossRow => ({
        key: `normface-${key}-${weight}`,
        loss: `softmax + ${weight} ${name}`,
        normalisation: 'yes',
        config: jointConfig(recipe.head, negativeMargin, weight),
      }),
    ),
  );
  const known = paperRows(recipe.head);
  const [alone] = rowsOf(known, ['normface']);
  // All of them learn their class weights equally fast, so one control serves for all.
  const { row: further } = controlAmong(
    known.map((row) => ({ row })),
    alone!,
  );
  const rows = [further!, alone!, ...swept];
  const measure = pairsMeasure(recipe);
  const jobs = rowJobs(recipe, rows, seeds, [measure]);
  return {
    jobs,
    results: async (values) => {
      const { done } = await ofFinishedSeeds(values, jobs, measure);
      if (done.length === 0) return undefined;
      const finished = jobs.filter(({ seed }) => done.includes(seed));
      const measured = await measuredRows(values, rows.length, finished, measure);
      return experimentResults(
        recipe,
        weights,
        measured.map((row, k) => measuredRow(labelOf(rows[k]!), row)),
        done,
      );
    },
  };
}

/** @param measured the control, softmax over cosines alone, then every kind and weight */
export function experimentResults(
  recipe: Recipe,
  weights: readonly number[],
  measured: readonly MeasuredRow[],
  seeds: readonly number[],
): ExperimentResults {
  const [control, single, ...swept] = measured as readonly [MeasuredRow, MeasuredRow, ...MeasuredRow[]];
  const baseline = estimate(control.values);
  const alone = estimate(single.values);
  const curves = kinds.map(({ name }, k) => {
    const rows = swept.slice(k * weights.length, (k + 1) * weights.length);
    // Of each seed, so that the seeds show whether one kind is flatter.
    const ranges = seeds.map((_, seed) => rangeOf(rows.map(({ values }) => values[seed]!)));
    return {
      name,
      points: rows.map(({ values }) => estimate(values)),
      range: { label: name, values: ranges },
      average: averageOf(`softmax + ${name}, normalised`, rows),
    };
  });
  const [contrastive, center] = curves;
  const flatness = differenceOf(contrastive!.range, center!.range);
  const rangeText = ({ mean, error }: Estimate) =>
    `${(100 * mean).toFixed(2)}${error === null ? '' : ` ± ${(100 * error).toFixed(2)}`}`;
  const inPercent = (estimates: readonly Estimate[], value: (one: Estimate) => number) =>
    estimates.map((one) => 100 * value(one));
  const pairs = control.units ? `${control.units[0]!.length.toLocaleString('en-US')} pairs` : undefined;
  const flatter = differenceText(flatness, {
    above: 'C-contrastive is the less flat one, other than in the paper',
    below: 'C-contrastive is the flatter one, as in the paper',
    indistinct: 'which of the two is flatter is not distinguishable',
  });
  // Means over nearly the same losses from the same seeds, which do not scatter independently.
  const against = [single, ...curves.map(({ average }) => average)].map((row) => ({ row, control }));
  return {
    summary: `range over the weights, C-contrastive less center: ${flatter}; averaged over the weights ${againstControlSummary(against, 'own')}`,
    text: [
      recipeText(recipe, seeds),
      `Between the worst and the best weight of one seed lie ${curves.map(({ name, range }) => `${rangeText(estimate(range.values))} points for ${name}`).join(' and ')}: ` +
        `the range of C-contrastive less that of center is ${flatter}.`,
      `The average over the weights. ${againstControlText(against, pairs, { spread: 'own' })} The control reaches ${percentEstimate(baseline)} %, the normalised softmax alone ${percentEstimate(alone)} %.`,
    ],
    tables: [
      {
        stem: 'fig8',
        columns: ['second loss', 'weight', 'seed', 'accuracy'],
        rows: [
          ...['control', 'none'].map((name, k) => ({ name, weight: 0, values: measured[k]!.values })),
          ...kinds.flatMap(({ name }, k) =>
            weights.map((weight, w) => ({ name, weight, values: swept[k * weights.length + w]!.values })),
          ),
        ].flatMap(({ name, weight, values }) => values.map((value, k) => [name, weight, seeds[k]!, value])),
        display: {
          columns: [
            { header: 'weight', align: 'right' },
            ...kinds.map(({ name }) => ({ header: `+ ${name}`, align: 'right' as const })),
          ],
          rows: weights.map((weight, w) => [
            String(weight),
            ...curves.map(({ points }) => percentEstimate(points[w]!)),
          ]),
          notes: [
            `Accuracy in per cent${seeds.length > 1 ? ', mean ± standard deviation over the seeds' : ', one seed'}.`,
          ],
        },
      },
    ],
    figures: [
      {
        stem: 'fig8',
        svg: linePlot(
          curves.map(({ name, points }, k) => ({
            name: `softmax + ${name}, normalised`,
            shortName: `+ ${name}`,
            // Beside each other, so that both bars can be seen.
            x: weights.map((weight) => weight * [0.94, 1.06][k]!),
            y: inPercent(points, ({ mean }) => mean),
            error: inPercent(points, ({ std }) => std ?? 0),
          })),
          {
            xLabel: 'weight of the second loss',
            yLabel: 'accuracy in %',
            logX: true,
            xTicks: weights,
            xDomain: [weights[0]! / 2, weights[weights.length - 1]! * 2],
            rules: [
              { name: 'normalised softmax alone', value: 100 * alone.mean, color: 2 },
              { name: 'control', value: 100 * baseline.mean },
            ],
            bands: [
              {
                low: 100 * (baseline.mean - (baseline.std ?? 0)),
                high: 100 * (baseline.mean + (baseline.std ?? 0)),
              },
            ],
          },
        ),
        caption: `Accuracy against the weight of the second loss${seeds.length > 1 ? '; bars and the shaded band of the control are standard deviations over the seeds' : ', one seed'}.`,
      },
    ],
  };
}

function rangeOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

/** The mean of several rows, as one. */
function averageOf(label: string, rows: readonly MeasuredRow[]): MeasuredRow {
  return {
    label,
    values: rows[0]!.values.map((_, seed) => mean(rows.map(({ values }) => values[seed]!))),
    units: rows[0]!.units?.map((ofSeed, seed) =>
      Float64Array.from(ofSeed, (_, unit) => mean(rows.map(({ units }) => units![seed]![unit]!))),
    ),
  };
}
