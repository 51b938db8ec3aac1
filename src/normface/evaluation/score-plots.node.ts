/** Plots of the scores of pairs. */

import * as Plot from '@observablehq/plot';
import { plotHeight, plotWidth, renderPlot, seriesColor } from '../../common/plot-frame.node.ts';
import type { Roc } from './roc.ts';
import { percentTick, plain } from './ticks.ts';

/** Histogram bins per unit of cosine. */
const binsPerUnit = 40;

/** ROC curves on a logarithmic FAR axis; the dashed line is chance. */
export function rocPlot(curves: readonly { name: string; roc: Roc }[], title?: string): string {
  // The axis starts at the decade of the smallest rate, above 0, at which a curve turns.
  const smallest = Math.min(0.1, ...curves.map(({ roc }) => roc.far.find((far) => far > 0) ?? 1));
  const left = 10 ** Math.max(-6, Math.floor(Math.log10(smallest) + 1e-9));
  const chance = Array.from({ length: 81 }, (_, k) => left ** (1 - k / 80));
  return renderPlot({
    title,
    description: `ROC curves of ${curves.map(({ name }) => name).join(', ')}`,
    legend: [
      ...curves.map(({ name }, k) => ({ name, color: seriesColor(k) })),
      { name: 'chance', color: 'currentColor', dashed: true },
    ],
    x: {
      type: 'log',
      domain: [left, 1],
      ticks: decades(left, 1),
      tickFormat: percentTick,
      label: 'false accept rate (FAR)',
    },
    y: { domain: [0, 1], tickFormat: percentTick, label: 'true accept rate (TAR)' },
    marks: [
      Plot.line(chance, { x: (far) => far, y: (far) => far, strokeDasharray: '6 5', strokeOpacity: 0.6 }),
      ...curves.map(({ roc }, k) =>
        Plot.line(onLogAxis(roc, left), { x: 'x', y: 'y', stroke: seriesColor(k), strokeWidth: 2.5 }),
      ),
    ],
  });
}

/** Powers of ten from `low` to `high`. */
function decades(low: number, high: number): number[] {
  const first = Math.round(Math.log10(low));
  const last = Math.round(Math.log10(high));
  return Array.from({ length: last - first + 1 }, (_, k) => Number(`1e${first + k}`));
}

/** The curve from FAR = left on, where it has the TAR of the last point before, without points closer than half a pixel. */
function onLogAxis({ far, tar }: Roc, left: number): { x: number; y: number }[] {
  let first = 0;
  while (first + 1 < far.length && far[first + 1]! <= left) first++;
  const points = [{ x: left, y: tar[first]! }];
  for (let k = first + 1; k < far.length; k++) {
    const last = points[points.length - 1]!;
    const across = (plotWidth * Math.log(far[k]! / last.x)) / -Math.log(left);
    const up = plotHeight * (tar[k]! - last.y);
    if (across < 0.5 && up < 0.5 && k < far.length - 1) continue;
    points.push({ x: far[k]!, y: tar[k]! });
  }
  return points;
}

/** Distributions of genuine and impostor cosines, one panel per run, with the threshold if given (dashed). */
export function histogramPlot(
  runs: readonly {
    name: string;
    scores: ArrayLike<number>;
    same: ArrayLike<number>;
    threshold?: number;
  }[],
  title?: string,
): string {
  const kinds = [
    { name: 'same person', color: seriesColor(0), same: true },
    { name: 'different people', color: seriesColor(1), same: false },
  ];
  const bars = runs.flatMap((run) => kinds.flatMap((kind) => histogram(run, kind)));
  const low = Math.min(0, ...bars.map((bar) => bar.low));
  const thresholds = runs.filter((run) => run.threshold !== undefined);
  const several = runs.length > 1;
  return renderPlot({
    title,
    description: `Score histograms of ${runs.map(({ name }) => name).join(', ')}`,
    legend: [
      ...kinds.map(({ name, color }) => ({ name, color, box: true })),
      ...(thresholds.length > 0 ? [{ name: 'threshold', color: 'currentColor', dashed: true }] : []),
    ],
    x: { domain: [low, 1], tickFormat: plain, label: 'cosine similarity' },
    y: {
      nice: true,
      tickFormat: percentTick,
      ticks: several ? 3 : 6,
      label: `pairs per ${1 / binsPerUnit} of cosine`,
    },
    panels: several ? runs.map(({ name }) => name) : undefined,
    marks: [
      // Both ends are given, because bars with one end would be stacked, and the two kinds must overlap.
      Plot.rect(bars, {
        x1: 'low',
        x2: 'high',
        y1: 0,
        y2: 'share',
        fy: several ? 'run' : undefined,
        fill: 'color',
        fillOpacity: 0.55,
      }),
      Plot.ruleX(thresholds, {
        x: 'threshold',
        fy: several ? 'name' : undefined,
        strokeDasharray: '6 5',
        strokeWidth: 1.5,
      }),
      several
        ? Plot.text(runs, {
            text: 'name',
            fy: 'name',
            frameAnchor: 'top-left',
            lineAnchor: 'bottom',
            dy: -6,
            fontWeight: 600,
          })
        : null,
    ],
  });
}

/** Bars of one kind of pair; heights are shares of that kind, so they add up to one. */
function histogram(
  run: { name: string; scores: ArrayLike<number>; same: ArrayLike<number> },
  kind: { color: string; same: boolean },
) {
  const counts = new Map<number, number>();
  let total = 0;
  for (let i = 0; i < run.scores.length; i++) {
    if ((run.same[i] === 1) !== kind.same) continue;
    const bin = Math.min(Math.floor(run.scores[i]! * binsPerUnit), binsPerUnit - 1);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
    total++;
  }
  return [...counts].map(([bin, count]) => ({
    run: run.name,
    color: kind.color,
    low: bin / binsPerUnit,
    high: (bin + 1) / binsPerUnit,
    share: count / total,
  }));
}
