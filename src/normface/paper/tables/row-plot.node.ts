/** A table as a drawing: one line a row with its mean, its spread and its single values. */

import * as Plot from '@observablehq/plot';
import { renderPlot, seriesColor } from '../../../common/plot-frame.node.ts';
import type { Estimate } from '../../../common/statistics.ts';

export interface PlottedRow {
  readonly label: string;
  /** In [0, 1]; drawn as per cent. */
  readonly estimate: Estimate;
  readonly values: readonly number[];
  /** Index of a colour. */
  readonly color: number;
  /** Written at the end of the line. */
  readonly remark?: string;
}

export interface RowPlotOptions {
  readonly xLabel: string;
  readonly description: string;
  readonly groups: readonly { readonly name: string; readonly color: number }[];
  /** Heading of the remarks. */
  readonly remarks?: string;
  /** Label of the row whose mean and spread are drawn through all others. */
  readonly reference?: string;
}

const lineHeight = 34;

/** What a reader sees of a row, for captions: one repetition has neither a spread nor more than its own value. */
export function marksText(repetitions: number, of = 'seeds'): string {
  return repetitions === 1
    ? 'one dot a row, of one seed'
    : `mean (dot), standard deviation (line) and single ${of} (circles below)`;
}

/** Width of the area that rows are drawn in, in pixels. */
const areaWidth = 420;
/** Pixels that a number under the axis needs. */
const tickWidth = 84;

/**
 * The range that is drawn: everything, but for values farther from the middle half of all than three times its width. A single
 * outlier would squeeze all other rows into a corner. Of fewer than eight values all are drawn.
 * @param ends of lines, which are drawn as far as they are no farther away than values may be
 */
export function drawnRange(
  values: readonly number[],
  ends: readonly number[] = [],
): [low: number, high: number] {
  const enough = values.length >= 8;
  const sorted = values.slice().sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  const reach = enough ? 3 * (at(0.75) - at(0.25)) : 0;
  const inside = [...values, ...ends].filter(
    (value) => reach === 0 || (value >= at(0.25) - reach && value <= at(0.75) + reach),
  );
  const [low, high] = [Math.min(...inside), Math.max(...inside)];
  // Room for dots, which must not lie on the frame.
  const margin = 0.05 * (high - low) || 0.5;
  return [low - margin, high + margin];
}

/** A stand-alone SVG. */
export function rowPlot(rows: readonly PlottedRow[], options: RowPlotOptions): string {
  const { xLabel, description, groups, remarks, reference } = options;
  const percent = (values: readonly number[]) => values.map((value) => 100 * value);
  const [left, right] = drawnRange(
    rows.flatMap(({ values, estimate: { mean } }) => percent([...values, mean])),
    rows.flatMap(({ estimate: { mean, std } }) => (std === null ? [] : percent([mean - std, mean + std]))),
  );
  const clamp = (value: number) => Math.min(right, Math.max(left, value));
  const drawn = rows.map(({ label, estimate: { mean, std }, values, color, remark = '' }, row) => ({
    row,
    label,
    mean: 100 * mean,
    low: clamp(100 * (mean - (std ?? 0))),
    high: clamp(100 * (mean + (std ?? 0))),
    values: values.map((value) => 100 * value),
    color: seriesColor(color),
    remark,
  }));
  const inside = (value: number) => value >= left && value <= right;
  const singles = drawn.flatMap(({ row, values, color }) =>
    values.length > 1 ? values.filter(inside).map((value) => ({ row, value, color })) : [],
  );
  // What lies beyond the edge is written there.
  const beyond = drawn.flatMap(({ row, values, mean, color }) => {
    const written = (side: -1 | 1) => {
      const list = [...(values.length > 1 ? values : [mean])].filter(
        (value) => (value - (side < 0 ? left : right)) * side > 0,
      );
      if (list.length === 0) return [];
      const numbers = list.map((value) => value.toFixed(1)).join(', ');
      return [{ row, color, side, text: side < 0 ? `◂ ${numbers}` : `${numbers} ▸` }];
    };
    return [...written(-1), ...written(1)];
  });
  const band = drawn.find(({ label }) => label === reference);
  const longest = Math.max(...rows.map(({ label }) => label.length));
  const edge = (side: -1 | 1) =>
    Plot.text(
      beyond.filter((one) => one.side === side),
      {
        y: 'row',
        text: 'text',
        fill: 'color',
        frameAnchor: side < 0 ? 'left' : 'right',
        textAnchor: side < 0 ? 'start' : 'end',
        dx: -6 * side,
        dy: 11,
        fontSize: 13,
      },
    );
  return renderPlot({
    description,
    legend: groups.length > 1 ? groups.map(({ name, color }) => ({ name, color: seriesColor(color) })) : [],
    marginLeft: 30 + 9.3 * longest,
    marginRight: remarks ? 92 : 32,
    plotWidth: areaWidth,
    plotHeight: lineHeight * rows.length + 24,
    x: { label: xLabel, domain: [left, right], ticks: Math.floor(areaWidth / tickWidth) },
    y: {
      type: 'point',
      domain: drawn.map(({ row }) => row),
      tickFormat: (row: number) => rows[row]!.label,
      label: null,
      padding: 0.6,
      tickSize: 0,
    },
    marks: [
      ...(band
        ? [
            Plot.rect([band], { x1: 'low', x2: 'high', fill: 'currentColor', fillOpacity: 0.08 }),
            Plot.ruleX([band.mean], { strokeDasharray: '6 5', strokeOpacity: 0.7 }),
          ]
        : []),
      Plot.ruleY(drawn, { y: 'row', x1: 'low', x2: 'high', stroke: 'color', strokeWidth: 3 }),
      // Below the line, where neither it nor the dot hides them.
      Plot.dot(singles, { y: 'row', x: 'value', r: 2.6, dy: 9, stroke: 'color', fill: 'none' }),
      Plot.dot(
        drawn.filter(({ mean }) => inside(mean)),
        { y: 'row', x: 'mean', r: 5.5, fill: 'color' },
      ),
      edge(-1),
      edge(1),
      ...(remarks
        ? [
            Plot.text(drawn, { y: 'row', text: 'remark', frameAnchor: 'right', textAnchor: 'end', dx: 84 }),
            Plot.text([remarks], {
              frameAnchor: 'top-right',
              textAnchor: 'end',
              dx: 84,
              dy: -4,
              fillOpacity: 0.7,
            }),
          ]
        : []),
    ],
  });
}
