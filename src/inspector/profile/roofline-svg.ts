/** Every dispatch of a step against the roofline of its adapter, both axes logarithmic. */

import { countText, durationText, percentText, significant } from '../../common/format.ts';
import { escapeMarkup } from '../../common/markup.ts';
import { passText } from '../../engine/runtime/prepared.ts';
import { peakText } from './bound.ts';
import { families, familyNames, familyOf } from './families.ts';
import { pictureColours as colours, pictureFont, pictureStyle } from './picture-style.ts';
import type { StepProfile } from './profile.ts';
import type { DispatchRow } from './summary.ts';
import { element, logarithmicTicks, textAt, textWidth } from './svg.ts';

const [width, height] = [760, 500];
const [left, right, top, bottom] = [58, 20, 74, 64];
const [plotWidth, plotHeight] = [width - left - right, height - top - bottom];
const fontSize = 12;

/**
 * Dispatches with a smaller share of the time, or a smaller part of the peak, do not stretch the axes: they stand at the edge if they
 * are beyond it.
 */
const leastShare = 1e-3;
const leastPart = 1e-3;

/** @param link where a click on a dispatch leads, by its index */
export function rooflineSvg(
  rows: readonly DispatchRow[],
  roofline: StepProfile['roofline'],
  link?: (index: number) => string,
): string {
  const shown = rows.filter(
    ({ intensity, gflops }) => intensity > 0 && Number.isFinite(intensity) && gflops > 0,
  );
  const decisive = shown.filter(({ timeShare }) => timeShare >= leastShare);
  const ridge = roofline.gflops / roofline.gigabytesPerSecond;
  const x = logarithmic(
    [...decisive.map(({ intensity }) => intensity), ridge / 8, ridge * 8],
    left,
    plotWidth,
  );
  const y = logarithmic(
    [
      ...decisive.map(({ gflops }) => Math.max(gflops, leastPart * roofline.gflops)),
      roofline.gflops,
      roofline.gflops / 30,
    ],
    top + plotHeight,
    -plotHeight,
  );
  const roofAt = (intensity: number) => Math.min(roofline.gflops, intensity * roofline.gigabytesPerSecond);
  // The slope enters from the left or from below, whichever comes first.
  const start = Math.max(x.low, y.low / roofline.gigabytesPerSecond);
  const onRoof = (intensity: number): Place => [x.at(intensity), y.at(roofAt(intensity))];
  const roof = [onRoof(start), onRoof(ridge), onRoof(x.high)] as const;
  const longest = Math.max(...rows.map(({ timeShare }) => timeShare));
  // Small dots last, so that none is hidden.
  const dots = [...shown]
    .sort((a, b) => b.timeShare - a.timeShare)
    .map((row) => {
      const radius = 3 + 11 * Math.sqrt(row.timeShare / longest);
      return dot(row, x.at(row.intensity), y.at(row.gflops), radius, link);
    });
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'roofline',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      'font-family': pictureFont,
      'font-size': fontSize,
      role: 'img',
      'aria-label': `Roofline of ${countText(shown.length, 'dispatch', 'dispatches')}`,
    },
    pictureStyle('.roofline'),
    element('rect', { width, height, fill: colours.paper }),
    legend(shown),
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
      d: `M${roof.map(([px, py]) => `${round(px)} ${round(py)}`).join('L')}`,
      fill: 'none',
      stroke: colours.ink,
      'stroke-width': 2,
      'stroke-linejoin': 'round',
    }),
    ...roofLabels(roof, roofline),
    ...dots,
    soft(left + plotWidth / 2, height - 28, 'FLOP per byte that must be moved', 'middle'),
    soft(left, top - 8, 'GFLOP/s', 'end'),
    soft(left + plotWidth, height - 8, noteOf(rows, shown, x, y), 'end'),
  );
}

/** A logarithmic scale around some values, with a margin; what is outside is placed at its ends. */
function logarithmic(values: readonly number[], from: number, length: number) {
  const low = Math.min(...values) / 1.6;
  const high = Math.max(...values) * 1.6;
  const at = (value: number) => {
    const inside = Math.min(Math.max(value, low), high);
    return from + (length * Math.log(inside / low)) / Math.log(high / low);
  };
  const isOutside = (value: number) => value < low || value > high;
  return { low, high, at, isOutside };
}

type Scale = ReturnType<typeof logarithmic>;

/** What cannot be seen. */
function noteOf(rows: readonly DispatchRow[], shown: readonly DispatchRow[], x: Scale, y: Scale): string {
  const hidden = rows.length - shown.length;
  const outside = shown.filter(
    ({ intensity, gflops }) => x.isOutside(intensity) || y.isOutside(gflops),
  ).length;
  return [
    ...(hidden > 0
      ? [
          `${countText(hidden, 'dispatch', 'dispatches')} without arithmetic ${hidden === 1 ? 'is' : 'are'} not shown`,
        ]
      : []),
    ...(outside > 0
      ? [`${countText(outside, 'short or slow one lies', 'short or slow ones lie')} beyond the edge`]
      : []),
  ].join('; ');
}

type Place = readonly [x: number, y: number];

/** The peak at the right end of the roof, the bandwidth along its slope. */
function roofLabels(
  [[startX, startY], [ridgeX, ridgeY], [endX]]: readonly [start: Place, ridge: Place, end: Place],
  roofline: StepProfile['roofline'],
): string[] {
  const angle = (Math.atan2(ridgeY - startY, ridgeX - startX) * 180) / Math.PI;
  const middle = [(startX + ridgeX) / 2, (startY + ridgeY) / 2] as const;
  const bold = { fill: colours.ink, 'font-weight': 600 };
  return [
    textAt(endX, ridgeY - 8, peakText(roofline), { ...bold, 'text-anchor': 'end' }),
    textAt(middle[0], middle[1] - 8, `${significant(roofline.gigabytesPerSecond)} GB/s`, {
      ...bold,
      'text-anchor': 'middle',
      transform: `rotate(${round(angle)} ${round(middle[0])} ${round(middle[1])})`,
    }),
  ];
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
    `${index}: ${passText(row)}`,
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
      'fill-opacity': row.phase === 'backward' ? 0.2 : 0.65,
      stroke: families[family].light,
      'stroke-width': 1.25,
    },
    element('title', {}, escapeMarkup(title)),
  );
  return link ? element('a', { href: link(index), tabindex: -1 }, circle) : circle;
}

/** Families that occur, in as many lines as they need, and what paleness and size mean. */
function legend(rows: readonly DispatchRow[]): string {
  const used = new Set(rows.map(({ operator }) => familyOf(operator)));
  const items = [
    ...familyNames
      .filter((name) => used.has(name))
      .map((name) => ({ text: families[name].name, colour: families[name].light })),
    { text: 'pale: reverse pass', colour: null },
    { text: 'area: time', colour: null },
  ];
  let [x, y] = [left, 16];
  return items
    .map(({ text, colour }) => {
      const length = textWidth(text, fontSize) + (colour ? 34 : 20);
      if (x + length > width) [x, y] = [left, y + 20];
      const markup = colour
        ? element('circle', { cx: x + 5, cy: y, r: 5, fill: colour }) + soft(x + 15, y + 4, text)
        : soft(x, y + 4, text);
      x += length;
      return markup;
    })
    .join('');
}

function gridLine(d: string, x: number, y: number, tick: number, anchor: 'middle' | 'end'): string {
  const line = element('path', { d, stroke: colours.line });
  const text = tick >= 1 ? significant(tick).replace(/\.0+$/, '') : String(Number(tick.toPrecision(1)));
  return line + soft(x, y, text, anchor);
}

function soft(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return textAt(x, y, text, { fill: colours.soft, 'text-anchor': anchor });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
