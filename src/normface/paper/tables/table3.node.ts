/** Table 3: BLUFR, all pairs at a low false accept rate and open-set identification (arXiv 1704.06369, section 5.2). */

import { UserError } from '../../../common/errors.ts';
import { estimate } from '../../../common/statistics.ts';
import { type BlufrTrialResult, type RateOverTrials, summariseBlufr } from '../../evaluation/blufr.ts';
import { mean } from '../../evaluation/result.ts';
import { percent } from '../../evaluation/summary.ts';
import { againstControlSummary, againstControlText, orderText } from '../../evaluation/verdict.ts';
import type { Experiment, ExperimentResults, Figure } from '../experiment.ts';
import type { ExperimentRunner } from '../experiment-runner.node.ts';
import { blufrRates, openBlufr, trialFaces } from './blufr-trials.node.ts';
import { Comparison } from './comparison.node.ts';
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

/** The paper's rates in per cent; it does not say whether they are means or means less standard deviations. */
const paperRates: Readonly<Record<string, readonly [verification: number, detection: number]>> = {
  'softmax-center': [93.35, 67.86],
  normface: [95.77, 73.92],
  'c-triplet-center': [95.73, 76.12],
  'normface-c-contrastive': [95.83, 77.18],
};

export interface Table3Plan {
  readonly recipe: Recipe;
  readonly keys: readonly string[];
  /** Numbers from 1. */
  readonly trials: readonly number[];
}

export const table3: Experiment = {
  name: 'table3',
  title: 'Table 3: the BLUFR protocol on LFW',
  paper:
    'At a false accept rate of 0.1 % softmax with center loss verifies 93.35 %, normalised softmax 95.77 % and softmax + C-contrastive 95.83 %; open-set rank-1 identification at 1 % rises from 67.86 % to 77.18 %.',
  run: (runner) => runTable3(runner, table3Plan(runner)),
};

/** Quick: nets trained on the training images of the first trial. Full: those of Table 2, judged by all trials. */
export function table3Plan(runner: Pick<ExperimentRunner, 'preset' | 'data'>): Table3Plan {
  const { preset, data } = runner;
  const recipe = comparisonRecipe(runner);
  if (preset === 'full' && data.blufr === undefined)
    throw new UserError(`the full preset needs BLUFR's division of LFW; ${data.folder} lacks lfw/blufr/`);
  if (preset === 'full')
    return {
      recipe,
      keys: Object.keys(paperRates),
      trials: Array.from({ length: 10 }, (_, t) => t + 1),
    };
  return {
    recipe: { ...recipe, name: 'blufr', faces: trialFaces(data, 1, [56, 48]) },
    keys: Object.keys(paperRates),
    trials: [1],
  };
}

/** What one row reached. */
export interface BlufrRow {
  readonly row: LossRow;
  readonly seeds: readonly { readonly seed: number; readonly trials: readonly BlufrTrialResult[] }[];
}

export async function runTable3(runner: ExperimentRunner, plan: Table3Plan): Promise<ExperimentResults> {
  const { recipe, keys, trials } = plan;
  const set = await openBlufr(runner.data);
  const comparison = new Comparison(runner, recipe);
  const results: BlufrRow[] = [];
  const known = paperRows(recipe.head);
  for (const row of rowsOf(known, withControls(known, keys))) {
    const seeds = [];
    for (const seed of runner.costlySeeds) {
      const run = await comparison.fineTune(row, seed);
      const rates = await blufrRates(runner, run, set, trials, recipe.merge);
      runner.say(
        `seed ${seed} · ${row.key}: VR ${percent(rates[0]!.verificationRate)} %, DIR ${percent(rates[0]!.detectionRate)} % in trial ${rates[0]!.trial}`,
      );
      seeds.push({ seed, trials: rates });
    }
    results.push({ row, seeds });
  }
  return experimentResults(plan, results, runner.costlySeeds);
}

export function experimentResults(
  { recipe, trials }: Table3Plan,
  results: readonly BlufrRow[],
  seeds: readonly number[],
): ExperimentResults {
  const rows = results.map(({ row, seeds }) => {
    const all = summariseBlufr(seeds.flatMap((one) => one.trials));
    const rates = (rate: 'verificationRate' | 'detectionRate') => ({
      over: all[rate],
      values: seeds.flatMap((one) => one.trials.map((trial) => trial[rate])),
      perSeed: seeds.map((one) => mean(one.trials.map((trial) => trial[rate]))),
    });
    return {
      row,
      label: labelOf(row),
      paper: paperRates[row.key],
      verification: rates('verificationRate'),
      detection: rates('detectionRate'),
    };
  });
  const single = trials.length * seeds.length === 1;
  // Trials share the training; what repeats is the seed.
  const against = (rate: 'verification' | 'detection') =>
    withTheirControls(rows.map(({ row, label, [rate]: own }) => ({ row, label, values: own.perSeed })));
  const compared = (rate: 'verification' | 'detection') => againstControlText(against(rate), undefined);
  const order = (rate: 'verification' | 'detection', place: 0 | 1) =>
    orderText(
      rows.flatMap(({ paper, [rate]: own }) =>
        paper ? [{ paper: { accuracy: paper[place] }, mean: own.over.mean }] : [],
      ),
    );
  const figure = (rate: 'verification' | 'detection', place: 0 | 1, name: string): Figure => ({
    stem: `table3-${rate}`,
    svg: rowPlot(
      rows.map(({ label, paper, [rate]: own }) => ({
        label,
        estimate: estimate(own.values),
        values: own.values,
        color: place,
        remark: paper?.[place].toFixed(2),
      })),
      { xLabel: `${name} in %`, description: `${name} of every row`, groups: [], remarks: 'paper' },
    ),
    caption: `${name}: ${marksText(trials.length * seeds.length, trials.length === 1 ? 'seeds' : 'trials and seeds')}. At the right the rates of the paper.`,
  });
  return {
    summary: `verification: ${againstControlSummary(against('verification'))}; identification: ${againstControlSummary(against('detection'))}`,
    text: [
      recipeText(recipe, seeds),
      `Judged by ${trials.length === 1 ? `trial ${trials[0]}` : `${trials.length} trials`} of ${results[0]!.seeds[0]!.trials[0]!.testImages.toLocaleString('en-US')} test images${trials.length === 1 ? '' : ' in the first'}; the score is the cosine of features without PCA.`,
      `Verification rate. ${compared('verification')} ${order('verification', 0)}`,
      `Open-set identification. ${compared('detection')} ${order('detection', 1)}`,
      ...(trials.length === 1
        ? ['One trial: the chance in its choice of people is in none of these p-values.']
        : []),
    ],
    tables: [
      {
        stem: 'table3',
        columns: ['row', 'loss', 'normalisation', 'seed', 'trial', 'verification rate', 'detection rate'],
        rows: results.flatMap(({ row, seeds }) =>
          seeds.flatMap(({ seed, trials }) =>
            trials.map((trial) => [
              row.key,
              row.loss,
              row.normalisation,
              seed,
              trial.trial,
              trial.verificationRate,
              trial.detectionRate,
            ]),
          ),
        ),
        display: {
          columns: [
            { header: 'loss' },
            { header: 'normalisation' },
            ...['VR @ FAR 0.1 %', 'DIR @ FAR 1 %', 'paper VR', 'paper DIR'].map((header) => ({
              header,
              align: 'right' as const,
            })),
          ],
          rows: rows.map(({ row, paper, verification, detection }) => [
            nameOf(row),
            row.normalisation,
            rateText(verification.over),
            rateText(detection.over),
            ...[0, 1].map((place) => (paper ? paper[place]!.toFixed(2) : '–')),
          ]),
          notes: [
            single
              ? 'In per cent, one trial of one seed.'
              : 'In per cent: mean − standard deviation over trials and seeds, as BLUFR reports it, and the mean in brackets.',
          ],
        },
      },
    ],
    figures: [
      figure('verification', 0, 'Verification rate at FAR = 0.1 %'),
      figure('detection', 1, 'Identification rate at FAR = 1 %, rank 1'),
    ],
  };
}

function rateText({ mean, meanMinusStd }: RateOverTrials): string {
  return meanMinusStd === null ? percent(mean) : `${percent(meanMinusStd)} (${percent(mean)})`;
}
