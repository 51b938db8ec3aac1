/** The page's plots, drawn from their data. */

import { durationText, significant } from '../../common/format.ts';
import type { Roofline } from '../../inspector/profile/bound.ts';
import { peakText } from '../../inspector/profile/bound.ts';
import { element, svg } from '../parts/element.ts';
import { type Box, isPlottable, type RooflinePoint, rooflinePlot, stripsOf } from './plot-data.ts';

/** Which series of the theme a version has: `edited` is what one looks at. */
export type Role = 'edited' | 'default';

export interface TimedVersion {
  readonly label: string;
  readonly role: Role;
  readonly microseconds: readonly number[];
}

const width = 480;
const labelWidth = 76;
const dotRadius = 3.2;
const stripHeight = 56;
const [axisStart, axisEnd] = [labelWidth + 8, width - 12];

/**
 * Every round a dot, one strip a version; the line is the median, the box holds eight rounds of ten. Rounds far off have an arrow at the
 * edge and are named beside it, so that they do not squeeze all others.
 */
export function timePlot(versions: readonly TimedVersion[]): HTMLElement {
  const { axis, strips } = stripsOf(
    versions.map(({ microseconds }) => microseconds),
    axisStart,
    axisEnd,
    2 * dotRadius,
  );
  const bottom = 8 + stripHeight * versions.length;
  const picture = svg(
    'svg',
    {
      class: 'kernel-plot',
      viewBox: `0 0 ${width} ${bottom + 26}`,
      role: 'img',
      'aria-label': `Times of ${versions.map(({ label, microseconds }) => `${label}: ${microseconds.length} rounds`).join(', ')}`,
    },
    ...axis.ticks.map((tick) => svg('path', { class: 'grid', d: `M${axis.at(tick)} 4V${bottom}` })),
    ...axis.ticks.map((tick) => label(axis.at(tick), bottom + 17, durationText(tick), 'middle', 'soft')),
  );
  strips.forEach(({ dots, median, low, high, below, above }, row) => {
    const { label: name, role } = versions[row]!;
    const floor = 8 + stripHeight * (row + 1) - 10;
    const top = floor - 20;
    picture.append(
      label(labelWidth, floor - 10, name, 'end', 'ink'),
      svg('rect', {
        class: `box ${role}`,
        x: low,
        width: Math.max(high - low, 1),
        y: top - 4,
        height: floor - top + 10,
        rx: 3,
      }),
      ...dots.map(({ x, level }) =>
        svg('circle', {
          class: `dot ${role}`,
          cx: x,
          cy: Math.max(top, floor - level * 2 * dotRadius),
          r: dotRadius,
        }),
      ),
      svg('path', { class: `middle ${role}`, d: `M${median} ${top - 4}V${floor + 6}` }),
      ...(below.length > 0
        ? [
            label(
              axisStart,
              top - 7,
              `◂ ${beyondText(below.length, Math.min(...below), 'down to')}`,
              'start',
              'soft',
            ),
          ]
        : []),
      ...(above.length > 0
        ? [
            label(
              axisEnd,
              top - 7,
              `${beyondText(above.length, Math.max(...above), 'up to')} ▸`,
              'end',
              'soft',
            ),
          ]
        : []),
    );
  });
  return element('figure', { class: 'kernel-figure' }, picture);
}

/** `1 at 9.81 ms`, `3 up to 9.81 ms` */
const beyondText = (count: number, farthest: number, towards: string): string =>
  `${count} ${count === 1 ? 'at' : towards} ${durationText(farthest)}`;

export interface RooflineVersion extends RooflinePoint {
  readonly label: string;
  readonly role: Role;
}

const rooflineHeight = 260;

/** Versions of a kernel under the measured roof of the adapter. */
export function rooflineFigure(versions: readonly RooflineVersion[], roofline: Roofline): HTMLElement {
  const shown = versions.filter(isPlottable);
  const box: Box = { left: 46, right: width - 12, top: 20, bottom: rooflineHeight - 40 };
  const { x, y, roof, dots } = rooflinePlot(shown, roofline, box);
  const ridge = roof[1]!;
  const picture = svg(
    'svg',
    {
      class: 'kernel-plot',
      viewBox: `0 0 ${width} ${rooflineHeight}`,
      role: 'img',
      'aria-label': `Roofline: ${shown.map((version) => `${version.label} ${significant(version.gflops)} GFLOP/s at ${significant(version.intensity)} FLOP a byte`).join(', ')}`,
    },
    ...x.ticks.map((tick) => svg('path', { class: 'grid', d: `M${x.at(tick)} ${box.top}V${box.bottom}` })),
    ...x.ticks.map((tick) => label(x.at(tick), box.bottom + 16, tickText(tick), 'middle', 'soft')),
    ...y.ticks.map((tick) => svg('path', { class: 'grid', d: `M${box.left} ${y.at(tick)}H${box.right}` })),
    ...y.ticks.map((tick) => label(box.left - 6, y.at(tick) + 4, tickText(tick), 'end', 'soft')),
    svg('path', { class: 'roof', d: `M${roof.map((corner) => corner.join(' ')).join('L')}` }),
    label(box.right, ridge[1] - 7, peakText(roofline), 'end', 'ink'),
    label(ridge[0] - 8, ridge[1] - 7, `${significant(roofline.gigabytesPerSecond)} GB/s`, 'end', 'ink'),
    label(box.left, 12, 'GFLOP/s', 'start', 'soft'),
    label(
      (box.left + box.right) / 2,
      rooflineHeight - 6,
      'FLOP for each byte that must be moved',
      'middle',
      'soft',
    ),
  );
  // Versions of one kernel have the same intensity: the name of the fastest stands above its dot, those of the others below.
  const fastest = dots.findIndex(([, cy]) => dots.every(([, other]) => cy <= other));
  const marks = dots.map(([cx, cy], i) => {
    const { role, label: name } = shown[i]!;
    const anchor = cx > 0.7 * width ? 'end' : 'start';
    return [
      svg('circle', { class: `dot ${role}`, cx, cy, r: 5.5 }),
      label(cx + (anchor === 'end' ? -8 : 8), cy + (i === fastest ? -7 : 16), name, anchor, 'ink'),
    ];
  });
  // What one looks at is drawn last.
  for (const role of ['default', 'edited'] as const)
    picture.append(...marks.filter((_, i) => shown[i]!.role === role).flat());
  return element('figure', { class: 'kernel-figure' }, picture);
}

const tickText = (tick: number): string =>
  tick >= 1 ? String(Math.round(tick)) : String(Number(tick.toPrecision(1)));

function label(
  x: number,
  y: number,
  text: string,
  anchor: 'start' | 'middle' | 'end',
  kind: 'soft' | 'ink',
): SVGTextElement {
  return svg('text', { class: kind, x, y, 'text-anchor': anchor }, text);
}
