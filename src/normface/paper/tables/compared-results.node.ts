/** What is told of rows that are compared with one of them, by their accuracy on pairs. */

import { estimate } from '../../../common/statistics.ts';
import {
  againstControlSummary,
  againstControlText,
  differencesByRow,
  percentEstimate,
  points,
  sharedSeeds,
} from '../../evaluation/verdict.ts';
import type { ExperimentResults, KnownValues, Plan } from '../experiment.ts';
import type { Job, PlannedJob } from '../jobs/job.ts';
import {
  areaText,
  type Measurement,
  measuredRow,
  measurementLines,
  measurementsOf,
  type PairsMeasure,
} from './comparison.node.ts';
import { marksText, rowPlot } from './row-plot.node.ts';
import { seedsRemark } from './seeds-remark.ts';

export interface ComparedRow {
  /** Names lines of the CSV file. */
  readonly key: string;
  readonly label: string;
  /** What stands beside the label, such as settings. */
  readonly remark: string;
  readonly measurements: readonly Measurement[];
}

export interface ComparedOptions {
  /** Of the files. */
  readonly stem: string;
  /** Key of the row that the others are compared with. */
  readonly reference: string;
  /** Heading of the remarks. */
  readonly remarks: string;
  readonly seeds: readonly number[];
  /** Rule behind the accuracies, and merge. */
  readonly rule: string;
}

/** A row of a comparison before it is measured, and its trainings. */
export interface PlannedRow extends Omit<ComparedRow, 'measurements'> {
  job(seed: number): Job;
}

/** Seeds are the outer loop, so that none is left behind. */
export function jobsOf(rows: readonly PlannedRow[], seeds: readonly number[]): PlannedJob[] {
  return seeds.flatMap((seed) => rows.map(({ label, job }) => ({ job: job(seed), label, seed })));
}

/** Rows that are trained and then compared with one of them. @param text what was trained, said before what came out */
export function planCompared(
  rows: readonly PlannedRow[],
  measure: PairsMeasure,
  { text, ...options }: ComparedOptions & { readonly text: string },
): Plan {
  const jobs = jobsOf(rows, options.seeds);
  return {
    jobs,
    results: async (known) => {
      const found = await measurementsByLabel(known, jobs, measure);
      const measured = rows.map(({ key, label, remark }) => ({
        key,
        label,
        remark,
        measurements: found.get(label)!,
      }));
      const results = comparedResults(measured, options);
      return results && { ...results, text: [text, results.text] };
    },
  };
}

/** Measurements of planned jobs by the label of their row. */
export async function measurementsByLabel(
  known: KnownValues,
  jobs: readonly PlannedJob[],
  measure: PairsMeasure,
): Promise<Map<string, Measurement[]>> {
  const found = new Map<string, Measurement[]>();
  for (const { job, label } of jobs)
    found.set(label, [...(found.get(label) ?? []), ...(await measurementsOf(known, job, measure))]);
  return found;
}

/** @returns undefined while nothing is known of the row that the others are compared with */
export function comparedResults(
  all: readonly ComparedRow[],
  { stem, reference, remarks, seeds, rule }: ComparedOptions,
): (Pick<ExperimentResults, 'tables' | 'figures'> & { summary: string; text: string }) | undefined {
  const rows = all
    .filter(({ measurements }) => measurements.length > 0)
    .map((row) => {
      const measured = measuredRow(row.label, row.measurements);
      return { ...row, ...measured, estimate: estimate(measured.values) };
    });
  const control = rows.find(({ key }) => key === reference);
  if (!control) return undefined;
  const compared = rows.flatMap((row) =>
    row === control || sharedSeeds(row, control) === 0 ? [] : [{ row, control }],
  );
  const differences = differencesByRow(compared);
  const pairs = `${control.measurements[0]!.decisions.length.toLocaleString('en-US')} pairs`;
  return {
    summary: againstControlSummary(compared).replaceAll('their control', control.label),
    text: againstControlText(compared, pairs).replace('Less the control', `Less "${control.label}"`),
    tables: [
      {
        stem,
        columns: ['row', remarks, 'seed', 'step', 'accuracy', 'auc'],
        rows: rows.flatMap(({ key, remark, measurements }) => measurementLines([key, remark], measurements)),
        display: {
          columns: [
            { header: '' },
            { header: remarks },
            ...['accuracy', `− ${control.label}`, 'AUC'].map((header) => ({
              header,
              align: 'right' as const,
            })),
          ],
          rows: rows.map((row) => [
            row.label,
            row.remark,
            percentEstimate(row.estimate) + seedsRemark(row.values.length, seeds.length),
            differences.has(row) ? points(differences.get(row)!) : '–',
            areaText(row.measurements),
          ]),
          notes: [
            `In per cent, \`${rule}\`${seeds.length > 1 ? ', mean ± standard deviation over the seeds; differences with their standard errors' : ', one seed'}.`,
          ],
        },
      },
    ],
    figures: [
      {
        stem,
        svg: rowPlot(
          rows.map(({ label, values, estimate }) => ({ label, values, estimate, color: 0 })),
          {
            xLabel: 'accuracy in %',
            description: 'accuracy of every row',
            groups: [],
            reference: control.label,
          },
        ),
        caption: `Accuracy: ${marksText(seeds.length)}; dashed: ${control.label}.`,
      },
    ],
  };
}
