/** Table 3: BLUFR, all pairs at a low false accept rate and open-set identification (arXiv 1704.06369, section 5.2). */

import { UserError } from '../../../common/errors.ts';
import { estimate } from '../../../common/statistics.ts';
import { type BlufrTrialResult, type RateOverTrials, summariseBlufr } from '../../evaluation/blufr.ts';
import { orderedPairsText, orderText } from '../../evaluation/paper-order.ts';
import { mean } from '../../evaluation/result.ts';
import { percent } from '../../evaluation/summary.ts';
import { againstControlSummary, againstControlText } from '../../evaluation/verdict.ts';
import type { ExperimentResults, Figure, Plan, PlannedExperiment } from '../experiment.ts';
import type { ExperimentRunner } from '../experiment-runner.node.ts';
import { type BlufrSet, blufrMeasure, openBlufr, trialFaces } from './blufr-trials.node.ts';
import {
  control,
  type LossRow,
  labelOf,
  nameOf,
  paperRows,
  rowsOf,
  withControls,
  withTheirControls,
} from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import { fineTuneJob, type Recipe } from './recipe.ts';
import { recipeText } from './recipe-text.ts';
import { marksText, rowPlot } from './row-plot.node.ts';
import { seedsRemark } from './seeds-remark.ts';

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
  /** Trials that judge every seed, numbers from 1; or, for each seed, what it is trained on and the trials that judge it. */
  readonly trials: readonly number[] | ((seed: number) => { recipe: Recipe; trials: readonly number[] });
}

export const table3: PlannedExperiment = {
  name: 'table3',
  title: 'Table 3: the BLUFR protocol on LFW',
  paper:
    'At a false accept rate of 0.1 % softmax with center loss verifies 93.35 %, normalised softmax 95.77 % and softmax + C-contrastive 95.83 %; open-set rank-1 identification at 1 % rises from 67.86 % to 77.18 %.',
  plan: async (runner) => planTable3(table3Plan(runner), runner.costlySeeds, await openBlufr(runner.data)),
};

/**
 * Quick: nets trained on the training images of the first trial. Medium: each seed on those of a trial of its own, so that the spread is of seeds and
 * people together. Full: nets of Table 2, judged by all trials.
 */
export function table3Plan(runner: Pick<ExperimentRunner, 'preset' | 'data'>): Table3Plan {
  const { preset, data } = runner;
  const recipe = comparisonRecipe(runner);
  if (preset === 'full' && data.blufr === undefined)
    throw new UserError(`the full preset needs BLUFR's division of LFW; ${data.folder} lacks lfw/blufr/`);
  if (preset === 'full')
    return {
      recipe,
      keys: Object.keys(paperRates),
      trials: Array.from({ length: blufrTrials }, (_, t) => t + 1),
    };
  const ofTrial = (trial: number, name = 'blufr'): Recipe => ({
    ...recipe,
    name,
    faces: trialFaces(data, trial, [56, 48]),
  });
  return {
    recipe: ofTrial(1),
    keys: Object.keys(paperRates),
    trials:
      preset === 'medium' && !ofTrial(1).faces.generated
        ? (seed) => {
            const trial = ((seed - 1) % blufrTrials) + 1;
            return { recipe: ofTrial(trial, `blufr-${trial}`), trials: [trial] };
          }
        : [1],
  };
}

/** Trials of the protocol. */
const blufrTrials = 10;

/** What one row reached. */
export interface BlufrRow {
  readonly row: LossRow;
  readonly seeds: readonly { readonly seed: number; readonly trials: readonly BlufrTrialResult[] }[];
}

export function planTable3(plan: Table3Plan, seeds: readonly number[], set: BlufrSet): Plan {
  const { recipe, keys, trials } = plan;
  const known = paperRows(recipe.head);
  const rows = rowsOf(known, withControls(known, keys));
  const jobs = seeds.flatMap((seed) => {
    const own = typeof trials === 'function' ? trials(seed) : { recipe, trials };
    const measure = blufrMeasure(set, own.trials, recipe.merge);
    return rows.map((row) => ({
      job: fineTuneJob(own.recipe, row, seed, [measure]),
      label: labelOf(row),
      seed,
      row,
      measure,
    }));
  });
  return {
    jobs,
    results: async (values) => {
      const results = await Promise.all(
        rows.map(async (row) => ({ row, seeds: await ofRow(jobs.filter((one) => one.row === row)) })),
      );
      async function ofRow(own: typeof jobs) {
        const found = [];
        for (const { job, seed, measure } of own) {
          const value = await values.value(job, measure);
          if (value) found.push({ seed, trials: value.trials });
        }
        return found;
      }
      const measured = results.filter((one) => one.seeds.length > 0);
      return measured.some(({ row }) => row === control)
        ? experimentResults(plan, measured, seeds)
        : undefined;
    },
  };
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
      seeds: seeds.map((one) => one.seed),
    });
    return {
      row,
      label: labelOf(row),
      paper: paperRates[row.key],
      verification: rates('verificationRate'),
      detection: rates('detectionRate'),
    };
  });
  const own = typeof trials === 'function';
  const count = own ? 1 : trials.length;
  const single = count * seeds.length === 1;
  // Trials share the training; what repeats is the seed.
  const against = (rate: 'verification' | 'detection') =>
    withTheirControls(
      rows.map(({ row, label, [rate]: own }) => ({ row, label, values: own.perSeed, seeds: own.seeds })),
    );
  const compared = (rate: 'verification' | 'detection') => againstControlText(against(rate), undefined);
  const order = (rate: 'verification' | 'detection', place: 0 | 1) => {
    const inPaper = rows.flatMap(({ label, paper, [rate]: own }) =>
      paper
        ? [
            {
              label,
              values: own.perSeed,
              seeds: own.seeds,
              paper: { accuracy: paper[place] },
              mean: own.over.mean,
            },
          ]
        : [],
    );
    return `${orderText(inPaper)}${seeds.length > 1 ? ` ${orderedPairsText(inPaper)}` : ''}`;
  };
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
    caption: `${name}: ${marksText(count * seeds.length, own ? 'seeds, each with a trial of its own' : count === 1 ? 'seeds' : 'trials and seeds')}. At the right the rates of the paper.`,
  });
  return {
    summary: `verification: ${againstControlSummary(against('verification'))}; identification: ${againstControlSummary(against('detection'))}`,
    text: [
      recipeText(recipe, seeds),
      `Judged by ${own ? 'a trial for each seed, whose training images it was trained on,' : count === 1 ? `trial ${trials[0]}` : `${count} trials`} of ${results[0]!.seeds[0]!.trials[0]!.testImages.toLocaleString('en-US')} test images${count === 1 && !own ? '' : ' in the first'}; the score is the cosine of features without PCA.`,
      `Verification rate. ${compared('verification')} ${order('verification', 0)}`,
      `Open-set identification. ${compared('detection')} ${order('detection', 1)}`,
      ...(count === 1 && !own
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
            rateText(verification.over) + seedsRemark(verification.seeds.length, seeds.length),
            rateText(detection.over),
            ...[0, 1].map((place) => (paper ? paper[place]!.toFixed(2) : '–')),
          ]),
          notes: [
            single
              ? 'In per cent, one trial of one seed.'
              : 'In per cent: mean − standard deviation over trials and seeds, as BLUFR reports it, and the mean in brackets; of one seed its rate alone.',
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
