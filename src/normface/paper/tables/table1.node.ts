/** Table 1: what normalising the features of a softmax model is worth when they are compared (arXiv 1704.06369, section 1). */

import { estimate } from '../../../common/statistics.ts';
import type { Features } from '../../evaluation/features.ts';
import { mergeMirror } from '../../evaluation/merge.ts';
import type { PairList } from '../../evaluation/pairs.ts';
import { crossValidatedAccuracy } from '../../evaluation/protocols.ts';
import { cosineScores, innerProducts, rawDistances, squaredDistances } from '../../evaluation/similarity.ts';
import { differenceOf, differenceText, percentEstimate } from '../../evaluation/verdict.ts';
import type { ExperimentResults, Plan, PlannedExperiment } from '../experiment.ts';
import { packBits, unpackBits } from '../jobs/bits.ts';
import { ofFinishedSeeds } from '../jobs/finished-seeds.ts';
import type { Measure } from '../jobs/job.ts';
import { judgesOf, pairFeatures } from './comparison.node.ts';
import { comparisonRecipe } from './presets.ts';
import { baselineJob, type Recipe } from './recipe.ts';
import { baselineText } from './recipe-text.ts';
import { marksText, rowPlot } from './row-plot.node.ts';

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

export const table1: PlannedExperiment = {
  name: 'table1',
  title: 'Table 1: similarity before and after normalisation',
  paper:
    'Features of a softmax model: inner product 98.27 % before and 98.98 % after normalisation, Euclidean distance 98.35 % and 98.95 %.',
  plan: (runner) => planTable1(comparisonRecipe(runner), runner.comparisonSeeds),
};

/** What each similarity gives, in their order. */
type SimilaritiesMeasure = Measure<{
  readonly scored: readonly {
    readonly accuracy: number;
    readonly pairs: number;
    readonly decisions: string;
  }[];
}>;

function similaritiesMeasure({ merge }: Recipe): SimilaritiesMeasure {
  const mirror = merge !== 'front';
  return {
    name: 'similarities',
    settings: {
      merge,
      similarities: similarities.map(({ similarity, normalised }) => `${similarity} ${normalised}`),
    },
    subject: (runner, config) => judgesOf(runner, config, mirror),
    measure: async (runner, run) => {
      const { pairs, features } = await pairFeatures(runner, run, mirror);
      const merged = mergeMirror(features.front, features.mirrored, merge);
      const scored = similarities.map(({ score }) => {
        const { accuracy, decisions } = crossValidatedAccuracy(score(merged, pairs), pairs);
        return { accuracy, pairs: decisions.length, decisions: packBits(decisions) };
      });
      return { scored };
    },
  };
}

export function planTable1(recipe: Recipe, seeds: readonly number[]): Plan {
  const measure = similaritiesMeasure(recipe);
  const jobs = seeds.map((seed) => ({
    job: baselineJob(recipe, seed, [measure]),
    label: 'softmax baseline',
    seed,
  }));
  return {
    jobs,
    results: async (known) => {
      const { done, values } = await ofFinishedSeeds(known, jobs, measure);
      if (done.length === 0) return undefined;
      const measured = similarities.map((_, k) =>
        values.map(([{ scored }]) => {
          const { accuracy, pairs, decisions } = scored[k]!;
          return { accuracy, decisions: unpackBits(decisions, pairs) };
        }),
      );
      return experimentResults(recipe, measured, done);
    },
  };
}

/** What one similarity reaches with one seed: its accuracy in [0, 1], and whether it decides each pair rightly. */
export interface ScoredSeed {
  readonly accuracy: number;
  readonly decisions: ArrayLike<number>;
}

/** @param measured by each similarity, one a seed */
export function experimentResults(
  recipe: Recipe,
  measured: readonly (readonly ScoredSeed[])[],
  seeds: readonly number[],
): ExperimentResults {
  const results = similarities.map((similarity, k) => {
    const values = measured[k]!.map(({ accuracy }) => accuracy);
    return {
      ...similarity,
      label: `${similarity.similarity}, ${similarity.normalised ? 'after' : 'before'}`,
      values,
      units: measured[k]!.map(({ decisions }) => decisions),
      estimate: estimate(values),
    };
  });
  const gains = [0, 2].map((k) => {
    const paper = results[k + 1]!.paper - results[k]!.paper;
    const gain = differenceOf(results[k + 1]!, results[k]!);
    return `${results[k]!.similarity} ${differenceText(gain, { above: 'a gain', below: 'a loss' })} (the paper: +${paper.toFixed(2)})`;
  });
  const [inner, , euclidean] = results;
  return {
    summary: `normalising the features changes the accuracy: ${gains.join('; ')}`,
    text: [
      baselineText(recipe, seeds),
      `Normalisation changes the accuracy by: ${gains.join('; ')}. p is the larger of Student's t over the seeds and a bootstrap over the pairs.`,
      `Before normalisation, the inner product less the Euclidean distance: ${differenceText(differenceOf(inner!, euclidean!))} (the paper: ${(inner!.paper - euclidean!.paper).toFixed(2).replace('-', '−')}). ` +
        'After it the two must agree: the squared distance of normalised features is 2 − 2 cos, so both put the pairs in one order and decide alike.',
    ],
    tables: [
      {
        stem: 'table1',
        columns: ['similarity', 'normalised', 'paper', 'seed', 'accuracy'],
        rows: results.flatMap(({ similarity, normalised, paper, values }) =>
          values.map((value, k) => [similarity, normalised ? 'yes' : 'no', paper, seeds[k]!, value]),
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
            results[k]!.similarity,
            percentEstimate(results[k]!.estimate),
            percentEstimate(results[k + 1]!.estimate),
            results[k]!.paper.toFixed(2),
            results[k + 1]!.paper.toFixed(2),
          ]),
          notes: [
            `Accuracy in per cent, each fold at the threshold that is best on the others, without PCA${seeds.length > 1 ? '; ± is the standard deviation over the seeds' : ''}.`,
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
        caption: `Accuracy of the baseline by similarity: ${marksText(seeds.length)}. At the right the accuracies of the paper.`,
      },
    ],
  };
}
