/** Table 2: verification accuracy on LFW of every loss, with and without normalisation (arXiv 1704.06369, section 5.2). */

import { estimate } from '../../../common/statistics.ts';
import { orderedPairsText, orderText } from '../../evaluation/paper-order.ts';
import {
  againstControlSummary,
  againstControlText,
  differencesByRow,
  percentEstimate,
  points,
} from '../../evaluation/verdict.ts';
import type { ExperimentResults, Figure, NamedTable, Plan, PlannedExperiment } from '../experiment.ts';
import {
  areaText,
  type Measurement,
  measuredRow,
  measuredRows,
  measurementLines,
  pairsMeasure,
  rowJobs,
} from './comparison.node.ts';
import {
  control,
  type HeadSettings,
  isControl,
  type LossRow,
  labelOf,
  laterRows,
  nameOf,
  paperRows,
  sampleRows,
  todaysRows,
  withTheirControls,
} from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import type { Recipe } from './recipe.ts';
import { recipeText } from './recipe-text.ts';
import { marksText, rowPlot } from './row-plot.node.ts';
import { seedsRemark } from './seeds-remark.ts';

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
    { title: "today's losses", rows: todaysRows(head) },
  ];
}

export const table2: PlannedExperiment = {
  name: 'table2',
  title: 'Table 2: accuracy on LFW, every loss fine-tuned from one baseline',
  paper:
    'Fine-tuned from a softmax model of 98.28 %, every normalised loss exceeds 99.1 %; softmax + C-contrastive is best with 99.19 %, feature only reaches 98.72 % and weight only 98.95 %.',
  plan: (runner) => planTable2(comparisonRecipe(runner), runner.costlySeeds),
};

export function planTable2(
  recipe: Recipe,
  seeds: readonly number[],
  blocks: readonly Block[] = table2Blocks(recipe),
): Plan {
  const measure = pairsMeasure(recipe);
  const rows = blocks.flatMap((block) => block.rows);
  const jobs = rowJobs(recipe, rows, seeds, [measure]);
  return {
    jobs,
    results: async (known) => {
      const measured = await measuredRows(known, rows.length, jobs, measure);
      // Everything is told by its distance from the control.
      return measured[rows.indexOf(control)]!.length > 0
        ? experimentResults(recipe, blocks, measured, seeds)
        : undefined;
    },
  };
}

/**
 * Everything that is said, drawn and written about the measurements.
 * @param measured of every row, in the order of the blocks; rows of which nothing is measured yet are left out
 */
export function experimentResults(
  recipe: Recipe,
  blocks: readonly Block[],
  measured: readonly (readonly Measurement[])[],
  seeds: readonly number[],
): ExperimentResults {
  let next = 0;
  const results = blocks.flatMap(({ rows }, block) =>
    rows.flatMap((row) => {
      const measurements = measured[next++]!;
      if (measurements.length === 0) return [];
      const measuredOnce = measuredRow(labelOf(row), measurements);
      return [{ row, block, measurements, ...measuredOnce, estimate: estimate(measuredOnce.values) }];
    }),
  );
  const pairs = results[0]!.measurements[0]!.decisions.length;
  const reference = results.find(({ row }) => row.key === control.key)!;
  const inPaper = results.flatMap(({ row: { paper }, estimate: { mean }, ...one }) =>
    paper ? [{ ...one, paper, mean }] : [],
  );
  const against = withTheirControls(results);
  const differences = differencesByRow(against);
  const withOthers = results.filter(({ row }) => isControl(row)).length > 1;
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
    caption: `Accuracy: ${marksText(seeds.length)}. Dashed${seeds.length > 1 ? ' and shaded' : ''}: the control${seeds.length > 1 ? ' and its deviation' : ''}${withOthers ? '; C-contrastive and C-triplet are compared with the second row' : ''}. At the right the accuracies of the paper.`,
  };
  const table: NamedTable = {
    stem: 'table2',
    columns: ['block', 'row', 'loss', 'normalisation', 'paper', 'seed', 'step', 'accuracy', 'auc'],
    rows: results.flatMap(({ row, block, measurements }) =>
      measurementLines(
        [blocks[block]!.title, row.key, row.loss, row.normalisation, row.paper?.accuracy ?? ''],
        measurements,
      ),
    ),
    display: {
      columns: [
        { header: 'loss' },
        { header: 'normalisation' },
        ...['accuracy', '− control', 'AUC', 'paper'].map((header) => ({ header, align: 'right' as const })),
      ],
      rows: results.map((result) => [
        nameOf(result.row),
        result.row.normalisation,
        percentEstimate(result.estimate) + seedsRemark(result.values.length, seeds.length),
        differences.has(result) ? points(differences.get(result)!) : '–',
        areaText(result.measurements),
        paperText(result.row),
      ]),
      notes: [
        `In per cent. Accuracy: \`${recipe.protocol}\` (${recipe.merge})${seeds.length > 1 ? `, mean ± standard deviation over ${seeds.length} seeds` : ', one seed'}; − control: difference from the control whose class weights learn as fast${seeds.length > 1 ? ', mean ± standard error over the seeds' : ''}, of a control from the first row.`,
      ],
    },
  };
  return {
    summary: againstControlSummary(against),
    text: [
      recipeText(recipe, seeds) + laterText(recipe),
      againstControlText(against, `${pairs.toLocaleString('en-US')} pairs`),
      orderText(inPaper),
      ...(seeds.length > 1 ? [orderedPairsText(inPaper)] : []),
      pairsText(pairs, reference.estimate.mean),
    ],
    tables: [table],
    figures: [plot],
  };
}

function paperText({ paper }: LossRow): string {
  if (!paper) return '–';
  return paper.accuracy.toFixed(2) + (paper.spread ? ` ± ${paper.spread}` : '');
}

/** Where later losses have other settings than their authors gave them. */
function laterText({ head: { later, fineTuned } }: Recipe): string {
  const list = (settings: HeadSettings['later']) =>
    Object.entries(settings).map(([name, own]) => `${name} ${JSON.stringify(own)}`);
  const [changed, toGoOn] = [later, fineTuned].map(list);
  return [
    ...(changed!.length > 0
      ? [` Later losses have the settings of their authors, other than: ${changed!.join(', ')}.`]
      : []),
    ...(toGoOn!.length > 0
      ? [
          ` Since they go on from class weights of softmax, for few steps: ${toGoOn!.join(', ')}. A threshold that fits new class weights would push them apart (docs/reference.md), and a running deviation that starts at 100 and moves by 1 % a step would not settle.`,
        ]
      : []),
  ].join('');
}

/** The chance in the choice of pairs, which seeds do not show. */
function pairsText(pairs: number, accuracy: number): string {
  const error = Math.sqrt((accuracy * (1 - accuracy)) / pairs);
  return (
    `${pairs.toLocaleString('en-US')} pairs judge, so that one accuracy has a standard error of ${(100 * error).toFixed(2)} points from their choice alone; ` +
    'all rows are judged by the same pairs, which makes differences between rows surer than that.'
  );
}
