/** Figure 8: how much of a second loss helps softmax over cosines (sections 4.4, 9.7). */

import type { Experiment, Findings } from '../experiment.ts';
import type { Laboratory } from '../laboratory.node.ts';
import { linePlot } from '../line-plot.node.ts';
import { Comparison, perSeed } from './comparison.node.ts';
import { control, jointConfig, type LossRow, paperRows, rowsOf } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import type { Recipe } from './recipe.ts';
import { recipeText } from './recipe-text.ts';
import { type Estimate, estimate, percentEstimate } from './statistics.ts';

/** Second losses; the negative margin 0 of the author's layer is the center loss. */
const kinds = [
  { key: 'c-contrastive', name: 'C-contrastive', negativeMargin: 1 },
  { key: 'center', name: 'center', negativeMargin: 0 },
] as const;

export const fig8: Experiment = {
  name: 'fig8',
  title: 'Figure 8: accuracy against the weight of a second loss',
  paper:
    'Adding C-contrastive to the normalised softmax changes the accuracy less over the range of weights than adding the center loss; both lie above the softmax baseline.',
  run: (laboratory) =>
    runFig8(
      laboratory,
      comparisonRecipe(laboratory),
      laboratory.pick({ quick: [1e-3, 1e-2, 1e-1, 1], full: [1e-4, 1e-3, 1e-2, 1e-1, 1] }),
    ),
};

export async function runFig8(
  laboratory: Laboratory,
  recipe: Recipe,
  weights: readonly number[],
): Promise<Findings> {
  const seeds = laboratory.comparisonSeeds;
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
  const alone = rowsOf(paperRows(recipe.head), [control.key, 'normface']);
  const measured = await new Comparison(laboratory, recipe).measureRows([...alone, ...swept], seeds);
  return findingsOf(
    recipe,
    weights,
    measured.map((row) => perSeed(row)),
    seeds,
  );
}

/** @param accuracies one a seed: of the control, of softmax over cosines alone, then of every kind and weight */
export function findingsOf(
  recipe: Recipe,
  weights: readonly number[],
  accuracies: readonly (readonly number[])[],
  seeds: readonly number[],
): Findings {
  const [baseline, alone, ...swept] = accuracies.map(estimate);
  const curves = kinds.map(({ name }, k) => {
    const points = swept.slice(k * weights.length, (k + 1) * weights.length);
    return { name, points, range: rangeOf(points.map(({ mean }) => mean)) };
  });
  const [contrastive, center] = curves;
  const flatter = contrastive.range < center.range ? contrastive : center;
  const inPoints = (fraction: number) => (100 * fraction).toFixed(2);
  const above = curves.map(
    ({ name, points }) =>
      `${points.filter(({ mean }) => mean > baseline.mean).length} of ${points.length} weights of ${name}`,
  );
  const best = curves.map(({ name, points }) => {
    const top = points.reduce((a, b) => (b.mean > a.mean ? b : a));
    return `${name} is best at ${weights[points.indexOf(top)]} (${percentEstimate(top)} %)`;
  });
  const inPercent = (estimates: readonly Estimate[], value: (one: Estimate) => number) =>
    estimates.map((one) => 100 * value(one));
  return {
    text: [
      recipeText(recipe, seeds),
      `Between the worst and the best weight lie ${curves.map(({ name, range }) => `${inPoints(range)} points for ${name}`).join(' and ')}: ` +
        `${flatter.name} is the flatter one, ${flatter === contrastive ? 'as in the paper' : 'other than in the paper'}. ` +
        `The spread over the seeds is ${seeds.length < 2 ? 'not known from one seed' : `${inPoints(spreadOf(swept))} points at one weight on average`}. ${best.join('; ')}.`,
      `Above the control's mean (${percentEstimate(baseline)} %) lie ${above.join(' and ')}; the normalised softmax alone reaches ${percentEstimate(alone)} %.`,
    ],
    tables: [
      {
        stem: 'fig8',
        columns: ['second loss', 'weight', 'seed', 'accuracy'],
        rows: [
          ...['control', 'none'].map((name, k) => ({ name, weight: 0, values: accuracies[k] })),
          ...kinds.flatMap(({ name }, k) =>
            weights.map((weight, w) => ({ name, weight, values: accuracies[2 + k * weights.length + w] })),
          ),
        ].flatMap(({ name, weight, values }) => values.map((value, k) => [name, weight, seeds[k], value])),
        display: {
          columns: [
            { header: 'weight', align: 'right' },
            ...kinds.map(({ name }) => ({ header: `+ ${name}`, align: 'right' as const })),
          ],
          rows: weights.map((weight, w) => [
            String(weight),
            ...curves.map(({ points }) => percentEstimate(points[w])),
          ]),
          notes: ['Accuracy in per cent, mean ± standard deviation over the seeds.'],
        },
      },
    ],
    figures: [
      {
        stem: 'fig8',
        svg: linePlot(
          curves.map(({ name, points }, k) => ({
            name: `softmax + ${name}, normalised`,
            // Beside each other, so that both bars can be seen.
            x: weights.map((weight) => weight * [0.94, 1.06][k]),
            y: inPercent(points, ({ mean }) => mean),
            error: inPercent(points, ({ std }) => std ?? 0),
          })),
          {
            xLabel: 'weight of the second loss',
            yLabel: 'accuracy in %',
            logX: true,
            xTicks: weights,
            xDomain: [weights[0] / 2, weights[weights.length - 1] * 2],
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
        caption:
          'Accuracy against the weight of the second loss; bars and the shaded band of the control are standard deviations over the seeds.',
      },
    ],
  };
}

function rangeOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

function spreadOf(estimates: readonly Estimate[]): number {
  return estimates.reduce((sum, { std }) => sum + (std ?? 0), 0) / estimates.length;
}
