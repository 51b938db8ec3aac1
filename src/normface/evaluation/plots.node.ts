/** Plots of what changes while a run trains. */

import * as Plot from '@observablehq/plot';
import { type LegendEntry, renderPlot, seriesColor } from '../../common/plot-frame.node.ts';
import { type Curve, movingMean, thinned } from './curve.ts';
import { percentTick, plain } from './ticks.ts';

export { plotPng } from '../../common/plot-frame.node.ts';

const maximumPoints = 800;

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
