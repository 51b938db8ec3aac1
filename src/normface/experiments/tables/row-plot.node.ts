/** A table as a drawing: one line a row with its mean, its spread and its single values. */

import * as Plot from '@observablehq/plot';
import type { Estimate } from '../../../common/statistics.ts';
import { renderPlot, seriesColor } from '../../evaluation/plot-frame.node.ts';

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

const lineHeight = 30;

/** What a reader sees of a row, for captions: one repetition has neither a spread nor more than its own value. */
export function marksText(repetitions: number, of = 'seeds'): string {
  return repetitions === 1
    ? 'one dot a row, of one seed'
    : `mean (dot), single ${of} (circles) and their standard deviation (line)`;
}

/** A stand-alone SVG. */
export function rowPlot(rows: readonly PlottedRow[], options: RowPlotOptions): string {
  const { xLabel, description, groups, remarks, reference } = options;
  const drawn = rows.map(({ label, estimate: { mean, std }, values, color, remark = '' }) => ({
    label,
    mean: 100 * mean,
    low: 100 * (mean - (std ?? 0)),
    high: 100 * (mean + (std ?? 0)),
    values: values.map((value) => 100 * value),
    color: seriesColor(color),
    remark,
  }));
  const singles = drawn.flatMap(({ label, values, color }) =>
    values.map((value) => ({ label, value, color })),
  );
  const band = drawn.find(({ label }) => label === reference);
  const longest = Math.max(...rows.map(({ label }) => label.length));
  return renderPlot({
    description,
    legend: groups.length > 1 ? groups.map(({ name, color }) => ({ name, color: seriesColor(color) })) : [],
    marginLeft: 30 + 9.3 * longest,
    marginRight: remarks ? 92 : 32,
    plotHeight: lineHeight * rows.length + 24,
    x: { label: xLabel, nice: true, ticks: 4 },
    y: { type: 'point', domain: drawn.map(({ label }) => label), label: null, padding: 0.6, tickSize: 0 },
    marks: [
      ...(band
        ? [
            Plot.rect([band], { x1: 'low', x2: 'high', fill: 'currentColor', fillOpacity: 0.08 }),
            Plot.ruleX([band.mean], { strokeDasharray: '6 5', strokeOpacity: 0.7 }),
          ]
        : []),
      Plot.ruleY(drawn, { y: 'label', x1: 'low', x2: 'high', stroke: 'color', strokeWidth: 3 }),
      Plot.dot(singles, { y: 'label', x: 'value', r: 3, stroke: 'color', fill: 'none' }),
      Plot.dot(drawn, { y: 'label', x: 'mean', r: 5.5, fill: 'color' }),
      ...(remarks
        ? [
            Plot.text(drawn, { y: 'label', text: 'remark', frameAnchor: 'right', textAnchor: 'end', dx: 84 }),
            Plot.text([remarks], {
              frameAnchor: 'top-right',
              textAnchor: 'end',
              dx: 84,
              dy: -12,
              fillOpacity: 0.7,
            }),
          ]
        : []),
    ],
  });
}
