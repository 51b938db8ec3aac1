/** Every dispatch of a step against the roofline of its adapter, both axes logarithmic. */

import { families, familyNames, familyOf, isBackward } from './families.ts';
import { countText, durationText, percentText, significant } from './format.ts';
import { pictureColours as colours, pictureFont, pictureStyle } from './picture-style.ts';
import type { StepProfile } from './profile.ts';
import type { DispatchRow } from './summary.ts';
import { element, escapeXml, logarithmicTicks, textAt } from './svg.ts';

const [width, height] = [820, 470];
const [left, right, top, bottom] = [64, 150, 24, 54];
const [plotWidth, plotHeight] = [width - left - right, height - top - bottom];

/** @param link where a click on a dispatch leads, by its index */
export function rooflineSvg(
  rows: readonly DispatchRow[],
  roofline: StepProfile['roofline'],
  link?: (index: number) => string,
): string {
  const shown = rows.filter(
    ({ intensity, gflops }) => intensity > 0 && Number.isFinite(intensity) && gflops > 0,
  );
  const ridge = roofline.gflops / roofline.gigabytesPerSecond;
  const x = logarithmic([...shown.map(({ intensity }) => intensity), ridge / 4, ridge * 8], left, plotWidth);
  const y = logarithmic(
    [...shown.map(({ gflops }) => gflops), roofline.gflops, roofline.gflops / 50],
    top + plotHeight,
    -plotHeight,
  );
  const roofAt = (intensity: number) => Math.min(roofline.gflops, intensity * roofline.gigabytesPerSecond);
  // The slope enters from the left or from below, whichever comes first.
  const start = Math.max(x.low, y.low / roofline.gigabytesPerSecond);
  const roof = [start, ridge, x.high].map(
    (intensity) => `${round(x.at(intensity))} ${round(y.at(roofAt(intensity)))}`,
  );
  const longest = Math.max(...rows.map(({ timeShare }) => timeShare));
  // Small dots last, so that none is hidden.
  const dots = [...shown]
    .sort((a, b) => b.timeShare - a.timeShare)
    .map((row) =>
      dot(row, x.at(row.intensity), y.at(row.gflops), 3 + 11 * Math.sqrt(row.timeShare / longest), link),
    );
  const left_out = rows.length - shown.length;
  const note =
    left_out > 0
      ? `${countText(left_out, 'dispatch does no arithmetic and is', 'dispatches do no arithmetic and are')} not shown`
      : '';
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'roofline',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      'font-family': pictureFont,
      'font-size': 12,
      role: 'img',
      'aria-label': `Roofline of ${countText(shown.length, 'dispatch', 'dispatches')}`,
    },
    pictureStyle('.roofline'),
    element('rect', { width, height, fill: colours.paper }),
    ...logarithmicTicks(x.low, x.high).map((tick) =>
      gridLine(
        `M${round(x.at(tick))} ${top}v${plotHeight}`,
        x.at(tick),
        top + plotHeight + 18,
        tick,
        'middle',
      ),
    ),
    ...logarithmicTicks(y.low, y.high).map((tick) =>
      gridLine(`M${left} ${round(y.at(tick))}h${plotWidth}`, left - 8, y.at(tick) + 4, tick, 'end'),
    ),
    element('path', {
      d: `M${roof.join('L')}`,
      fill: 'none',
      stroke: colours.ink,
      'stroke-width': 2,
      'stroke-linejoin': 'round',
    }),
    ink(x.at(ridge) + 6, y.at(roofline.gflops) - 8, `${significant(roofline.gflops)} GFLOP/s`),
    ink(
      x.at(ridge) - 12,
      y.at(roofline.gflops) + 2,
      `${significant(roofline.gigabytesPerSecond)} GB/s`,
      'end',
    ),
    ...dots,
    soft(left + plotWidth / 2, height - 14, 'FLOP per byte that must be moved', 'middle'),
    soft(left, 14, 'GFLOP/s'),
    legend(shown),
    soft(left, height - 14, note),
  );
}

/** A logarithmic scale around some values, with a margin. */
function logarithmic(values: readonly number[], from: number, length: number) {
  const low = Math.min(...values) / 1.6;
  const high = Math.max(...values) * 1.6;
  const at = (value: number) => from + (length * Math.log(value / low)) / Math.log(high / low);
  return { low, high, at };
}

function dot(
  row: DispatchRow,
  cx: number,
  cy: number,
  r: number,
  link: ((index: number) => string) | undefined,
): string {
  const { index, kernel } = row.dispatch;
  const family = familyOf(row.operator);
  const title = [
    `${index}: ${row.operator}`,
    kernel,
    `${durationText(row.microseconds)}, ${percentText(row.timeShare)} of the step`,
    `${significant(row.gflops)} GFLOP/s, ${significant(row.intensity)} FLOP per byte`,
    `${percentText(row.share)} of the roofline, bound by ${row.by}`,
  ].join('\n');
  const circle = element(
    'circle',
    {
      cx,
      cy,
      r,
      fill: families[family].light,
      'fill-opacity': isBackward(row.operator) ? 0.2 : 0.65,
      stroke: families[family].light,
      'stroke-width': 1.25,
    },
    element('title', {}, escapeXml(title)),
  );
  return link ? element('a', { href: link(index) }, circle) : circle;
}

function legend(rows: readonly DispatchRow[]): string {
  const used = new Set(rows.map(({ operator }) => familyOf(operator)));
  const x = width - right + 18;
  const items = familyNames
    .filter((name) => used.has(name))
    .map((name, i) => {
      const { name: text, light } = families[name];
      const y = top + 10 + 21 * i;
      const mark = element('circle', { cx: x, cy: y, r: 5, fill: light });
      return mark + soft(x + 12, y + 4, text);
    });
  const below = top + 10 + 21 * items.length + 4;
  return (
    items.join('') + soft(x - 5, below + 4, 'pale: reverse pass') + soft(x - 5, below + 22, 'area: time')
  );
}

function gridLine(d: string, x: number, y: number, tick: number, anchor: 'middle' | 'end'): string {
  const line = element('path', { d, stroke: colours.line });
  return (
    line +
    soft(
      x,
      y,
      tick >= 1 ? significant(tick).replace(/\.0+$/, '') : String(Number(tick.toPrecision(1))),
      anchor,
    )
  );
}

function soft(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return textAt(x, y, text, { fill: colours.soft, 'text-anchor': anchor });
}

function ink(x: number, y: number, text: string, anchor: 'start' | 'end' = 'start'): string {
  return textAt(x, y, text, { fill: colours.ink, 'text-anchor': anchor, 'font-weight': 600 });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
