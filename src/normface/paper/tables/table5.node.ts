/** Table 5: pairs of videos, by the mean and by the histogram of the cosines of their frames (arXiv 1704.06369, section 5.3). */

import { UserError } from '../../../common/errors.ts';
import { estimate } from '../../../common/statistics.ts';
import { orderedPairsText, orderText } from '../../evaluation/paper-order.ts';
import { mean } from '../../evaluation/result.ts';
import {
  againstControlSummary,
  againstControlText,
  differenceOf,
  differenceText,
  percentEstimate,
} from '../../evaluation/verdict.ts';
import type { VideoResult } from '../../evaluation/videos.ts';
import { facesOf } from '../data-sources.node.ts';
import type { ExperimentResults, Plan, PlannedExperiment } from '../experiment.ts';
import type { ExperimentRunner } from '../experiment-runner.node.ts';
import { ofFinishedSeeds } from '../jobs/finished-seeds.ts';
import { rowJobs } from './comparison.node.ts';
import {
  type LossRow,
  labelOf,
  nameOf,
  paperRows,
  rowsOf,
  withControls,
  withTheirControls,
} from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import type { Recipe } from './recipe.ts';
import { recipeText } from './recipe-text.ts';
import { marksText, rowPlot } from './row-plot.node.ts';
import { generatedVideos, type VideoSet, videosMeasure, youtubeFaces } from './video-sets.node.ts';

/** Accuracies of the paper in per cent: by mean score, and by histogram where it gives one. */
const paperAccuracies: Readonly<Record<string, readonly [mean: number, histogram?: number]>> = {
  'softmax-center': [93.74],
  normface: [94.24, 94.56],
  'c-triplet-center': [94.3, 94.58],
  'normface-c-contrastive': [94.34, 94.72],
};

export interface Table5Plan {
  readonly recipe: Recipe;
  open(): Promise<VideoSet>;
}

export const table5: PlannedExperiment = {
  name: 'table5',
  title: 'Table 5: pairs of videos',
  paper:
    'On YouTube Faces softmax with center loss reaches 93.74 %, normalised softmax 94.24 %, softmax + C-contrastive 94.34 %; a histogram of frame cosines in place of their mean adds about 0.3 points.',
  plan: async (runner) => {
    const { recipe, open } = table5Plan(runner);
    return planTable5(recipe, runner.comparisonSeeds, await open());
  },
};

/**
 * With YouTube Faces the nets of Table 2; without, in quick, nets trained on generated faces and videos of other generated people.
 * @throws UserError where data that the full preset needs are missing
 */
export function table5Plan(runner: Pick<ExperimentRunner, 'preset' | 'data'>): Table5Plan {
  const { preset, data } = runner;
  const recipe = comparisonRecipe(runner);
  const { ytf } = data;
  if (ytf !== undefined) return { recipe, open: () => youtubeFaces(ytf, preset === 'full' ? Infinity : 15) };
  if (preset === 'full')
    throw new UserError(`the full preset needs YouTube Faces; ${data.folder} lacks ytf/`);
  const { data: training } = facesOf({ folder: data.folder }, [56, 48]);
  const faces = {
    description: 'generated faces of 160 people',
    generated: true,
    data: training,
    evaluation: {},
  };
  return {
    recipe: { ...recipe, name: 'videos', faces },
    open: () =>
      generatedVideos({
        first: 160,
        folds: 10,
        peoplePerFold: 10,
        perPerson: 3,
        frames: 6,
        pairsPerFold: 30,
      }),
  };
}

/** What one row reached, for each seed. */
export interface VideoRow {
  readonly row: LossRow;
  readonly results: readonly (readonly VideoResult[])[];
}

export function planTable5(recipe: Recipe, seeds: readonly number[], set: VideoSet): Plan {
  const known = paperRows(recipe.head);
  const rows = rowsOf(known, withControls(known, Object.keys(paperAccuracies)));
  const measure = videosMeasure(set, recipe.merge);
  const jobs = rowJobs(recipe, rows, seeds, [measure]);
  return {
    jobs,
    results: async (values) => {
      const { done, values: ofSeeds } = await ofFinishedSeeds(values, jobs, measure);
      if (done.length === 0) return undefined;
      const measured = rows.map((row, r) => ({ row, results: ofSeeds.map((ofSeed) => ofSeed[r]!.results) }));
      return experimentResults(recipe, set.description, measured, done);
    },
  };
}

/** @param rows their results hold the mean's, then the histogram's */
export function experimentResults(
  recipe: Recipe,
  description: string,
  rows: readonly VideoRow[],
  seeds: readonly number[],
): ExperimentResults {
  const rules = ['mean score', 'histogram'] as const;
  const results = rows.map(({ row, results }) => ({
    row,
    label: labelOf(row),
    paper: paperAccuracies[row.key],
    rules: rules.map((_, rule) => {
      const values = results.map((ofSeed) => ofSeed[rule]!.accuracy);
      const folds = results.map((ofSeed) => ofSeed[rule]!);
      return {
        values,
        estimate: estimate(values),
        units: folds.map((ofSeed) => ofSeed.folds.map(({ accuracy }) => accuracy)),
        deviations: folds.map(({ std }) => std),
      };
    }),
  }));
  const byRule = (rule: number) => results.map(({ row, label, rules }) => ({ row, label, ...rules[rule]! }));
  const ofPaper = results.flatMap(({ label, paper, rules: [byMean] }) =>
    paper ? [{ label, ...byMean!, paper: { accuracy: paper[0] }, mean: byMean!.estimate.mean }] : [],
  );
  const average = (rule: number) => ({
    label: rules[rule]!,
    values: seeds.map((_, k) => mean(results.map(({ rules }) => rules[rule]!.values[k]!))),
    units: seeds.map((_, k) =>
      results[0]!.rules[rule]!.units[k]!.map((_, fold) =>
        mean(results.map(({ rules }) => rules[rule]!.units[k]![fold]!)),
      ),
    ),
  });
  const folds = `${results[0]!.rules[0]!.units[0]!.length} folds`;
  const histogram = differenceText(differenceOf(average(1), average(0)), {
    above: 'a gain',
    below: 'a loss',
  });
  return {
    summary: `by mean score ${againstControlSummary(withTheirControls(byRule(0)))}; the histogram in place of the mean: ${histogram}`,
    text: [
      `${recipeText(recipe, seeds)} Judged by ${description}.`,
      `By mean score. ${againstControlText(withTheirControls(byRule(0)), folds)}`,
      orderText(ofPaper),
      ...(seeds.length > 1 ? [orderedPairsText(ofPaper)] : []),
      `Averaged over the rows the histogram changes the accuracy by ${histogram} (the paper: +${paperGain().toFixed(2)}).`,
    ],
    tables: [
      {
        stem: 'table5',
        columns: [
          'row',
          'loss',
          'normalisation',
          'rule',
          'paper',
          'seed',
          'accuracy',
          'deviation over folds',
        ],
        rows: results.flatMap(({ row, paper, rules: own }) =>
          own.flatMap(({ values, deviations }, rule) =>
            values.map((value, k) => [
              row.key,
              row.loss,
              row.normalisation,
              rules[rule]!,
              paper?.[rule] ?? '',
              seeds[k]!,
              value,
              deviations[k] ?? '',
            ]),
          ),
        ),
        display: {
          columns: [
            { header: 'loss' },
            { header: 'normalisation' },
            ...['mean score', 'histogram', 'paper mean', 'paper histogram'].map((header) => ({
              header,
              align: 'right' as const,
            })),
          ],
          rows: results.map(({ row, paper, rules }) => [
            nameOf(row),
            row.normalisation,
            ...rules.map((rule) => percentEstimate(rule.estimate)),
            ...[0, 1].map((rule) => paper?.[rule]?.toFixed(2) ?? '–'),
          ]),
          notes: [
            'Accuracy in per cent by support vector machines that learn from the other folds, of the mean cosine of frames and of its histogram with the intersection kernel.',
          ],
        },
      },
    ],
    figures: [
      {
        stem: 'table5',
        svg: rowPlot(
          results.flatMap(({ label, paper, rules: own }) =>
            own.map(({ values, estimate }, rule) => ({
              label: rule === 0 ? label : '',
              values,
              estimate,
              color: rule,
              remark: paper?.[rule]?.toFixed(2),
            })),
          ),
          {
            xLabel: 'accuracy in %',
            description: 'accuracy of every row by mean score and by histogram',
            groups: rules.map((name, color) => ({ name, color })),
            remarks: 'paper',
          },
        ),
        caption: `Accuracy on pairs of videos: ${marksText(seeds.length)}. At the right the accuracies of the paper.`,
      },
    ],
  };
}

/** What the histogram adds in the paper, on average over the rows that have both. */
function paperGain(): number {
  return mean(
    Object.values(paperAccuracies).flatMap(([score, histogram]) =>
      histogram === undefined ? [] : [histogram - score],
    ),
  );
}
