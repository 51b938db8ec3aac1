/** Table 2: verification accuracy on LFW of every loss, with and without normalisation (sections 7.6, 9.1). */

import { mean } from '../../evaluation/result.ts';
import { percent } from '../../evaluation/summary.ts';
import type { Experiment, Figure, Findings, NamedTable } from '../experiment.ts';
import type { Laboratory } from '../laboratory.node.ts';
import { Comparison, type Measurement, perSeed } from './comparison.node.ts';
import { control, type LossRow, labelOf, laterRows, paperRows, sampleRows } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
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

/** Rows under one heading. */
export interface Block {
  readonly title: string;
  readonly rows: readonly LossRow[];
}

/** What the paper compares, and what it could not or did not. */
export function table2Blocks({ head, fineTune }: Recipe): readonly Block[] {
  return [
    { title: "the paper's rows", rows: paperRows(head) },
    { title: 'sampled pairs and triplets', rows: sampleRows(fineTune.batchSize) },
    { title: 'later losses', rows: laterRows(head) },
  ];
}

export const table2: Experiment = {
  name: 'table2',
  title: 'Table 2: accuracy on LFW, every loss fine-tuned from one baseline',
  paper:
    'Fine-tuned from a softmax model of 98.28 %, every normalised loss exceeds 99.1 %; softmax + C-contrastive is best with 99.19 %, feature only reaches 98.72 % and weight only 98.95 %.',
  run: (laboratory) => runTable2(laboratory, comparisonRecipe(laboratory)),
};

export async function runTable2(
  laboratory: Laboratory,
  recipe: Recipe,
  blocks: readonly Block[] = table2Blocks(recipe),
): Promise<Findings> {
  const comparison = new Comparison(laboratory, recipe);
  const seeds = laboratory.comparisonSeeds;
  const rows = blocks.flatMap((block) => block.rows);
  const measured = await comparison.measureRows(rows, seeds);
  const pairs = await comparison.pairCount(await comparison.baseline(seeds[0]));
  return findingsOf(recipe, blocks, measured, seeds, pairs);
}

/**
 * Everything that is said, drawn and written about the measurements.
 * @param measured of every row, in the order of the blocks
 * @param pairs that judge
 */
export function findingsOf(
  recipe: Recipe,
  blocks: readonly Block[],
  measured: readonly (readonly Measurement[])[],
  seeds: readonly number[],
  pairs: number,
): Findings {
  let next = 0;
  const results = blocks.flatMap(({ rows }, block) =>
    rows.map((row) => {
      const measurements = measured[next++];
      const values = perSeed(measurements);
      return { row, block, label: labelOf(row), measurements, values, estimate: estimate(values) };
    }),
  );
  const reference = results.find(({ row }) => row.key === control.key)!;
  const others = results.filter((result) => result !== reference);
  const inPaper = results.flatMap(({ row: { paper }, estimate: { mean } }) =>
    paper ? [{ paper: paper.accuracy, mean }] : [],
  );
  const sets = blocks.map(({ title }, block) => ({ title, block }));
  const plot: Figure = {
    stem: 'table2',
    svg: rowPlot(
      results.map(({ row: { paper }, label, block, values, estimate }) => ({
        label,
        estimate,
        values,
        color: block,
        remark: paper?.accuracy.toFixed(2),
      })),
      {
        xLabel: 'accuracy in %',
        description: 'accuracy of every row with its standard deviation over seeds',
        groups: sets.map(({ title, block }) => ({ name: title, color: block })),
        remarks: 'paper',
        reference: reference.label,
      },
    ),
    caption:
      'Mean accuracy (dot), single seeds (circles) and standard deviation over the seeds (line). Dashed and shaded: the control and its deviation. At the right the accuracies of the paper.',
  };
  const table: NamedTable = {
    stem: 'table2',
    columns: ['block', 'row', 'loss', 'normalisation', 'paper', 'seed', 'step', 'accuracy', 'auc'],
    rows: results.flatMap(({ row, block, measurements }) =>
      measurements.map(({ seed, step, accuracy, areaUnderCurve }) => [
        blocks[block].title,
        row.key,
        row.loss,
        row.normalisation,
        row.paper?.accuracy ?? '',
        seed,
        step,
        accuracy,
        areaUnderCurve,
      ]),
    ),
    display: {
      columns: [
        { header: 'loss' },
        { header: 'normalisation' },
        ...['accuracy', '− control', 'AUC', 'paper'].map((header) => ({ header, align: 'right' as const })),
      ],
      rows: results.map(({ row, label, measurements, values, estimate }) => [
        row.key === control.key ? 'softmax, further steps (control)' : row.loss,
        row.normalisation,
        percentEstimate(estimate),
        row.key === control.key ? '–' : points(pairedDifference({ label, values }, reference)),
        percent(mean(perSeed(measurements, ({ areaUnderCurve }) => areaUnderCurve))),
        row.paper ? row.paper.accuracy.toFixed(2) + (row.paper.spread ? ` ± ${row.paper.spread}` : '') : '–',
      ]),
      notes: [
        `In per cent. Accuracy: \`${recipe.protocol}\` (${recipe.merge}), mean ± standard deviation over ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}; − control: difference from the control, mean ± standard error over the seeds.`,
      ],
    },
  };
  return {
    text: [
      recipeText(recipe, seeds) + laterText(recipe),
      againstControl(others, reference),
      orderText(agreement(inPaper)),
      pairsText(pairs, reference.estimate.mean),
    ],
    tables: [table],
    figures: [plot],
  };
}

/** Where later losses have other settings than their authors gave them. */
function laterText({ head: { later } }: Recipe): string {
  const changed = Object.entries(later).map(([name, settings]) => `${name} ${JSON.stringify(settings)}`);
  return changed.length === 0
    ? ''
    : ` Later losses have the settings of their authors, other than: ${changed.join(', ')}.`;
}

/** The chance in the choice of pairs, which seeds do not show. */
function pairsText(pairs: number, accuracy: number): string {
  const error = Math.sqrt((accuracy * (1 - accuracy)) / pairs);
  return (
    `${pairs.toLocaleString('en-US')} pairs judge, so that one accuracy has a standard error of ${(100 * error).toFixed(2)} points from their choice alone; ` +
    'all rows are judged by the same pairs, which makes differences between rows surer than that.'
  );
}
