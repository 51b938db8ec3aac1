/** Table 4: the losses on another net, the Light CNN (sections 6.2, 9.3). */

import type { MergeName } from '../../evaluation/merge.ts';
import type { Experiment, Findings } from '../experiment.ts';
import type { Laboratory } from '../laboratory.node.ts';
import { Comparison, type Measurement, perSeed } from './comparison.node.ts';
import { control, type LossRow, paperRows, rowsOf } from './loss-rows.ts';
import { lightRecipe } from './presets.ts';
import type { Recipe } from './recipe.ts';
import { recipeText } from './recipe-text.ts';
import { rowPlot } from './row-plot.node.ts';
import {
  againstControl,
  agreement,
  estimate,
  orderText,
  pairedDifference,
  percentEstimate,
  points,
} from './statistics.ts';

/** Rows of the table: a fine-tune and how its features are merged. */
const entries: readonly {
  readonly key: string;
  readonly label: string;
  readonly merge: MergeName;
  readonly paper: number;
}[] = [
  { key: control.key, label: 'softmax (control)', merge: 'front', paper: 98.13 },
  { key: control.key, label: 'softmax (control), mirror', merge: 'sum', paper: 98.41 },
  { key: 'normface', label: 'softmax, normalised', merge: 'sum', paper: 98.75 },
  { key: 'c-contrastive', label: 'C-contrastive, normalised', merge: 'sum', paper: 98.78 },
  {
    key: 'normface-c-contrastive',
    label: 'softmax + C-contrastive, normalised',
    merge: 'sum',
    paper: 98.71,
  },
];
/** The entry that the normalised ones are compared with: further softmax steps, merged like them. */
const reference = 1;

export const table4: Experiment = {
  name: 'table4',
  title: 'Table 4: the Light CNN',
  paper:
    'On Light CNN B softmax reaches 98.13 %, with mirror images 98.41 %; normalised softmax 98.75 %, C-contrastive 98.78 %, both together 98.71 %.',
  run: (laboratory) => runTable4(laboratory, lightRecipe(laboratory)),
};

export async function runTable4(laboratory: Laboratory, recipe: Recipe): Promise<Findings> {
  const comparison = new Comparison(laboratory, recipe);
  const keys = [...new Set(entries.map(({ key }) => key))];
  const measured = new Map<string, Measurement[]>(keys.map((key) => [key, []]));
  for (const seed of laboratory.seeds) {
    for (const row of rowsOf(paperRows(recipe.head), keys)) {
      const merges = entries.filter(({ key }) => key === row.key).map(({ merge }) => merge);
      const measurements = await comparison.measure(await comparison.fineTune(row, seed), merges);
      measured.get(row.key)!.push(...measurements);
    }
  }
  return findingsOf(
    recipe,
    entries.map(({ key, merge }) => measured.get(key)!.filter((one) => one.merge === merge)),
    laboratory.seeds,
  );
}

/** @param measured of each entry of the table */
export function findingsOf(
  recipe: Recipe,
  measured: readonly (readonly Measurement[])[],
  seeds: readonly number[],
): Findings {
  const rows: readonly LossRow[] = paperRows(recipe.head);
  const results = entries.map((entry, k) => {
    const values = perSeed(measured[k]);
    return {
      ...entry,
      row: rowsOf(rows, [entry.key])[0],
      measurements: measured[k],
      values,
      estimate: estimate(values),
    };
  });
  return {
    text: [
      recipeText(recipe, seeds),
      againstControl(
        results.filter((_, k) => k !== reference),
        results[reference],
      ),
      orderText(agreement(results.map(({ paper, estimate: { mean } }) => ({ paper, mean })))),
    ],
    tables: [
      {
        stem: 'table4',
        columns: ['row', 'loss', 'normalisation', 'merge', 'paper', 'seed', 'step', 'accuracy', 'auc'],
        rows: results.flatMap(({ key, row, merge, paper, measurements }) =>
          measurements.map(({ seed, step, accuracy, areaUnderCurve }) => [
            key,
            row.loss,
            row.normalisation,
            merge,
            paper,
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
          rows: results.map((result, k) => [
            result.label,
            percentEstimate(result.estimate),
            k === reference ? '–' : points(pairedDifference(result, results[reference])),
            result.paper.toFixed(2),
          ]),
          notes: [
            `Accuracy in per cent by \`${recipe.protocol}\`; all rows but the first merge image and mirror image. − control: difference from the second row. The control is further softmax steps, where the paper has the model it starts from.`,
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
            remark: paper.toFixed(2),
          })),
          {
            xLabel: 'accuracy in %',
            description: 'accuracy of every row',
            groups: [],
            remarks: 'paper',
            reference: entries[reference].label,
          },
        ),
        caption:
          'Mean accuracy (dot), single seeds (circles) and standard deviation (line); dashed: the control with mirror images. At the right the accuracies of the paper.',
      },
    ],
  };
}
