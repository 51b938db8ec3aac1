/**
 * Why C-contrastive and C-triplet may stay behind softmax over cosines where trainings are short: gradients of squared distances are those of cosines times 2,
 * gradients of softmax over cosines have its scale. Here their loss is weighted by that scale.
 */

import { estimate } from '../../../common/statistics.ts';
import { orderText } from '../../evaluation/paper-order.ts';
import { mean } from '../../evaluation/result.ts';
import {
  againstControlSummary,
  againstControlText,
  differencesByRow,
  type MeasuredRow,
  percentEstimate,
  points,
  sharedSeeds,
} from '../../evaluation/verdict.ts';
import type { ExperimentResults, Plan, PlannedExperiment } from '../experiment.ts';
import {
  areaText,
  type Measurement,
  measuredRow,
  measuredRows,
  measurementLines,
  pairsMeasure,
  rowJobs,
} from './comparison.node.ts';
import { controlAmong, isControl, type LossRow, labelOf, paperRows, rowsOf } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import type { Recipe } from './recipe.ts';
import { baselineText, stepsText } from './recipe-text.ts';
import { marksText, rowPlot } from './row-plot.node.ts';
import { seedsRemark } from './seeds-remark.ts';

/** Keys of the rows of Table 2 whose loss is of distances alone. */
const keys: readonly string[] = ['c-contrastive', 'c-triplet', 'c-triplet-center'];

export const distances: PlannedExperiment = {
  name: 'distances',
  title: 'Losses of distances, weighted as softmax is by its scale',
  paper:
    'C-contrastive and C-triplet, alone, reach 99.15 and 99.11 %, which is within 0.05 points of softmax over cosines; it names no weight of theirs.',
  plan: (runner) =>
    planDistances(
      comparisonRecipe(runner),
      runner.costlySeeds,
      runner.pick({ quick: 16, medium: 24, full: 10 }),
    ),
};

/** A row of Table 2, with what is measured of it. */
interface Measured extends MeasuredRow {
  readonly row: LossRow;
  readonly measurements: readonly Measurement[];
}

/** @param weight of the losses, the scale of softmax over cosines */
export function planDistances(recipe: Recipe, seeds: readonly number[], weight: number): Plan {
  const measure = pairsMeasure(recipe);
  const light = paperRows(recipe.head);
  const heavy = rowsOf(light, keys).map((row) => weighted(row, weight));
  const rows = [...light, ...heavy];
  const jobs = rowJobs(recipe, rows, seeds, [measure]).map((planned, k) =>
    // Told apart from the same loss of weight 1 where seeds are missing.
    k % rows.length < light.length ? planned : { ...planned, label: `${planned.label}, weight ${weight}` },
  );
  return {
    jobs,
    results: async (known) => {
      const measurements = await measuredRows(known, rows.length, jobs, measure);
      const found = rows.flatMap((row, k): Measured[] => {
        const own = measurements[k]!;
        return own.length > 0 ? [{ row, measurements: own, ...measuredRow(labelOf(row), own) }] : [];
      });
      const pairs = keys.flatMap((key) => {
        const [one, other] = [key, weightedKey(key, weight)].map((wanted) =>
          found.find(({ row }) => row.key === wanted),
        );
        return one && other && sharedSeeds(other, one) > 0 ? [{ row: other, control: one }] : [];
      });
      const hasControls = found.filter(({ row }) => isControl(row)).length === light.filter(isControl).length;
      return pairs.length > 0 && hasControls ? resultsOf({ recipe, seeds, weight, found, pairs }) : undefined;
    },
  };
}

const weightedKey = (key: string, weight: number): string => `${key}-weight-${weight}`;

function weighted(row: LossRow, weight: number): LossRow {
  return {
    ...row,
    key: weightedKey(row.key, weight),
    config: { ...row.config, loss: { ...row.config.loss!, weight } },
  };
}

interface Found {
  readonly recipe: Recipe;
  readonly seeds: readonly number[];
  readonly weight: number;
  /** Every row that is measured, of either weight. */
  readonly found: readonly Measured[];
  /** Of each loss that with the weight, and as in Table 2. */
  readonly pairs: readonly { readonly row: Measured; readonly control: Measured }[];
}

function resultsOf({ recipe, seeds, weight, found, pairs }: Found): ExperimentResults {
  const judges = `${found[0]!.measurements[0]!.decisions.length.toLocaleString('en-US')} pairs`;
  const against = pairs.map(({ row }) => ({ row, control: controlAmong(found, row.row) }));
  const [gained, overControl] = [pairs, against].map(differencesByRow);
  const replaced = new Map(pairs.map(({ row, control: light }) => [light, row]));
  const isHeavy = (one: Measured) => pairs.some(({ row }) => row === one);
  const inPaper = found
    .filter((one) => one.row.paper && !isHeavy(one))
    .map((one) => ({
      label: one.label,
      paper: one.row.paper!,
      mean: mean((replaced.get(one) ?? one).values),
    }));
  // Class weights of all of them learn at one rate.
  const controlOfThese = controlAmong(found, pairs[0]!.row.row);
  const accuracy = ({ values }: MeasuredRow) =>
    percentEstimate(estimate(values)) + seedsRemark(values.length, seeds.length);
  return {
    summary: againstControlSummary(pairs).replaceAll('their control', `the same of weight 1`),
    text: [
      `${baselineText(recipe, seeds)} From it ${stepsText(recipe.fineTune)} at a rate of ${recipe.fineTune.learningRate}: the rows of Table 2 whose loss is of distances alone, with weight 1 as there and with weight ${weight}. ` +
        `A squared distance of unit vectors is 2 − 2 cos θ: with weight 1 its gradient is 2 times that of the cosine, with weight ${weight} ${2 * weight} times; that of softmax over cosines has its scale, ${recipe.head.scale.initial}.`,
      againstControlText(pairs, judges)
        .replace('Less the control', `Weight ${weight} less weight 1`)
        .replace('the seeds that row and control share', 'the seeds that both have'),
      againstControlText(against, judges).replace(
        'Less the control',
        `Weight ${weight} less the control whose class weights learn as fast`,
      ),
      `In Table 2 these rows have weight 1. With those of weight ${weight} in their place: ${lowered(orderText(inPaper))}`,
    ],
    tables: [
      {
        stem: 'distances',
        columns: ['row', 'weight', 'seed', 'step', 'accuracy', 'auc'],
        rows: pairs.flatMap(({ row, control: light }) =>
          [light, row].flatMap((one, k) =>
            measurementLines([light.row.key, k === 0 ? 1 : weight], one.measurements),
          ),
        ),
        display: {
          columns: [
            { header: 'loss' },
            ...['weight 1', `weight ${weight}`, 'difference', '− control', 'AUC', 'paper'].map((header) => ({
              header,
              align: 'right' as const,
            })),
          ],
          rows: pairs.map(({ row, control: light }) => [
            row.row.loss,
            accuracy(light),
            accuracy(row),
            points(gained!.get(row)!),
            points(overControl!.get(row)!),
            areaText(row.measurements),
            row.row.paper!.accuracy.toFixed(2),
          ]),
          notes: [
            `In per cent, \`${recipe.protocol}\` (${recipe.merge})${seeds.length > 1 ? ', mean ± standard deviation over the seeds; differences with their standard errors' : ', one seed'}; − control and AUC: of weight ${weight}.`,
          ],
        },
      },
    ],
    figures: [
      {
        stem: 'distances',
        svg: rowPlot(
          [
            { label: controlOfThese.label, values: controlOfThese.values, color: 0 },
            ...pairs.flatMap(({ row, control: light }) => [
              { label: light.row.loss, values: light.values, color: 0 },
              { label: `${light.row.loss} × ${weight}`, values: row.values, color: 1 },
            ]),
          ].map((row) => ({ ...row, estimate: estimate(row.values) })),
          {
            xLabel: 'accuracy in %',
            description: 'accuracy of the same losses with two weights',
            groups: [1, weight].map((one, color) => ({ name: `weight ${one}`, color })),
            reference: controlOfThese.label,
          },
        ),
        caption: `Accuracy by the weight of the loss: ${marksText(seeds.length)}; dashed: the control whose class weights learn as fast.`,
      },
    ],
  };
}

const lowered = (text: string): string => text[0]!.toLowerCase() + text.slice(1);
