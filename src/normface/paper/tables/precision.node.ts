/** Half precision beside full: the same trainings from the same seeds, with the numbers between layers in 16 bits and in 32. */

import { UserError } from '../../../common/errors.ts';
import { estimate } from '../../../common/statistics.ts';
import { DeviceError } from '../../../engine/core/errors.ts';
import { checkHalf } from '../../../engine/runtime/tensor-bytes.ts';
import {
  againstControlSummary,
  againstControlText,
  differencesByRow,
  percentEstimate,
  points,
  sharedSeeds,
} from '../../evaluation/verdict.ts';
import type { ExperimentResults, Plan, PlannedExperiment } from '../experiment.ts';
import type { ExperimentRunner } from '../experiment-runner.node.ts';
import type { Job } from '../jobs/job.ts';
import { measurementsByLabel } from './compared-results.node.ts';
import {
  areaText,
  type Measurement,
  measuredRow,
  measurementLines,
  pairsMeasure,
} from './comparison.node.ts';
import { control, paperRows, rowsOf } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import { baselineJob, fineTuneJob, type Recipe } from './recipe.ts';
import { recipeText } from './recipe-text.ts';
import { marksText, rowPlot } from './row-plot.node.ts';
import { seedsRemark } from './seeds-remark.ts';

export const precision: PlannedExperiment = {
  name: 'precision',
  title: 'Half precision: the same trainings in 16 bits',
  paper: 'Not in the paper, whose code computes in 32 bits.',
  plan: (runner) => planPrecision(comparisonRecipe(runner), runner.seeds),
};

/** A training in either precision. */
interface Pair {
  readonly name: string;
  readonly full: string;
  readonly half: string;
}

const trainings = ['softmax baseline', 'control', 'NormFace'] as const;
const pairs: readonly Pair[] = trainings.map((name) => ({
  name,
  full: `${name}, f32`,
  half: `${name}, f16`,
}));

/** The trainings in f32 are those of Table 2 and of the baseline; in f16 a fine-tune goes on from the baseline of f16. */
export function planPrecision(recipe: Recipe, seeds: readonly number[]): Plan {
  const measure = pairsMeasure(recipe);
  const [normface] = rowsOf(paperRows(recipe.head), ['normface']);
  const jobsOf = (own: Recipe, seed: number): Job[] => [
    baselineJob(own, seed, [measure]),
    fineTuneJob(own, control, seed, [measure]),
    fineTuneJob(own, normface!, seed, [measure]),
  ];
  const half: Recipe = { ...recipe, name: `${recipe.name}-f16`, precision: 'f16' };
  const jobs = seeds.flatMap((seed) => {
    const [inFull, inHalf] = [jobsOf(recipe, seed), jobsOf(half, seed)];
    return pairs.flatMap(({ full: label, half: halfLabel }, k) => [
      { job: inFull[k]!, label, seed },
      { job: inHalf[k]!, label: halfLabel, seed },
    ]);
  });
  return {
    jobs,
    check: checkAdapter,
    results: async (known) => {
      const found = await measurementsByLabel(known, jobs, measure);
      const compared = pairs
        .map((pair) => ({ pair, full: found.get(pair.full)!, half: found.get(pair.half)! }))
        .filter(({ full, half }) => full.length > 0 && half.length > 0);
      return compared.length > 0 ? experimentResults(recipe, compared, seeds) : undefined;
    },
  };
}

/** @throws UserError where the adapter has no numbers of 16 bits */
async function checkAdapter(runner: ExperimentRunner): Promise<void> {
  try {
    checkHalf((await runner.openDevice()).report, 'half precision');
  } catch (error) {
    throw error instanceof DeviceError ? new UserError(error.message) : error;
  }
}

interface ComparedPair {
  readonly pair: Pair;
  readonly full: readonly Measurement[];
  readonly half: readonly Measurement[];
}

function experimentResults(
  recipe: Recipe,
  found: readonly ComparedPair[],
  seeds: readonly number[],
): ExperimentResults {
  const lines = found.map(({ pair, ...measurements }) => {
    const row = measuredRow(pair.name, measurements.half);
    const reference = measuredRow(pair.full, measurements.full);
    return { pair, measurements, row, control: reference };
  });
  const compared = lines.filter(({ row, control: reference }) => sharedSeeds(row, reference) > 0);
  const differences = differencesByRow(compared);
  const judges = `${found[0]!.full[0]!.decisions.length.toLocaleString('en-US')} pairs`;
  const accuracy = (values: readonly number[]) =>
    percentEstimate(estimate(values)) + seedsRemark(values.length, seeds.length);
  return {
    summary: againstControlSummary(compared).replaceAll('their control', 'the same in f32'),
    text: [
      `${recipeText(recipe, seeds, false)} In f16 everything is the same but \`precision\`, and a fine-tune goes on from the baseline that was trained in f16, too; evaluations are f32.`,
      againstControlText(compared, judges)
        .replace('Less the control', 'f16 less f32')
        .replace('the seeds that row and control share', 'the seeds that both have'),
    ],
    tables: [
      {
        stem: 'precision',
        columns: ['training', 'precision', 'seed', 'step', 'accuracy', 'auc'],
        rows: lines.flatMap(({ pair, measurements: { full, half } }) =>
          [full, half].flatMap((measurements, k) =>
            measurementLines([pair.name, k === 0 ? 'f32' : 'f16'], measurements),
          ),
        ),
        display: {
          columns: [
            { header: '' },
            ...['f32', 'f16', 'f16 − f32', 'AUC f32', 'AUC f16'].map((header) => ({
              header,
              align: 'right' as const,
            })),
          ],
          rows: lines.map((line) => [
            line.pair.name,
            accuracy(line.control.values),
            accuracy(line.row.values),
            differences.has(line.row) ? points(differences.get(line.row)!) : '–',
            areaText(line.measurements.full),
            areaText(line.measurements.half),
          ]),
          notes: [
            `In per cent, \`${recipe.protocol}\` (${recipe.merge})${seeds.length > 1 ? ', mean ± standard deviation over the seeds; differences with their standard errors' : ', one seed'}.`,
          ],
        },
      },
    ],
    figures: [
      {
        stem: 'precision',
        svg: rowPlot(
          lines.flatMap(({ pair, row, control: reference }) =>
            [reference, { ...row, label: pair.half }].map(({ label, values }, color) => ({
              label,
              values,
              estimate: estimate(values),
              color,
            })),
          ),
          {
            xLabel: 'accuracy in %',
            description: 'accuracy of the same trainings in f32 and in f16',
            groups: ['f32', 'f16'].map((name, color) => ({ name, color })),
          },
        ),
        caption: `Accuracy in either precision: ${marksText(seeds.length)}.`,
      },
    ],
  };
}
