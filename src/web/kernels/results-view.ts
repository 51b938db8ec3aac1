import {
  comparisonText,
  countText,
  durationText,
  percentText,
  ratioText,
  significant,
} from '../../common/format.ts';
import { isDistinguishable, type PairedRatio } from '../../common/paired-ratio.ts';
import type { Check } from '../../engine/testing/check.ts';
import { type Comparison, exponent, passes } from '../../engine/testing/compare.ts';
import type { Speed } from '../../inspector/kernels/measure.ts';
import type { KernelRun } from '../../inspector/kernels/run.ts';
import type { Roofline } from '../../inspector/profile/bound.ts';
import { quantile } from '../../inspector/timing/timing.ts';
import { badge } from '../parts/badge.ts';
import { type Child, element } from '../parts/element.ts';
import { table } from '../parts/table.ts';
import { isPlottable } from './plot-data.ts';
import { type Role, rooflineFigure, timePlot } from './plots.ts';

/** A finished run and what it was of. */
export interface ShownRun {
  readonly run: KernelRun;
  /** Number of the dispatch that is in the editor. */
  readonly dispatch: number;
  /** What was run: `edited`, `default`, or how it was changed. */
  readonly label: string;
}

/** Whether a run is right, how fast it is, and how far from the roof. What is wrong has no speed. */
export function resultsView({ run, dispatch, label }: ShownRun): HTMLElement {
  const { check, speeds, roofline } = run;
  return element(
    'div',
    { class: 'kernel-results' },
    check ? verdictView(check) : '',
    check ? checksTable(check.comparisons) : '',
    ...(check?.faults ?? []).map((fault) => element('p', { class: 'kernel-wrong' }, fault)),
    ...(check?.omitted ?? []).map((text) => element('p', { class: 'soft small' }, `Left out: ${text}`)),
    ...(speeds && roofline
      ? speedViews(run, speeds, roofline, dispatch, label)
      : [element('p', { class: 'soft' }, 'Not timed: wrong results have no speed.')]),
  );
}

function speedViews(
  run: KernelRun,
  speeds: readonly Speed[],
  roofline: Roofline,
  dispatch: number,
  label: string,
): Child[] {
  const place = Math.max(
    0,
    speeds.findIndex(({ index }) => index === dispatch),
  );
  const speed = speeds[place]!;
  const defaultSpeed = run.baseline?.[place] ?? null;
  const role: Role = run.baseline ? 'edited' : 'default';
  const versions = [
    { label, role, speed },
    ...(defaultSpeed ? [{ label: 'default', role: 'default' as const, speed: defaultSpeed }] : []),
  ];
  const points = versions.map((version) => ({ ...version, ...version.speed.bound }));
  return [
    figuresView(speed, run.ratios?.[place] ?? null),
    timePlot(versions.map((version) => ({ ...version, microseconds: version.speed.microseconds }))),
    element('p', { class: 'soft small' }, timerText(speed), ' ', badge('measured')),
    points.some(isPlottable)
      ? rooflineFigure(points, roofline)
      : element('p', { class: 'soft' }, withoutArithmetic(speed, roofline)),
    speeds.length > 1 ? dispatchesTable(run, speeds, dispatch) : '',
  ];
}

/** `ok` or `WRONG`, in colour. */
export function verdictBadge(right: boolean): HTMLElement {
  return element('span', { class: right ? 'kernel-ok' : 'kernel-wrong' }, right ? 'ok' : 'WRONG');
}

/** `ok` or `WRONG`, and how many checks say so. */
export function verdictView({ comparisons, faults }: Check): HTMLElement {
  const wrong = faults.length + comparisons.filter((comparison) => !passes(comparison)).length;
  // That nothing was written where nothing belongs is one check more.
  const all = countText(comparisons.length + Math.max(1, faults.length), 'check');
  return element(
    'p',
    { class: `kernel-verdict ${wrong === 0 ? 'right' : 'wrong'}` },
    element('strong', {}, wrong === 0 ? 'ok' : 'WRONG'),
    wrong === 0 ? `, ${all} within tolerance` : `, ${wrong} of ${all} out of tolerance`,
  );
}

function checksTable(comparisons: readonly Comparison[]): HTMLElement {
  return table({
    caption: 'Checks',
    columns: [
      { title: 'Check' },
      { title: 'Error', numeric: true },
      { title: 'Allowed', numeric: true },
      { title: '' },
    ],
    rows: comparisons.map((comparison) => {
      const { what, against, error, tolerance, scaledError, scaledTolerance } = comparison;
      const right = passes(comparison);
      return [
        element('span', {}, what, element('span', { class: 'soft small kernel-against' }, against)),
        both(error, scaledError === null ? null : `${exponent(scaledError)} by own scale`),
        both(tolerance, scaledError === null ? null : exponent(scaledTolerance)),
        element(
          'span',
          { class: right ? 'kernel-ok' : 'kernel-wrong' },
          right ? 'ok' : 'WRONG',
          right ? '' : element('span', { class: 'small kernel-against' }, worstText(comparison)),
        ),
      ];
    }),
  });
}

/** A figure relative to the largest element, above one relative to each element's own scale. */
function both(value: number, scaled: string | null): Child {
  if (scaled === null) return exponent(value);
  return element(
    'span',
    {},
    exponent(value),
    element('span', { class: 'soft small kernel-against' }, scaled),
  );
}

function worstText({ worst }: Comparison): string {
  return worst ? `${short(worst.actual)} instead of ${short(worst.expected)} at element ${worst.index}` : '';
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

function figuresView(speed: Speed, ratio: PairedRatio | null): HTMLElement {
  const { bound } = speed;
  const figure = (name: string, value: string, unit = ''): HTMLElement =>
    element(
      'div',
      { class: 'figure' },
      element('span', { class: 'soft small' }, name),
      element(
        'span',
        {},
        element('span', { class: 'figure-value' }, value),
        element('span', { class: 'figure-unit' }, unit),
      ),
    );
  const [time, unit] = durationText(speed.median).split(' ');
  return element(
    'div',
    { class: 'kernel-figures' },
    figure('Median time', time!, ` ${unit}`),
    ratio ? figure('Beside the default', ...besideText(ratio)) : '',
    bound.gflops > 0 ? figure('Arithmetic', significant(bound.gflops), ' GFLOP/s') : '',
    bound.gigabytesPerSecond > 0 ? figure('Traffic', significant(bound.gigabytesPerSecond), ' GB/s') : '',
    bound.by ? figure(`Of the roof: ${bound.by}`, (100 * bound.share).toFixed(1), ' %') : '',
  );
}

/** The ratio in large type only where it is one. */
function besideText(ratio: PairedRatio): [value: string, rest: string] {
  if (!isDistinguishable(ratio)) return ['', comparisonText(ratio)];
  return [ratioText(ratio.median), ` × as fast, ${ratio.interval!.map(ratioText).join('–')}`];
}

function timerText({ timer, microseconds }: Speed): string {
  const [low, high] = [quantile(microseconds, 0.1), quantile(microseconds, 0.9)];
  const how =
    timer === 'wall clock'
      ? 'by the clock of the page, waiting for the GPU'
      : 'by timestamp queries of the GPU';
  return `${countText(microseconds.length, 'round')} ${how}, p10–p90 ${durationText(low)}–${durationText(high)}; short work is repeated within a round. Ratios are medians of paired rounds, with their 95 % interval.`;
}

function withoutArithmetic({ bound }: Speed, { gigabytesPerSecond }: Roofline): string {
  return bound.by
    ? `It does no arithmetic, so it has no place in a roofline: it moves ${significant(bound.gigabytesPerSecond)} of at most ${significant(gigabytesPerSecond)} GB/s.`
    : 'It neither computes nor moves anything to speak of.';
}

function dispatchesTable(
  { baseline, ratios }: KernelRun,
  speeds: readonly Speed[],
  shown: number,
): HTMLElement {
  return table({
    caption: 'All dispatches of the kernel in this case',
    columns: [
      { title: 'Dispatch' },
      { title: 'Median', numeric: true },
      ...(baseline
        ? [
            { title: 'Default', numeric: true },
            { title: 'As fast', numeric: true },
          ]
        : []),
      { title: 'GFLOP/s', numeric: true },
      { title: 'Of the roof', numeric: true },
    ],
    rows: speeds.map(({ index, operator, median, bound }, i) => [
      `${index}: ${operator}`,
      durationText(median),
      ...(baseline
        ? [baseline[i] ? durationText(baseline[i].median) : '', ratios?.[i] ? comparisonText(ratios[i]) : '']
        : []),
      significant(bound.gflops),
      percentText(bound.share),
    ]),
    highlight: (row) => speeds[row]!.index === shown,
  });
}
