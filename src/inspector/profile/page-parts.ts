/** The pieces of `profile.html` that are lists: operators, timeline, dispatches. */

import {
  bytesText,
  durationText,
  flopsText,
  grouped,
  percentText,
  shapeText,
  significant,
} from '../../common/format.ts';
import { escapeMarkup } from '../../common/markup.ts';
import { passText } from '../../engine/runtime/prepared.ts';
import { familyOf } from './families.ts';
import type { DispatchProfile } from './profile.ts';
import {
  choiceText,
  type DispatchRow,
  type OperatorPass,
  type OperatorRow,
  type Summary,
} from './summary.ts';
import { linearTicks } from './svg.ts';

/** Where a number comes from: a clock, counting, a model, or the maker of the card. */
export type Provenance = 'measured' | 'exact' | 'modelled' | 'published';

export function badge(kind: Provenance): string {
  return `<span class="kind ${kind}">${kind}</span>`;
}

/** The part of the page for a dispatch. */
export const anchorOf = (index: number): string => `d${index}`;

const classOf = ({ operator, phase }: OperatorPass): string =>
  `family-${familyOf(operator)}${phase === 'backward' ? ' backward' : ''}`;

/** A square of the colour of an operator's family; the word joiner behind it keeps it on the line of the name. */
const swatch = '<span class="swatch"></span>&#8288;';

const named = (pass: OperatorPass): string =>
  `<span class="${classOf(pass)}">${swatch}${escapeMarkup(passText(pass))}</span>`;

/** Operators by time, with bars. */
export function operatorBars(operators: readonly OperatorRow[]): string {
  const longest = Math.max(...operators.map(({ timeShare }) => timeShare));
  const items = operators.map((row) => {
    const width = ((100 * row.timeShare) / longest).toFixed(2);
    const calls = row.calls === row.dispatches ? '' : `, ${grouped(row.dispatches)} dispatches`;
    return `<li class="${classOf(row)}"${titleOf(row.variants.join('\n'))}>
<span>${swatch}${escapeMarkup(passText(row))} <small>${grouped(row.calls)}×${calls}</small></span>
<div class="track"><div class="fill" style="width: ${width}%"></div></div>
<span class="number">${durationText(row.microseconds)}</span><span class="number">${percentText(row.timeShare)}</span>
<span class="rates">${ratesText(row)}</span><span class="rates">${boundText(row)}</span></li>`;
  });
  return `<ul class="bars">\n${items.join('\n')}\n</ul>`;
}

function ratesText({ flops, bytes, gflops, gigabytesPerSecond }: OperatorRow): string {
  return [
    ...(flops > 0 ? [`${significant(gflops)} GFLOP/s`] : []),
    ...(bytes > 0 ? [`${significant(gigabytesPerSecond)} GB/s`] : []),
  ].join(' · ');
}

function boundText({ by, share }: OperatorRow): string {
  return by ? `${percentText(share)} of roofline, ${by}` : '';
}

/** Calls of operators above, their dispatches below, along the time of the step. */
export function timeline({ calls, dispatches, total }: Summary): string {
  const whole = total.microseconds || 1;
  const place = (begin: number, microseconds: number) =>
    `left: ${((100 * begin) / whole).toFixed(4)}%; width: ${((100 * microseconds) / whole).toFixed(4)}%`;
  const block = (lane: string, pass: OperatorPass, text: string, tip: string, style: string, index: number) =>
    `<a class="${lane} ${classOf(pass)}" href="#${anchorOf(index)}" tabindex="-1" style="${style}"${titleOf(tip)}>${escapeMarkup(text)}</a>`;
  const upper = calls.map((call) => {
    const { dispatches: parts } = call;
    const operator = passText(call);
    const microseconds = parts.reduce((sum, part) => sum + part.microseconds, 0);
    const { begin, dispatch } = parts[0]!;
    const tip = `${operator}, ${durationText(microseconds)}`;
    return block('calls', call, operator, tip, place(begin, microseconds), dispatch.index);
  });
  const lower = dispatches.map((row) => {
    const { begin, microseconds } = row;
    const { index, kernel } = row.dispatch;
    const tip = `${index}: ${kernel}, ${durationText(microseconds)}`;
    return block('parts', row, kernel, tip, place(begin, microseconds), index);
  });
  const ticks = linearTicks(whole, 6).map(
    (tick) =>
      `<span class="tick" style="left: ${((100 * tick) / whole).toFixed(3)}%">${tick === 0 ? '0' : durationText(tick).replace(/\.0+ /, ' ')}</span>`,
  );
  return `<div class="controls"><label>Stretch <input id="zoom" type="range" min="1" max="40" step="0.5" value="1"></label></div>
<div class="scroll" tabindex="0"><div class="timeline">${[...upper, ...lower, ...ticks].join('')}</div></div>`;
}

interface Column {
  readonly header: string;
  readonly kind?: Provenance;
  /** `wide`, `middle`: hidden where there is less room, the details have it too. `once`: on one line where there is room. */
  readonly style?: string;
  /** Numbers are sorted as numbers. */
  readonly value?: (row: DispatchRow) => number;
  readonly cell: (row: DispatchRow) => string;
}

const rate = (work: number, perSecond: number): string => (work > 0 ? significant(perSecond) : '');

const columns: readonly Column[] = [
  {
    header: '#',
    value: ({ dispatch }) => dispatch.index,
    cell: ({ dispatch: { index } }) =>
      `<button type="button" aria-expanded="false" aria-controls="${anchorOf(index)}-details">${index}</button>`,
  },
  { header: 'operator', style: 'once', cell: named },
  {
    header: 'kernel',
    style: 'wide',
    cell: ({ dispatch }) => `<code>${escapeMarkup(dispatch.kernel).replaceAll('/', '/<wbr>')}</code>`,
  },
  {
    header: 'time',
    kind: 'measured',
    value: ({ microseconds }) => microseconds,
    cell: ({ microseconds }) => durationText(microseconds),
  },
  {
    header: 'of step',
    kind: 'measured',
    style: 'middle',
    value: ({ timeShare }) => timeShare,
    cell: ({ timeShare }) => percentText(timeShare),
  },
  {
    header: 'GFLOP/s',
    kind: 'measured',
    style: 'wide',
    value: ({ gflops }) => gflops,
    cell: ({ flops, gflops }) => rate(flops, gflops),
  },
  {
    header: 'GB/s',
    kind: 'measured',
    style: 'wide',
    value: ({ gigabytesPerSecond }) => gigabytesPerSecond,
    cell: ({ bytes, gigabytesPerSecond }) => rate(bytes, gigabytesPerSecond),
  },
  { header: 'bound by', kind: 'modelled', style: 'wide', cell: ({ by }) => by ?? '' },
  {
    header: 'of roofline',
    kind: 'modelled',
    value: ({ share }) => share,
    cell: ({ by, share }) => (by ? percentText(share) : ''),
  },
  {
    header: 'variant',
    style: 'wide once',
    cell: ({ dispatch }) => escapeMarkup(dispatch.choice?.variant ?? ''),
  },
];

/**
 * Every dispatch with a row of details below it; rows come in the order given, by time.
 *
 * @param timed where the times come from
 */
export function dispatchList(rows: readonly DispatchRow[], timed: Provenance): string {
  const head = columns.map(({ header, kind, value, style }) => {
    const sorted = header === 'time' ? ' aria-sort="descending"' : '';
    return `<th scope="col"${classes(value, style)}${sorted}><button type="button">${header}</button>${kind ? badge(kind === 'measured' ? timed : kind) : ''}</th>`;
  });
  const bodies = rows.map((row) => {
    const id = anchorOf(row.dispatch.index);
    const cells = columns.map(({ value, cell, style }) => {
      const data = value ? ` data-value="${value(row)}"` : '';
      return `<td${classes(value, style)}${data}>${cell(row)}</td>`;
    });
    return `<tbody id="${id}" data-share="${row.timeShare}"><tr>${cells.join('')}</tr>
<tr hidden id="${id}-details"><td colspan="${columns.length}">${detailsOf(row, timed)}</td></tr></tbody>`;
  });
  return `<div class="controls"><input id="filter" type="search" placeholder="Filter by operator, kernel, variant, shape …" aria-label="Filter dispatches"><span id="shown" class="soft" role="status"></span></div>
<div class="scroll tall" tabindex="0"><table class="dispatches">
<thead><tr>${head.join('')}</tr></thead>
${bodies.join('\n')}
</table></div>`;
}

function classes(value: Column['value'], style: string | undefined): string {
  const names = [...(value ? ['right'] : []), ...(style ? [style] : [])];
  return names.length > 0 ? ` class="${names.join(' ')}"` : '';
}

function titleOf(text: string): string {
  return text === '' ? '' : ` title="${escapeMarkup(text)}"`;
}

function detailsOf(row: DispatchRow, timed: Provenance): string {
  const { kernel, choice, constants, conditions, grid, bindings } = row.dispatch;
  const facts: (readonly [string, string, Provenance?])[] = [
    ['kernel', `<code>${escapeMarkup(kernel)}</code>`],
    ['arithmetic', flopsText(row.flops), 'exact'],
    ['traffic, at least', bytesText(row.bytes), 'exact'],
    ['intensity', `${significant(row.intensity)} FLOP per byte`, 'exact'],
    ['rates', `${significant(row.gflops)} GFLOP/s, ${significant(row.gigabytesPerSecond)} GB/s`, timed],
    [
      'time at the roofline',
      row.by ? `${durationText(row.leastMicroseconds)}, bound by ${row.by}` : 'none to speak of',
      'modelled',
    ],
    ['workgroups', `${grid.join(' × ')} = ${grouped(grid.reduce((a, b) => a * b, 1))}`, 'exact'],
    ...(choice
      ? ([['variant', `${escapeMarkup(choiceText(choice))}, of ${escapeMarkup(choice.operation)}`]] as const)
      : []),
    ['conditions', conditions.length > 0 ? codes(conditions) : 'none on'],
    ['constants', codes(Object.entries(constants).map(([name, value]) => `${name} = ${value}`)) || 'none'],
  ];
  const list = facts.map(
    ([name, value, kind]) =>
      `<tr><th scope="row">${name}</th><td>${value} ${kind ? badge(kind) : ''}</td></tr>`,
  );
  return `<div class="details"><div><table class="facts">${list.join('')}</table></div><div>${bindingsTable(bindings)}</div></div>`;
}

const codes = (texts: readonly string[]): string =>
  texts.map((text) => `<code>${escapeMarkup(text)}</code>`).join(', ');

function bindingsTable(bindings: DispatchProfile['bindings']): string {
  const rows = bindings.map(
    ({ name, shape, dtype, bytes, writable }) =>
      `<tr><td><code>${escapeMarkup(name)}</code></td><td>${writable ? 'writes' : 'reads'}</td><td>${dtype} ${shapeText(shape)}</td><td class="right">${bytesText(bytes)}</td></tr>`,
  );
  return `<table><tr><th scope="col">binding</th><th scope="col">access</th><th scope="col">shape</th><th scope="col" class="right">bytes</th></tr>${rows.join('')}</table>`;
}
