/** What `normface kernels` prints: one dispatch of a kernel, its checks, its times. */

import {
  bytesText,
  comparisonText,
  countText,
  durationText,
  flopsText,
  percentText,
  significant,
} from '../common/format.ts';
import { formatTable, type Table } from '../common/table.ts';
import { type Check, isRight } from '../engine/testing/check.ts';
import { exponent, passes } from '../engine/testing/compare.ts';
import type { KernelEntry } from '../inspector/kernels/catalogue.ts';
import type { DispatchView, KernelSession } from '../inspector/kernels/inspect.ts';
import type { Speed } from '../inspector/kernels/measure.ts';
import type { KernelRun, SweepResult, SweepRow } from '../inspector/kernels/run.ts';
import type { Roofline } from '../inspector/profile/bound.ts';
import { rooflineText } from '../inspector/profile/bound.ts';
import { quantile } from '../inspector/timing/timing.ts';

/** Names of the operators that dispatch a kernel. */
export const operatorsOf = ({ uses }: KernelEntry): string[] => uses.map(({ operator }) => operator.name);

/** One row a kernel. */
export function catalogueTable(entries: readonly KernelEntry[]): Table {
  return {
    columns: [{ header: 'kernel' }, { header: 'operators' }, { header: 'computes' }],
    rows: entries.map((entry) => {
      const [first, second, ...more] = operatorsOf(entry);
      const operators =
        [first, second].filter(Boolean).join(', ') + (more.length > 0 ? ` +${more.length}` : '');
      return [entry.name, operators, shortened(entry.summary, 90)];
    }),
    notes: [
      `${countText(entries.length, 'kernel')}; --long tells more, \`normface kernels show NAME\` shows one on a case`,
    ],
  };
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}

/** All that is known of a kernel without a case. */
export function entryText(entry: KernelEntry): string {
  const list = (names: readonly string[]): string => names.join(', ') || 'none';
  return [
    entry.name,
    `operators   ${list(operatorsOf(entry))}`,
    ...(entry.mainloops.length > 0 ? [`mainloops   ${list(entry.mainloops)}`] : []),
    `constants   ${list(entry.constants)}`,
    `conditions  ${list(entry.conditions)}`,
    '',
    indented(entry.header),
  ].join('\n');
}

/** A text set off from what is around it. */
export const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');

/** A kernel and its case. */
export function sessionText({ entry, operator, sample, recording }: KernelSession): string {
  const { variants } = recording;
  const free = [...recording.free.keys()].filter((name) => entry.constants.includes(name));
  return [
    `kernel   ${entry.name}: ${entry.summary}`,
    `case     ${operator.name} ${sample.label}`,
    ...(variants.length > 1 ? [`variants ${variants.join(', ')}`] : []),
    ...(free.length > 0 ? [`free     ${free.join(', ')}`] : []),
  ].join('\n');
}

/** Everything about a dispatch but its WGSL. */
export function dispatchText(view: DispatchView): string {
  const { needs, cost, decisions, mainloop } = view;
  const intensity = cost.bytes > 0 ? `, ${(cost.flops / cost.bytes).toFixed(2)} FLOP a byte` : '';
  return [
    `dispatch ${view.index} of ${view.operator}${mainloop ? `, mainloop ${mainloop}` : ''}`,
    ...decisions.map(({ operation, variant, reason }) => `         ${operation}: ${variant}, ${reason}`),
    `grid     ${view.grid.join(' × ')} workgroups of ${needs.workgroupSize.join('×')} invocations`,
    `needs    ${needs.workgroupBytes} bytes of workgroup memory, about ${needs.registers} registers an invocation (modelled)`,
    `cost     ${flopsText(cost.flops)}, ${bytesText(cost.bytes)} at least${intensity}`,
    '',
    formatTable(bindingTable(view)),
    '',
    formatTable(constantTable(view)),
  ].join('\n');
}

function bindingTable({ bindings }: DispatchView): Table {
  return {
    columns: [
      { header: 'binding', align: 'right' },
      { header: 'name' },
      { header: 'access' },
      { header: 'type' },
      { header: 'shape' },
      { header: 'strides' },
      { header: 'bytes', align: 'right' },
    ],
    rows: bindings.map(({ binding, name, writable, dtype, shape, strides, bytes }) => [
      String(binding),
      name,
      writable ? 'read, write' : 'read',
      dtype,
      shape.join('×') || 'scalar',
      strides.join(', '),
      String(bytes),
    ]),
  };
}

function constantTable({ constants, conditions }: DispatchView): Table {
  return {
    columns: [{ header: 'constant' }, { header: 'value', align: 'right' }, { header: 'why' }],
    rows: constants.map(({ name, value, why }) => [name, String(value), why ?? 'follows from the case']),
    notes: [`conditions ${conditions.join(', ') || 'none'}`],
  };
}

/** Whether a value of a sweep ran and passed its checks. */
export const isRightRow = ({ check, failure }: SweepRow): boolean => failure === null && isRight(check);

/** One row a comparison, and what else was found below. */
export function checkTable({ comparisons, faults, omitted }: Check): Table {
  return {
    columns: [
      { header: 'check' },
      { header: 'against' },
      { header: 'error', align: 'right' },
      { header: 'allowed', align: 'right' },
      { header: 'by own scale', align: 'right' },
      { header: 'allowed', align: 'right' },
      { header: 'is' },
    ],
    rows: comparisons.map((comparison) => {
      const { what, against, error, tolerance, scaledError, scaledTolerance, worst } = comparison;
      const place = worst ? `WRONG: ${worst.actual} instead of ${worst.expected} at ${worst.index}` : 'WRONG';
      return [
        what,
        against,
        exponent(error),
        exponent(tolerance),
        ...(scaledError === null ? ['', ''] : [exponent(scaledError), exponent(scaledTolerance)]),
        passes(comparison) ? 'ok' : place,
      ];
    }),
    notes: [
      'error: largest, relative to the largest element; by own scale: root mean square, relative to what each element moves by with its inputs',
      ...faults.map((fault) => `WRONG: ${fault}`),
      ...omitted.map((text) => `left out: ${text}`),
    ],
  };
}

function speedCells({ median, microseconds, bound }: Speed): string[] {
  return [
    durationText(median),
    `${durationText(quantile(microseconds, 0.1))}–${durationText(quantile(microseconds, 0.9))}`,
    significant(bound.gflops),
    significant(bound.gigabytesPerSecond),
    percentText(bound.share),
    bound.by ?? '',
  ];
}

const speedColumns: Table['columns'] = [
  { header: 'median', align: 'right' },
  { header: 'p10–p90', align: 'right' },
  { header: 'GFLOP/s', align: 'right' },
  { header: 'GB/s', align: 'right' },
  { header: 'roofline', align: 'right' },
  { header: 'bound by' },
];

/** What was found of a run's speed; a wrong kernel has none. */
export function speedText({ check, speeds, baseline, ratios, roofline }: KernelRun): string {
  if (!speeds || !roofline)
    return 'not timed: wrong results have no speed (--no-check times without looking)';
  const table = formatTable(speedTable(speeds, baseline, ratios, roofline));
  return check ? table : `${table}\nnot checked: nothing says that the results are right`;
}

/** One row a dispatch, under each that of the default kernel if it was timed as well. */
function speedTable(
  speeds: readonly Speed[],
  baseline: KernelRun['baseline'],
  ratios: KernelRun['ratios'],
  roofline: Roofline,
): Table {
  const rows = speeds.flatMap((speed, i) => {
    const defaultSpeed = baseline?.[i];
    const ratio = ratios?.[i];
    const label = `#${speed.index} ${speed.operator}`;
    if (!baseline) return [[label, ...speedCells(speed)]];
    return [
      [`${label}, changed`, ...speedCells(speed), ratio ? comparisonText(ratio) : ''],
      ...(defaultSpeed ? [[`${label}, default`, ...speedCells(defaultSpeed), '']] : []),
    ];
  });
  return {
    columns: [
      { header: 'dispatch' },
      ...speedColumns,
      ...(baseline ? [{ header: 'as fast as the default' }] : []),
    ],
    rows,
    notes: [
      `roofline: ${rooflineText(roofline)}; times by ${timerText(speeds[0]!)}`,
      ...(baseline
        ? [
            'as fast as the default: the median of paired rounds with its 95 % interval; where that holds 1, nothing can be told',
          ]
        : []),
    ],
  };
}

const timerText = ({ timer, microseconds }: Speed): string =>
  `${timer}, ${countText(microseconds.length, 'round')}`;

/** One row a value; what is wrong or cannot run has no speed. */
export function sweepTable(name: string, { rows, comparisons, roofline }: SweepResult): Table {
  const first = rows.find(({ speed }) => speed !== null)?.speed;
  return {
    columns: [{ header: name }, ...speedColumns, { header: 'as fast as *' }, { header: 'check' }],
    rows: rows.map((row) => {
      const { value, speed, failure, check, toFastest } = row;
      if (!speed) return [value, ...speedColumns.map(() => ''), '', failure ?? 'WRONG, not timed'];
      return [
        toFastest ? value : `${value} *`,
        ...speedCells(speed),
        toFastest ? comparisonText(toFastest, comparisons) : '',
        check ? 'ok' : 'not checked',
      ];
    }),
    notes:
      first && roofline
        ? [
            `* least median; as fast as that: the median of paired rounds with an interval, all of which hold together with 95 %`,
            `roofline: ${rooflineText(roofline)}; times of the most expensive dispatch by ${timerText(first)}`,
          ]
        : [],
  };
}
