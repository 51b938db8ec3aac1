/** Table 4: the losses on another net, the Light CNN (arXiv 1704.06369, section 5.2). */

import { estimate } from '../../../common/statistics.ts';
import type { MergeName } from '../../evaluation/merge.ts';
import { orderedPairsText, orderText } from '../../evaluation/paper-order.ts';
import {
  againstControlSummary,
  againstControlText,
  differenceOf,
  differencesByRow,
  differenceText,
  percentEstimate,
  points,
} from '../../evaluation/verdict.ts';
import type { ExperimentResults, Plan, PlannedExperiment } from '../experiment.ts';
import { type Measurement, measuredRow, measurementsOf, pairsMeasure } from './comparison.node.ts';
import {
  control,
  controlAmong,
  type LossRow,
  labelOf,
  paperRows,
  rowsOf,
  withControls,
  withTheirControls,
} from './loss-rows.ts';
import { lightRecipe } from './presets.ts';
import { fineTuneJob, type Recipe } from './recipe.ts';
import { recipeText } from './recipe-text.ts';
import { marksText, rowPlot } from './row-plot.node.ts';
import { seedsRemark } from './seeds-remark.ts';

/** A row of the table: a fine-tune and how its features are merged. */
interface Entry {
  readonly row: LossRow;
  readonly label: string;
  readonly merge: MergeName;
  /** Accuracy in the paper, in per cent. */
  readonly paper?: number;
}

/** The paper's accuracies of rows that merge image and mirror image. */
const paperAccuracies: Readonly<Record<string, number>> = {
  [control.key]: 98.41,
  normface: 98.75,
  'c-contrastive': 98.78,
  'normface-c-contrastive': 98.71,
};

/** The control without mirror images, which only shows what those are worth, then everything with them. */
function entriesOf({ head }: Recipe): readonly Entry[] {
  const known = paperRows(head);
  const merged = rowsOf(known, withControls(known, Object.keys(paperAccuracies)));
  return [
    { row: control, label: `${labelOf(control)}, without mirror images`, merge: 'front', paper: 98.13 },
    ...merged.map((row) => ({
      row,
      label: labelOf(row),
      merge: 'sum' as const,
      paper: paperAccuracies[row.key],
    })),
  ];
}

export const table4: PlannedExperiment = {
  name: 'table4',
  title: 'Table 4: the Light CNN',
  paper:
    'On Light CNN B softmax reaches 98.13 %, with mirror images 98.41 %; normalised softmax 98.75 %, C-contrastive 98.78 %, both together 98.71 %.',
  plan: (runner) => planTable4(lightRecipe(runner), runner.comparisonSeeds),
};

export function planTable4(recipe: Recipe, seeds: readonly number[]): Plan {
  const entries = entriesOf(recipe);
  const rows = [...new Set(entries.map(({ row }) => row))];
  const measures = new Map(
    rows.map((row) => {
      const merges = entries.filter((entry) => entry.row === row).map(({ merge }) => merge);
      return [row, pairsMeasure(recipe, merges)] as const;
    }),
  );
  const jobs = seeds.flatMap((seed) =>
    rows.map((row) => {
      const measure = measures.get(row)!;
      const job = fineTuneJob(recipe, row, seed, [measure]);
      return { job, label: labelOf(row), seed, row, measure };
    }),
  );
  return {
    jobs,
    results: async (known) => {
      const measured = new Map(rows.map((row): [LossRow, Measurement[]] => [row, []]));
      for (const { job, row, measure } of jobs)
        measured.get(row)!.push(...(await measurementsOf(known, job, measure)));
      if (measured.get(control)!.length === 0) return undefined;
      const ofEntries = entries.map(({ row, merge }) =>
        measured.get(row)!.filter((one) => one.merge === merge),
      );
      return experimentResults(recipe, ofEntries, seeds);
    },
  };
}

/** @param measured of each entry of the table */
export function experimentResults(
  recipe: Recipe,
  measured: readonly (readonly Measurement[])[],
  seeds: readonly number[],
): ExperimentResults {
  const results = entriesOf(recipe).flatMap((entry, k) => {
    if (measured[k]!.length === 0) return [];
    const row = measuredRow(entry.label, measured[k]!);
    return [{ ...entry, ...row, measurements: measured[k], estimate: estimate(row.values) }];
  });
  const [front, ...merged] = results;
  const pairs = `${measured[0]![0]!.decisions.length.toLocaleString('en-US')} pairs`;
  const reference = controlAmong(merged, control);
  const against = withTheirControls(merged);
  const differences = differencesByRow(against);
  const inPaper = merged.flatMap(({ paper, ...one }) =>
    paper === undefined ? [] : [{ ...one, paper: { accuracy: paper }, mean: one.estimate.mean }],
  );
  return {
    summary: againstControlSummary(against),
    text: [
      recipeText(recipe, seeds),
      `Summing the features of image and mirror image changes the control by ${differenceText(differenceOf(reference, front!), { above: 'a gain', below: 'a loss' })} (the paper: +${(reference.paper! - front!.paper!).toFixed(2)}). All other rows merge both images, and only these are compared below.`,
      againstControlText(against, pairs),
      orderText(inPaper),
      ...(seeds.length > 1 ? [orderedPairsText(inPaper)] : []),
    ],
    tables: [
      {
        stem: 'table4',
        columns: ['row', 'loss', 'normalisation', 'merge', 'paper', 'seed', 'step', 'accuracy', 'auc'],
        rows: results.flatMap(({ row, merge, paper, measurements }) =>
          measurements!.map(({ seed, step, accuracy, areaUnderCurve }) => [
            row.key,
            row.loss,
            row.normalisation,
            merge,
            paper ?? '',
            seed,
            step,
            accuracy,
            areaUnderCurve,
          ]),
        ),
        display: {
          columns: [
            { header: 'loss' },
            ...['accuracy', '− control', 'paper'].map((header) => ({ header, align: 'right' as const })),
          ],
          rows: results.map((result) => [
            result.label,
            percentEstimate(result.estimate) + seedsRemark(result.values.length, seeds.length),
            differences.has(result) ? points(differences.get(result)!) : '–',
            result.paper?.toFixed(2) ?? '–',
          ]),
          notes: [
            `Accuracy in per cent by \`${recipe.protocol}\`; all rows but the first merge image and mirror image. − control: difference from the control whose class weights learn as fast. The control is further softmax steps, where the paper has the model it starts from.`,
          ],
        },
      },
    ],
    figures: [
      {
        stem: 'table4',
        svg: rowPlot(
          results.map(({ label, values, estimate, paper }) => ({
            label,
            values,
            estimate,
            color: 0,
            remark: paper?.toFixed(2),
          })),
          {
            xLabel: 'accuracy in %',
            description: 'accuracy of every row',
            groups: [],
            remarks: 'paper',
            reference: reference.label,
          },
        ),
        caption: `Accuracy: ${marksText(seeds.length)}; dashed: the control with mirror images. At the right the accuracies of the paper.`,
      },
    ],
  };
}
