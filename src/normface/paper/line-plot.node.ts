/** Lines over any axis, with error bars where there are any: what most figures of the paper are. */

import * as Plot from '@observablehq/plot';
import { type LegendEntry, paper, renderPlot, seriesColor } from '../../common/plot-frame.node.ts';

export interface Line {
  readonly name: string;
  /** What is written on the line itself, where its name is too long for that. */
  readonly shortName?: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Half the length of the error bar at each point. */
  readonly error?: ArrayLike<number>;
  /** Index of a colour; by default the line's own place. */
  readonly color?: number;
  readonly dashed?: boolean;
  /** Draw the points; by default where there are at most 20. */
  readonly dots?: boolean;
}

export interface LinePlotOptions {
  readonly title?: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logX?: boolean;
  readonly logY?: boolean;
  readonly xDomain?: readonly [number, number];
  readonly yDomain?: readonly [number, number];
  readonly xTicks?: number | readonly number[];
  readonly yTicks?: number | readonly number[];
  readonly xFormat?: (value: number) => string;
  readonly yFormat?: (value: number) => string;
  /** Dashed horizontal lines in the ink's colour, or in that of a line. */
  readonly rules?: readonly { readonly name?: string; readonly value: number; readonly color?: number }[];
  /** Shaded from one height to another over the whole width. */
  readonly bands?: readonly { readonly low: number; readonly high: number }[];
}

/** A stand-alone SVG. */
export function linePlot(lines: readonly Line[], options: LinePlotOptions): string {
  const { rules = [], bands = [] } = options;
  const colour = (color: number | undefined) => (color === undefined ? 'currentColor' : seriesColor(color));
  const drawn = lines.map((line, k) => {
    const stroke = seriesColor(line.color ?? k);
    const points = Array.from(line.x, (x, i) => ({ x, y: line.y[i]!, error: line.error?.[i] ?? 0 }));
    return { ...line, stroke, points: points.filter(({ y }) => Number.isFinite(y)) };
  });
  const legend: LegendEntry[] = [
    ...drawn.map(({ name, stroke, dashed }) => ({ name, color: stroke, dashed })),
    ...rules.flatMap(({ name, color }) => (name ? [{ name, color: colour(color), dashed: true }] : [])),
  ];
  const axis = (end: 'x' | 'y') => {
    const [label, log, domain, ticks, tickFormat] =
      end === 'x'
        ? [options.xLabel, options.logX, options.xDomain, options.xTicks, options.xFormat]
        : [options.yLabel, options.logY, options.yDomain, options.yTicks, options.yFormat];
    return {
      label,
      type: log ? ('log' as const) : ('linear' as const),
      ...(domain ? { domain: [...domain] } : { nice: !log }),
      ticks: typeof ticks === 'object' ? [...ticks] : (ticks ?? 6),
      tickFormat: tickFormat ?? ((value: number) => String(Number(value.toPrecision(6)))),
    };
  };
  return renderPlot({
    title: options.title,
    description: `${options.yLabel} over ${options.xLabel}: ${lines.map(({ name }) => name).join(', ')}`,
    legend,
    x: axis('x'),
    y: axis('y'),
    marks: [
      Plot.rect(bands, { y1: 'low', y2: 'high', fill: 'currentColor', fillOpacity: 0.08 }),
      ...rules.map(({ value, color }) =>
        Plot.ruleY([value], { stroke: colour(color), strokeDasharray: '6 5', strokeOpacity: 0.8 }),
      ),
      ...drawn.flatMap(({ points, stroke, dashed, dots, error }) => [
        Plot.line(points, {
          x: 'x',
          y: 'y',
          stroke,
          strokeWidth: 2.5,
          strokeDasharray: dashed ? '6 5' : undefined,
        }),
        error
          ? Plot.ruleX(points, {
              x: 'x',
              y1: (point: { y: number; error: number }) => point.y - point.error,
              y2: (point: { y: number; error: number }) => point.y + point.error,
              stroke,
              strokeWidth: 1.8,
            })
          : null,
        (dots ?? points.length <= 20) ? Plot.dot(points, { x: 'x', y: 'y', r: 4.5, fill: stroke }) : null,
      ]),
      ...namesOnLines(drawn, options),
    ],
  });
}

/** Candidates along a line for the place of its name. */
const candidates = 24;
/** Width of a character of a name, as a share of the plot's. */
const nameWidth = 0.0155;
/** Height of a name, as a share of the plot's. */
const nameHeight = 0.06;

/**
 * The names of the lines written on them, so that colours need not be told apart: each where its line is farthest from all others
 * and from the names that are placed already.
 */
function namesOnLines(
  lines: readonly {
    readonly name: string;
    readonly shortName?: string;
    readonly stroke: string;
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[],
  { logX, logY, xDomain, yDomain }: LinePlotOptions,
): Plot.Markish[] {
  const all = lines.flatMap(({ points }) => points);
  const scaleOf = (
    values: readonly number[],
    log: boolean | undefined,
    domain?: readonly [number, number],
  ) => {
    const at = (value: number) => (log ? Math.log(value) : value);
    const [low, high] = (domain ?? [Math.min(...values), Math.max(...values)]).map(at);
    return (value: number) => (at(value) - low!) / (high! - low! || 1);
  };
  const across = scaleOf(
    all.map(({ x }) => x),
    logX,
    xDomain,
  );
  const up = scaleOf(
    all.map(({ y }) => y),
    logY,
    yDomain,
  );
  const heightAt = (points: (typeof lines)[number]['points'], x: number) => {
    const near = points.reduce((best, point) =>
      Math.abs(across(point.x) - x) < Math.abs(across(best.x) - x) ? point : best,
    );
    return up(near.y);
  };
  const placed: { readonly x: number; readonly y: number; readonly width: number }[] = [];
  return lines.flatMap(({ name, shortName = name, stroke, points }) => {
    if (points.length === 0) return [];
    const width = nameWidth * shortName.length;
    const visible = points.filter(
      ({ x, y }) => across(x) > 0.06 && across(x) + width < 1.02 && up(y) > 0.04 && up(y) < 0.94,
    );
    const step = Math.max(1, Math.floor(visible.length / candidates));
    const free = (point: { readonly x: number; readonly y: number }) => {
      const [x, y] = [across(point.x), up(point.y)];
      const others = lines.filter((line) => line.points !== points && line.points.length > 0);
      return Math.min(
        0.25,
        ...others.map((line) => Math.abs(heightAt(line.points, x) - y)),
        ...placed.map((other) => {
          const isBeside = x >= other.x + other.width || other.x >= x + width;
          return isBeside || Math.abs(other.y - y) > nameHeight ? 0.25 : -1;
        }),
      );
    };
    const best = visible
      .filter((_, k) => k % step === 0)
      .reduce<(typeof visible)[number] | undefined>(
        (top, point) => (top && free(top) >= free(point) ? top : point),
        undefined,
      );
    if (!best) return [];
    placed.push({ x: across(best.x), y: up(best.y), width });
    return [
      Plot.text([best], {
        x: 'x',
        y: 'y',
        text: () => shortName,
        fill: stroke,
        stroke: paper.light,
        strokeWidth: 5,
        textAnchor: 'start',
        dx: 6,
        dy: -11,
        fontSize: 15,
        fontWeight: 600,
      }),
    ];
  });
}
