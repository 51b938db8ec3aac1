/** Results as a table for people, JSON for programs and bars for the eye. */

import * as Plot from '@observablehq/plot';
import { ratioText } from '../src/common/format.ts';
import { isDistinguishable, type PairedRatio, pairedRatio } from '../src/common/paired-ratio.ts';
import { renderPlot, seriesColor } from '../src/common/plot-frame.node.ts';
import { formatTable } from '../src/common/table.ts';
import type { Roofline } from '../src/inspector/profile/bound.ts';
import { quantile } from '../src/inspector/timing/timing.ts';
import type { BenchCase } from './cases.ts';
import type { Timing } from './measure.ts';
import type { Peer } from './peers/peer.ts';

/** One peer in one case. */
export interface Row {
  readonly suite: string;
  readonly case: string;
  /** Who did it. */
  readonly engine: string;
  readonly medianMs: number | null;
  readonly p10: number | null;
  readonly p90: number | null;
  /**
   * Time of this peer over this engine's with the same toggles, round by round, and the middle of that; above 1 this engine is faster.
   * null if one of them did not run. Reports until 26 November 2026 have the ratio of the medians.
   */
  readonly ratioToOurs: number | null;
  /** Where that lies with 95 % confidence; null with too few rounds. Missing in reports until 26 November 2026. */
  readonly ratioInterval?: PairedRatio['interval'];
  readonly gflops: number | null;
  /** Most bytes of GPU buffers alive at once. */
  readonly bytes: number | null;
  readonly dispatches: number | null;
  readonly firstMs: number | null;
  /** Largest relative difference from the first peer's results. */
  readonly difference: number | null;
  readonly remark: string;
}

export interface Report {
  readonly date: string;
  readonly adapter: string;
  readonly machine: string;
  readonly rounds: number;
  /** Which variants of its kernels this engine used. */
  readonly tune: string;
  readonly roofline: Roofline;
  /** Host time to submit a replayed optimiser step of the small net, per dispatch. */
  readonly hostMicrosecondsPerDispatch: number | null;
  readonly peers: Readonly<Record<string, string>>;
  /** Toggles of Dawn that each peer ran with. */
  readonly toggles: Readonly<Record<string, readonly string[]>>;
  readonly rows: readonly Row[];
}

/**
 * Every peer is compared with the first before it that has the same toggles of Dawn, which is this engine, as it is listed first;
 * where there is none, with the first of all.
 */
export function rowsOf(benchCase: BenchCase, timings: readonly Timing[], peers: readonly Peer[]): Row[] {
  const timesOf = (peer: Peer): readonly number[] =>
    timings.find((timing) => timing.peer === peer.name)?.times ?? [];
  const oursFor = (name: string): readonly number[] => {
    const index = peers.findIndex((peer) => peer.name === name);
    const { mode } = peers[index]!;
    const alike = mode && peers.slice(0, index).find((peer) => peer.mode === mode);
    return timesOf(alike || peers[0]!);
  };
  return timings.map(({ peer, times, firstMs, bytes, dispatches, difference, remark }) => {
    const ran = times.length > 0;
    const medianMs = ran ? quantile(times, 0.5) : null;
    const ours = oursFor(peer);
    const ratio = ran && ours.length > 0 ? pairedRatio(times, ours) : null;
    return {
      suite: benchCase.suite,
      case: benchCase.name,
      engine: peer,
      medianMs,
      p10: ran ? quantile(times, 0.1) : null,
      p90: ran ? quantile(times, 0.9) : null,
      ratioToOurs: ratio?.median ?? null,
      ratioInterval: ratio?.interval ?? null,
      gflops: medianMs && benchCase.flops ? benchCase.flops / medianMs / 1e6 : null,
      bytes,
      dispatches,
      firstMs,
      difference,
      remark,
    };
  });
}

/** `6.53 (6.31–6.80)`, `not distinguishable (0.970–1.04)`; without an interval, which needs rounds, only `6.53`. */
function ratioCell({ ratioToOurs, ratioInterval }: Row): string {
  if (ratioToOurs === null) return '';
  if (!ratioInterval) return `${ratioText(ratioToOurs)}, no interval`;
  const range = `(${ratioInterval.map(ratioText).join('–')})`;
  return isDistinguishable({ interval: ratioInterval })
    ? `${ratioText(ratioToOurs)} ${range}`
    : `not distinguishable ${range}`;
}

const milliseconds = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));

/** The rows of one case. */
export function caseTable(rows: readonly Row[], roofline: Roofline): string {
  return formatTable({
    title: `${rows[0]!.suite}: ${rows[0]!.case}`,
    columns: [
      { header: 'peer' },
      { header: 'median ms', align: 'right' },
      { header: 'p10–p90', align: 'right' },
      { header: '× ours', align: 'right' },
      { header: 'GFLOP/s', align: 'right' },
      { header: 'of peak', align: 'right' },
      { header: 'MiB', align: 'right' },
      { header: 'dispatches', align: 'right' },
      { header: 'first ms', align: 'right' },
      { header: 'remark' },
    ],
    rows: rows.map((row) => [
      row.engine,
      row.medianMs === null ? '—' : milliseconds(row.medianMs),
      row.medianMs === null ? '' : `${milliseconds(row.p10!)}–${milliseconds(row.p90!)}`,
      row === rows[0] ? '' : ratioCell(row),
      row.gflops === null ? '' : row.gflops.toFixed(1),
      row.gflops === null ? '' : `${((100 * row.gflops) / roofline.gflops).toFixed(0)} %`,
      row.bytes === null ? '' : (row.bytes / 2 ** 20).toFixed(1),
      row.dispatches === null ? '' : String(row.dispatches),
      row.firstMs === null ? '' : milliseconds(row.firstMs),
      row.remark,
    ]),
  });
}

/** How many times as long as ours each peer takes, case by case, on a logarithmic axis. */
export function ratioChart(rows: readonly Row[], title: string): string {
  const peers = [...new Set(rows.map(({ engine }) => engine))].slice(1);
  const cases = [...new Set(rows.map((row) => `${row.suite}: ${row.case}`))];
  const bars = rows
    .filter((row) => row.ratioToOurs !== null && peers.includes(row.engine))
    .map((row) => {
      const ratio = row.ratioToOurs!;
      const [low, high] = row.ratioInterval ?? [ratio, ratio];
      const isTold = !row.ratioInterval || isDistinguishable({ interval: row.ratioInterval });
      return {
        panel: `${row.suite}: ${row.case}`,
        peer: row.engine,
        ratio,
        low,
        high,
        text: isTold ? (ratio < 10 ? ratio.toPrecision(2) : ratio.toFixed(0)) : 'not distinguishable',
        label: Math.max(1, high),
        color: seriesColor(peers.indexOf(row.engine)),
      };
    });
  const end = 2 * Math.max(10, ...bars.map(({ high }) => high));
  return renderPlot({
    title,
    description: `time of ${peers.join(', ')} relative to this engine`,
    legend: peers.map((name, k) => ({ name, color: seriesColor(k), box: true })),
    x: {
      type: 'log',
      domain: [0.2, end],
      ticks: [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].filter((tick) => tick <= end),
      tickFormat: String,
      label: 'time relative to this engine (above 1: this engine is faster), and its 95 % interval',
    },
    y: { type: 'band', domain: peers, axis: null } as Plot.ScaleOptions,
    panels: cases,
    // Room for a bar of each peer, and for the name of the case above.
    plotHeight: (60 + 20 * peers.length) * cases.length,
    marks: [
      Plot.ruleX([1], { strokeOpacity: 0.7 }),
      Plot.ruleY(bars, { x1: 1, x2: 'ratio', y: 'peer', fy: 'panel', stroke: 'color', strokeWidth: 12 }),
      Plot.ruleY(bars, {
        x1: 'low',
        x2: 'high',
        y: 'peer',
        fy: 'panel',
        stroke: 'currentColor',
        strokeWidth: 2,
      }),
      Plot.text(bars, {
        x: 'label',
        y: 'peer',
        fy: 'panel',
        text: 'text',
        dx: 8,
        textAnchor: 'start',
        fill: 'currentColor',
      }),
      Plot.text(cases, {
        fy: (name: string) => name,
        text: (name: string) => name,
        frameAnchor: 'top-left',
        dy: -11,
        fill: 'currentColor',
        textAnchor: 'start',
      }),
    ],
  });
}
