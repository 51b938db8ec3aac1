/** A profile for the terminal. */

import { countText, durationText, grouped, percentText, significant } from '../../common/format.ts';
import type { Table } from '../../common/table.ts';
import { passText } from '../../engine/runtime/prepared.ts';
import { boundOfAll, rooflineText } from './bound.ts';
import { type StepProfile, timingText } from './profile.ts';
import { choiceText, inOrder, type OperatorRow, type Order, summarise } from './summary.ts';

const right = 'right' as const;

/** Columns that every row has after its name. */
const measures = [
  { header: 'time', align: right },
  { header: 'of step', align: right },
  { header: 'GFLOP/s', align: right },
  { header: 'GB/s', align: right },
  { header: 'bound by' },
  { header: 'of roofline', align: right },
];

type Measured = Pick<
  OperatorRow,
  'microseconds' | 'timeShare' | 'gflops' | 'gigabytesPerSecond' | 'by' | 'share' | 'flops' | 'bytes'
>;

function measuresOf(row: Measured): string[] {
  return [
    durationText(row.microseconds),
    percentText(row.timeShare),
    row.flops > 0 ? significant(row.gflops) : '',
    row.bytes > 0 ? significant(row.gigabytesPerSecond) : '',
    row.by ?? '',
    row.by ? percentText(row.share) : '',
  ];
}

/** One row an operator, the longest first, and the sum. */
export function operatorTable(profile: StepProfile): Table {
  const { operators, calls, total } = summarise(profile);
  return {
    title: profile.title,
    columns: [
      { header: 'operator' },
      { header: 'calls', align: right },
      { header: 'dispatches', align: right },
      ...measures,
      { header: 'variants' },
    ],
    rows: [
      ...operators.map((row) => [
        passText(row),
        grouped(row.calls),
        grouped(row.dispatches),
        ...measuresOf(row),
        variantsText(row.variants),
      ]),
      ['all', grouped(calls.length), grouped(profile.dispatches.length), ...measuresOf(total), ''],
    ],
    notes: notesOf(profile, total.microseconds),
  };
}

/** The variant that took most of the time, and how many others there are. */
function variantsText([first, ...others]: readonly string[]): string {
  if (first === undefined) return '';
  return others.length > 0 ? `${first} and ${countText(others.length, 'other')}` : first;
}

/**
 * One row per dispatch, and the sum.
 *
 * @param limit show so many; the others are one row, so that the sum still adds up
 */
export function dispatchTable(
  profile: StepProfile,
  { order = 'time', limit = Number.POSITIVE_INFINITY }: { order?: Order; limit?: number } = {},
): Table {
  const { dispatches, total } = summarise(profile);
  const rows = inOrder(dispatches, order);
  const [shown, others] = [rows.slice(0, limit), rows.slice(limit)];
  const rest = {
    ...boundOfAll(others, profile.roofline),
    timeShare: others.reduce((sum, { timeShare }) => sum + timeShare, 0),
  };
  return {
    title: profile.title,
    columns: [
      { header: '#', align: right },
      { header: 'operator' },
      { header: 'kernel' },
      ...measures,
      { header: 'variant' },
    ],
    rows: [
      ...shown.map((row) => [
        String(row.dispatch.index),
        passText(row),
        row.dispatch.kernel,
        ...measuresOf(row),
        row.dispatch.choice ? choiceText(row.dispatch.choice) : '',
      ]),
      ...(others.length > 0 ? [['', countText(others.length, 'other'), '', ...measuresOf(rest), '']] : []),
      ['', 'all', '', ...measuresOf(total), ''],
    ],
    notes: notesOf(profile, total.microseconds),
  };
}

function notesOf(profile: StepProfile, sum: number): string[] {
  const { timer, roofline, stepMicroseconds, dispatches } = profile;
  const peaks = rooflineText(roofline);
  if (timer === 'estimate') {
    const rate = dispatches.reduce((total, { flops }) => total + flops, 0) / (1e3 * stepMicroseconds);
    return [
      `time: estimated, nothing was run; the whole step ${durationText(stepMicroseconds)}, ${significant(rate)} GFLOP/s, ${percentText(rate / roofline.gflops)} of the peak`,
      `roofline: ${peaks}, as published; what the model knows and what not: docs/gpu.md`,
    ];
  }
  return [
    `time: ${timingText(profile)}; a replay of the whole step takes ${durationText(stepMicroseconds)}, its dispatches one by one ${durationText(sum)}`,
    `roofline: ${peaks}, the best measured on this adapter; traffic is what must be moved at least, and caches may spare some of it`,
  ];
}
