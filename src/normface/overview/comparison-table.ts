import { bytesText, grouped } from '../../common/format.ts';
import { oneLine } from '../../common/printable.ts';
import type { Table } from '../../common/table.ts';
import { percent } from '../evaluation/summary.ts';
import { duration } from '../training/progress.ts';
import type { ComparedRun } from './compared-run.node.ts';
import { lossText, stateText, stepsText } from './runs-table.ts';

/** What came out of runs, side by side: a column for each. */
export function comparisonTable(runs: readonly ComparedRun[]): Table {
  const row = (name: string, cell: (run: ComparedRun) => string | null) => [
    name,
    ...runs.map((run) => cell(run) ?? '–'),
  ];
  const protocols = [
    ...new Set(runs.flatMap(({ validations }) => validations.map(({ protocol }) => protocol))),
  ];
  return {
    title: 'What came out',
    columns: [
      { header: '' },
      ...runs.map(({ name }) => ({ header: oneLine(name), align: 'right' as const })),
    ],
    rows: [
      row('state', ({ summary }) => stateText(summary)),
      row('steps', ({ summary }) => stepsText(summary)),
      row('parameters', ({ parameters }) => (parameters === null ? null : grouped(parameters))),
      row('last loss', ({ summary: { lastLoss } }) => (lastLoss === null ? null : lossText(lastLoss))),
      row('lowest loss', ({ steps }) => lowestLoss(steps)),
      ...protocols.flatMap((protocol) => [
        row(`best validation, ${oneLine(protocol)}, %`, (run) => bestValidation(run, protocol)),
        row(`last validation, ${oneLine(protocol)}, %`, (run) => lastValidation(run, protocol)),
      ]),
      ...evaluationRows(runs, row),
      row('images a second, median', ({ steps }) => medianSpeed(steps)),
      row('training time', ({ summary: { seconds } }) => (seconds === null ? null : duration(seconds))),
      row('size', ({ summary }) => bytesText(summary.bytes)),
    ],
  };
}

/** A row for each rule and list of pairs that any of the runs was judged by; of several evaluations the last one. */
function evaluationRows(
  runs: readonly ComparedRun[],
  row: (name: string, cell: (run: ComparedRun) => string | null) => string[],
): string[][] {
  const names = new Map<string, string>();
  const keyOf = ({ index, run }: ComparedRun['evaluations'][number]) =>
    `${index.pairsSha256} ${index.runs[run]!.rule}`;
  for (const { evaluations } of runs)
    for (const one of evaluations)
      if (one.index.runs[one.run]!.rule !== null)
        names.set(keyOf(one), `${oneLine(one.index.runs[one.run]!.rule!)} on ${oneLine(one.index.pairs)}, %`);
  return [...names].map(([key, name]) =>
    row(name, ({ evaluations }) => {
      const own = evaluations.findLast((one) => keyOf(one) === key);
      const accuracy = own ? own.index.runs[own.run]!.accuracy : null;
      return accuracy === null ? null : percent(accuracy);
    }),
  );
}

function lowestLoss(steps: ComparedRun['steps']): string | null {
  const lowest = steps.reduce((least, { loss }) => Math.min(least, loss), Number.POSITIVE_INFINITY);
  return Number.isFinite(lowest) ? lossText(lowest) : null;
}

function bestValidation({ validations }: ComparedRun, protocol: string): string | null {
  const best = validations
    .filter((one) => one.protocol === protocol)
    .reduce<ComparedRun['validations'][number] | undefined>(
      (top, one) => (top && top.accuracy >= one.accuracy ? top : one),
      undefined,
    );
  return best ? `${percent(best.accuracy)} at step ${best.step}` : null;
}

function lastValidation({ validations }: ComparedRun, protocol: string): string | null {
  const last = validations.findLast((one) => one.protocol === protocol);
  return last ? percent(last.accuracy) : null;
}

function medianSpeed(steps: ComparedRun['steps']): string | null {
  const speeds = steps
    .map(({ imagesPerSecond }) => imagesPerSecond)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return speeds.length === 0 ? null : grouped(Math.round(speeds[speeds.length >> 1]!));
}
