import * as Plot from '@observablehq/plot';
import {
  type LegendEntry,
  plotHeight,
  plotWidth,
  renderPlot,
  seriesColor,
} from '../../common/plot-frame.node.ts';
import { type Curve, movingMean, thinned } from './curve.ts';
import type { Roc } from './roc.ts';

export { plotPng } from '../../common/plot-frame.node.ts';

const maximumPoints = 800;

/** Histogram bins per unit of cosine. */
const binsPerUnit = 40;

/** Numbers on axes: 0.0001, 0.5, 1200 as they are, without float noise. */
function plain(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function percentTick(share: number): string {
  return `${plain(100 * share)}%`;
}

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

/** One line of a curve plot. Lines of the same run share `color` (an index), and differ in being dashed. */
export interface Series extends Curve {
  readonly name: string;
  readonly color?: number;
  readonly dashed?: boolean;
}

interface CurveOptions {
  readonly title?: string;
  readonly yLabel: string;
  readonly percentY?: boolean;
  readonly logY?: boolean;
  /** Let the y axis start at 0. */
  readonly fromZero?: boolean;
  /** Draw the moving mean, and the values faintly behind it. */
  readonly smooth?: boolean;
  /** Dashed horizontal lines, such as the least possible loss (paper, proposition 2). */
  readonly bounds?: readonly Bound[];
  /** In place of one entry for each series. */
  readonly legend?: readonly LegendEntry[];
  /** Width of the area that is drawn in, if not the usual one. */
  readonly plotWidth?: number;
}

export interface Bound {
  readonly name: string;
  readonly value: number;
}

/** Curves over the training step. */
export function curvePlot(series: readonly Series[], options: CurveOptions): string {
  const { yLabel, bounds = [], logY = false } = options;
  const lines = series.map((one, k) => ({ ...one, stroke: seriesColor(one.color ?? k) }));
  const longest = Math.max(0, ...series.map(({ x }) => x.length));
  const window = options.smooth && longest >= 50 ? 2 * Math.round(longest / 80) + 1 : 1;
  const [low, high] = extent(series);
  const empty = low > high;
  const draw = (curve: Curve, style: Plot.LineOptions) =>
    Plot.line(thinned(curve, maximumPoints), { x: 'x', y: 'y', ...style });
  return renderPlot({
    title: options.title,
    description: `${yLabel} over the training step: ${series.map(({ name }) => name).join(', ')}`,
    legend: [
      ...(options.legend ?? lines.map(({ name, stroke, dashed }) => ({ name, color: stroke, dashed }))),
      ...bounds.map(({ name }) => ({ name, color: 'currentColor', dashed: true })),
    ],
    plotWidth: options.plotWidth,
    x: { label: 'step', tickFormat: plain, ticks: 6, zero: true, ...(empty && { domain: [0, 1] }) },
    y: {
      label: yLabel,
      tickFormat: options.percentY ? percentTick : plain,
      nice: !logY,
      zero: options.fromZero,
      ticks: logY ? oneTwoFive(low, high) : 7,
      ...(logY && { type: 'log' }),
      ...(empty && { domain: [0, 1] }),
    },
    marks: [
      ...bounds.map(({ value }) => Plot.ruleY([value], { strokeDasharray: '6 5', strokeOpacity: 0.8 })),
      ...(window > 1 ? lines.map((line) => draw(line, { stroke: line.stroke, strokeOpacity: 0.28 })) : []),
      ...lines.map(({ x, y, stroke, dashed }) =>
        draw(
          { x, y: window > 1 ? movingMean(y, window) : y },
          {
            stroke,
            strokeWidth: 2.5,
            strokeDasharray: dashed ? '6 5' : undefined,
          },
        ),
      ),
      // A line of few points, or of one, needs them drawn. (Plot's own markers have document-wide names that would collide.)
      ...lines
        .filter(({ x }) => x.length <= 12)
        .map((line) => Plot.dot(thinned(line, 12), { x: 'x', y: 'y', r: 4.5, fill: line.stroke })),
      empty ? Plot.text(['no data'], { frameAnchor: 'middle', fillOpacity: 0.7 }) : null,
    ],
  });
}

/** Lowest and highest finite y of all series; [Infinity, -Infinity] when there is none. */
function extent(series: readonly Series[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const { y } of series) {
    for (let k = 0; k < y.length; k++) {
      if (!Number.isFinite(y[k])) continue;
      low = Math.min(low, y[k]!);
      high = Math.max(high, y[k]!);
    }
  }
  return [low, high];
}

/** The numbers 1, 2 and 5 times a power of ten from `low` to `high`. */
function oneTwoFive(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const digit of [1, 2, 5]) ticks.push(Number(`${digit}e${power}`));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/** Training loss, smoothed; `bounds` are drawn as dashed lines. */
export function lossPlot(
  series: readonly Series[],
  bounds: readonly Bound[] = [],
  title?: string,
  plotWidth?: number,
): string {
  const options = { title, yLabel: 'training loss', fromZero: true, smooth: true, bounds, plotWidth };
  return curvePlot(series, options);
}

/** One run's mean cosines of features with the weight of their own class and with those of the other classes. */
export interface CosineCurves {
  readonly name: string;
  readonly step: ArrayLike<number>;
  readonly positive: ArrayLike<number>;
  readonly negative: ArrayLike<number>;
}

/** Positive cosines solid, negative ones dashed, in the colour of their run. */
export function cosinePlot(runs: readonly CosineCurves[], title?: string, plotWidth?: number): string {
  const series = runs.flatMap(({ name, step, positive, negative }, color): Series[] => [
    { name: `${name}, own class`, x: step, y: positive, color },
    { name: `${name}, other classes`, x: step, y: negative, color, dashed: true },
  ]);
  const legend = [
    ...runs.map(({ name }, k) => ({ name, color: seriesColor(k) })),
    { name: 'own class', color: 'currentColor' },
    { name: 'other classes', color: 'currentColor', dashed: true },
  ];
  return curvePlot(series, { title, yLabel: 'mean cosine', smooth: true, legend, plotWidth });
}

/** Learning rate; on a logarithmic axis when it spans more than a factor of 20. */
export function learningRatePlot(series: readonly Series[], title?: string, plotWidth?: number): string {
  const [low, high] = extent(series);
  const logY = low > 0 && high > 20 * low;
  return curvePlot(series, { title, yLabel: 'learning rate', fromZero: !logY, logY, plotWidth });
}

/** Verification accuracy in [0, 1]; `protocol` names the rule it was computed by. */
export function accuracyPlot(
  series: readonly Series[],
  protocol: string,
  title?: string,
  plotWidth?: number,
): string {
  return curvePlot(series, { title, yLabel: `accuracy, ${protocol}`, percentY: true, plotWidth });
}
