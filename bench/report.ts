/** Results as a table for people, JSON for programs and bars for the eye. */

import * as Plot from '@observablehq/plot';
import type { Roofline } from '../src/inspector/roofline.ts';
import { renderPlot, seriesColor } from '../src/normface/evaluation/plot-frame.node.ts';
import { formatTable } from '../src/normface/evaluation/table.ts';
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
  /** Median time of this peer over this engine's with the same toggles, if it ran: above 1 this engine is faster. */
  readonly ratioToOurs: number | null;
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

const ratio = (a: number | null, b: number | null): number | null =>
  a !== null && b !== null ? a / b : null;

/**
 * Every peer is compared with the first before it that has the same toggles of Dawn, which is this engine, as it is listed first;
 * where there is none, with the first of all.
 */
export function rowsOf(benchCase: BenchCase, timings: readonly Timing[], peers: readonly Peer[]): Row[] {
  const medianOf = (peer: Peer): number | null =>
    timings.find((timing) => timing.peer === peer.name)?.medianMs ?? null;
  const oursFor = (name: string): number | null => {
    const index = peers.findIndex((peer) => peer.name === name);
    const { mode } = peers[index]!;
    const alike = mode && peers.slice(0, index).find((peer) => peer.mode === mode);
    return medianOf(alike || peers[0]!);
  };
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return timings.map((timing) => ({
    suite: benchCase.suite,
    case: benchCase.name,
    engine: timing.peer,
    medianMs: timing.medianMs,
    p10: finite(timing.p10),
    p90: finite(timing.p90),
    ratioToOurs: ratio(timing.medianMs, oursFor(timing.peer)),
    gflops: timing.medianMs && benchCase.flops ? benchCase.flops / timing.medianMs / 1e6 : null,
    bytes: timing.bytes,
    dispatches: timing.dispatches,
    firstMs: finite(timing.firstMs),
    difference: timing.difference,
    remark: timing.remark,
  }));
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
      row.ratioToOurs === null ? '' : row.ratioToOurs.toFixed(2),
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
    .map((row) => ({
      panel: `${row.suite}: ${row.case}`,
      peer: row.engine,
      ratio: row.ratioToOurs!,
      label: Math.max(1, row.ratioToOurs!),
      color: seriesColor(peers.indexOf(row.engine)),
    }));
  const end = 2 * Math.max(10, ...bars.map(({ ratio }) => ratio));
  return renderPlot({
    title,
    description: `time of ${peers.join(', ')} relative to this engine`,
    legend: peers.map((name, k) => ({ name, color: seriesColor(k), box: true })),
    x: {
      type: 'log',
      domain: [0.2, end],
      ticks: [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].filter((tick) => tick <= end),
      tickFormat: String,
      label: 'time relative to this engine (above 1: this engine is faster)',
    },
    y: { type: 'band', domain: peers, axis: null } as Plot.ScaleOptions,
    panels: cases,
    // Room for a bar of each peer, and for the name of the case above.
    plotHeight: (60 + 20 * peers.length) * cases.length,
    marks: [
      Plot.ruleX([1], { strokeOpacity: 0.7 }),
      Plot.ruleY(bars, { x1: 1, x2: 'ratio', y: 'peer', fy: 'panel', stroke: 'color', strokeWidth: 12 }),
      Plot.text(bars, {
        x: 'label',
        y: 'peer',
        fy: 'panel',
        text: ({ ratio }: { ratio: number }) => (ratio < 10 ? ratio.toPrecision(2) : ratio.toFixed(0)),
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
