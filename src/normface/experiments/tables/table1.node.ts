/** Table 1: what normalising the features of a softmax model is worth when they are compared (section 1.1). */

import type { Features } from '../../evaluation/features.ts';
import { mergeMirror } from '../../evaluation/merge.ts';
import type { PairList } from '../../evaluation/pairs.ts';
import { crossValidatedAccuracy } from '../../evaluation/protocols.ts';
import { cosineScores, innerProducts, rawDistances, squaredDistances } from '../../evaluation/similarity.ts';
import type { Experiment, Findings } from '../experiment.ts';
import type { Laboratory } from '../laboratory.node.ts';
import { Comparison } from './comparison.node.ts';
import { comparisonRecipe } from './presets.ts';
import type { Recipe } from './recipe.ts';
import { baselineText } from './recipe-text.ts';
import { rowPlot } from './row-plot.node.ts';
import { estimate, pairedDifference, percentEstimate, points, verdictOf } from './statistics.ts';

interface Similarity {
  readonly similarity: 'inner product' | 'Euclidean';
  readonly normalised: boolean;
  /** Accuracy in the paper, in per cent. */
  readonly paper: number;
  /** Larger for more similar features. */
  readonly score: (features: Features, pairs: PairList) => Float64Array;
}

const negative = (distances: Float64Array) => distances.map((distance) => -distance);

const similarities: readonly Similarity[] = [
  { similarity: 'inner product', normalised: false, paper: 98.27, score: innerProducts },
  { similarity: 'inner product', normalised: true, paper: 98.98, score: cosineScores },
  {
    similarity: 'Euclidean',
    normalised: false,
    paper: 98.35,
    score: (features, pairs) => negative(rawDistances(features, pairs)),
  },
  {
    similarity: 'Euclidean',
    normalised: true,
    paper: 98.95,
    score: (features, pairs) => negative(squaredDistances(features, pairs)),
  },
];

export const table1: Experiment = {
  name: 'table1',
  title: 'Table 1: similarity before and after normalisation',
  paper:
    'Features of a softmax model: inner product 98.27 % before and 98.98 % after normalisation, Euclidean distance 98.35 % and 98.95 %.',
  run: (laboratory) => runTable1(laboratory, comparisonRecipe(laboratory)),
};

export async function runTable1(laboratory: Laboratory, recipe: Recipe): Promise<Findings> {
  const comparison = new Comparison(laboratory, recipe);
  const seeds = laboratory.comparisonSeeds;
  const accuracies: number[][] = similarities.map(() => []);
  for (const seed of seeds) {
    const run = await comparison.baseline(seed);
    const { pairs, features } = await comparison.features(run);
    const merged = mergeMirror(features.front, features.mirrored, recipe.merge);
    similarities.forEach(({ score }, k) => {
      accuracies[k].push(crossValidatedAccuracy(score(merged, pairs), pairs).accuracy);
    });
  }
  return findingsOf(recipe, accuracies, seeds);
}

/** @param accuracies of each similarity, one a seed, in [0, 1] */
export function findingsOf(
  recipe: Recipe,
  accuracies: readonly (readonly number[])[],
  seeds: readonly number[],
): Findings {
  const results = similarities.map((similarity, k) => ({
    ...similarity,
    label: `${similarity.similarity}, ${similarity.normalised ? 'after' : 'before'}`,
    values: accuracies[k],
    estimate: estimate(accuracies[k]),
  }));
  const gains = [0, 2].map((k) => {
    const gain = pairedDifference(results[k + 1], results[k]);
    const paper = results[k + 1].paper - results[k].paper;
    const words = {
      above: 'a gain',
      below: 'a loss',
      within: 'no difference beyond the error',
      unknown: 'of one seed',
    };
    return `${results[k].similarity} ${points(gain)} points (${words[verdictOf(gain)]}; the paper: +${paper.toFixed(2)})`;
  });
  return {
    text: [
      baselineText(recipe, seeds),
      `Normalisation changes the accuracy by, mean ± standard error over the seeds: ${gains.join('; ')}.`,
    ],
    tables: [
      {
        stem: 'table1',
        columns: ['similarity', 'normalised', 'paper', 'seed', 'accuracy'],
        rows: results.flatMap(({ similarity, normalised, paper, values }) =>
          values.map((value, k) => [similarity, normalised ? 'yes' : 'no', paper, seeds[k], value]),
        ),
        display: {
          columns: [
            { header: 'similarity' },
            ...['before', 'after', 'paper before', 'paper after'].map((header) => ({
              header,
              align: 'right' as const,
            })),
          ],
          rows: [0, 2].map((k) => [
            results[k].similarity,
            percentEstimate(results[k].estimate),
            percentEstimate(results[k + 1].estimate),
            results[k].paper.toFixed(2),
            results[k + 1].paper.toFixed(2),
          ]),
          notes: [
            'Accuracy in per cent, each fold at the threshold that is best on the others, without PCA; ± is the standard deviation over the seeds.',
          ],
        },
      },
    ],
    figures: [
      {
        stem: 'table1',
        svg: rowPlot(
          results.map(({ label, values, estimate, normalised, paper }) => ({
            label,
            values,
            estimate,
            color: normalised ? 1 : 0,
            remark: paper.toFixed(2),
          })),
          {
            xLabel: 'accuracy in %',
            description: 'accuracy by similarity, before and after normalisation',
            groups: [
              { name: 'features as they are', color: 0 },
              { name: 'normalised', color: 1 },
            ],
            remarks: 'paper',
          },
        ),
        caption:
          'Accuracy of the baseline by similarity: mean (dot), single seeds (circles), standard deviation (line). At the right the accuracies of the paper.',
      },
    ],
  };
}
