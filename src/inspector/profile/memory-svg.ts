/** The memory plan of a step as a picture: every intermediate from its first to its last dispatch, at its place in the arena. */

import { bytesText, countText, percentText } from '../../common/format.ts';
import { escapeMarkup } from '../../common/markup.ts';
import { families, familyNames, familyOf } from './families.ts';
import { liveBytes } from './live-bytes.ts';
import { pictureColours as colours, pictureFont, pictureStyle } from './picture-style.ts';
import type { DispatchProfile, MemoryMap, Resident } from './profile.ts';
import { element, linearTicks, textAt, textWidth } from './svg.ts';

const width = 1200;
const [left, right, top, bottom] = [92, 20, 64, 44];
const plotWidth = width - left - right;
/** Height that the blocks share by their sizes; a small one gets at least `leastHeight`. */
const blocksHeight = 620;
const leastHeight = 56;
const liveHeight = 130;
/** Between panels, for the title of the lower one. */
const gap = 38;
const fontSize = 12;

/** @param dispatches of the same step, for names and colours */
export function memorySvg(
  memory: MemoryMap,
  dispatches: readonly Pick<DispatchProfile, 'operator' | 'phase' | 'kernel'>[],
): string {
  const count = Math.max(memory.dispatches, 1);
  const x = (dispatch: number) => left + (plotWidth * Math.min(dispatch, count)) / count;
  const arena = memory.blocks.reduce((sum, bytes) => sum + bytes, 0);
  let y = top;
  const panels = memory.blocks.map((bytes, block) => {
    const height = Math.max(leastHeight, (blocksHeight * bytes) / arena);
    const residents = memory.residents.filter((resident) => resident.block === block);
    const title = `block ${block + 1}: ${bytesText(bytes)}, ${countText(residents.length, 'tensor')}`;
    const markup = blockPanel({ title, bytes, y, height, x }, residents, dispatches);
    y += height + gap;
    return markup;
  });
  const live = liveBytes(memory);
  panels.push(livePanel(live, arena, y, x));
  y += liveHeight;
  const ticks = linearTicks(count, 12)
    .filter(Number.isInteger)
    .map((tick) => tickBelow(x(tick), y, String(tick)));
  const height = y + bottom;
  const used = [...new Set(memory.residents.map(({ first }) => familyOf(dispatches[first]?.operator ?? '')))];
  const turn = dispatches.findIndex(({ phase }) => phase === 'backward');
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'memory-map',
      viewBox: `0 0 ${width} ${Math.round(height)}`,
      width,
      height: Math.round(height),
      role: 'img',
      'aria-label': `Memory plan: ${countText(memory.residents.length, 'tensor')} in ${bytesText(arena)}`,
      'font-family': pictureFont,
      'font-size': fontSize,
    },
    pictureStyle('.memory-map'),
    element('rect', { width, height: Math.round(height), fill: colours.paper }),
    legend(used),
    ...(turn > 0 ? [turningPoint(x(turn), y)] : []),
    ...panels,
    ...ticks,
    soft((left + width - right) / 2, y + 36, 'dispatch', 'middle'),
  );
}

function soft(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return textAt(x, y, text, { fill: colours.soft, 'text-anchor': anchor });
}

function tickBelow(x: number, y: number, text: string): string {
  const mark = element('path', {
    d: `M${Math.round(x * 100) / 100} ${y}v5`,
    stroke: colours.line,
  });
  return mark + soft(x, y + 18, text, 'middle');
}

/** Names of the families that occur, each behind a square of its colour. */
function legend(used: readonly ReturnType<typeof familyOf>[]): string {
  let x = left;
  const items = familyNames
    .filter((name) => used.includes(name))
    .map((name) => {
      const { name: text, light } = families[name];
      const item =
        element('rect', { x, y: 14, width: 11, height: 11, rx: 2, fill: light }) + soft(x + 16, 24, text);
      x += 34 + textWidth(text, fontSize);
      return item;
    });
  return items.join('') + soft(x, 24, 'pale: made by a reverse pass');
}

/** A line where the reverse pass begins. */
function turningPoint(x: number, end: number): string {
  const start = top - 18;
  return (
    element('path', {
      d: `M${Math.round(x * 100) / 100} ${start}V${end}`,
      stroke: colours.strong,
      'stroke-dasharray': '2 3',
    }) + soft(x + 6, start + 9, 'reverse pass begins')
  );
}

interface Panel {
  readonly title: string;
  readonly bytes: number;
  readonly y: number;
  readonly height: number;
  x(dispatch: number): number;
}

function frame({ title, bytes, y, height }: Omit<Panel, 'x'>): string {
  const ticks = byteTicks(bytes, height / 40).map((tick) => {
    const at = y + height - (height * tick) / bytes;
    return (
      element('line', {
        x1: left,
        x2: width - right,
        y1: at,
        y2: at,
        stroke: colours.line,
        'stroke-width': 1,
      }) + soft(left - 8, at + 4, bytesText(tick).replace(/\.0+ /, ' '), 'end')
    );
  });
  return textAt(left, y - 9, title, { fill: colours.ink, 'font-weight': 600 }) + ticks.join('');
}

function blockPanel(
  panel: Panel,
  residents: readonly Resident[],
  dispatches: readonly Pick<DispatchProfile, 'operator' | 'phase' | 'kernel'>[],
): string {
  const { bytes, y, height, x } = panel;
  const rectangles = residents.map((resident) => {
    const { label, first, last, offset } = resident;
    const operator = dispatches[first]?.operator ?? '';
    const family = familyOf(operator);
    const box = {
      x: x(first),
      y: y + height - (height * (offset + resident.bytes)) / bytes,
      width: x(last + 1) - x(first),
      height: (height * resident.bytes) / bytes,
    };
    const text = fitting(label, box.width - 8, box.height);
    return element(
      'g',
      {},
      element('title', {}, escapeMarkup(tooltip(resident, dispatches))),
      element('rect', {
        ...box,
        fill: families[family].light,
        'fill-opacity': dispatches[first]?.phase === 'backward' ? 0.25 : 0.55,
        stroke: families[family].light,
        'stroke-width': 0.75,
      }),
      ...(text === null
        ? []
        : [
            textAt(box.x + 5, box.y + Math.min(box.height / 2 + 4, 16), text, {
              fill: colours.ink,
              'font-size': 11,
            }),
          ]),
    );
  });
  return frame(panel) + rectangles.join('');
}

/** As much of a label as there is room for: all, what follows the operator's name, the shape; or null. */
function fitting(label: string, room: number, height: number): string | null {
  if (height < 13) return null;
  const tensor = label.slice(label.indexOf(': ') + 1).trim();
  const shape = /\[.*\]$/.exec(label)?.[0];
  return [label, tensor, shape].find((text) => text !== undefined && textWidth(text, 11) <= room) ?? null;
}

function tooltip(
  { label, bytes, offset, first, last }: Resident,
  dispatches: readonly Pick<DispatchProfile, 'operator' | 'phase' | 'kernel'>[],
): string {
  const at = (index: number) => `${index} (${dispatches[index]?.kernel ?? '?'})`;
  const end = last >= dispatches.length ? 'the end: the step returns it' : at(last);
  return `${label}\n${bytesText(bytes)} at ${bytesText(offset)}\nfrom dispatch ${at(first)} to ${end}`;
}

/** Live bytes over the step, below the line of what the arena takes. */
function livePanel(
  live: readonly number[],
  arena: number,
  y: number,
  x: (dispatch: number) => number,
): string {
  const peak = Math.max(0, ...live);
  const bytes = Math.max(arena, peak, 1);
  const height = liveHeight;
  const at = (value: number) => Math.round((y + height - (height * value) / bytes) * 100) / 100;
  const corner = (dispatch: number) => Math.round(x(dispatch) * 100) / 100;
  const steps = live.map((value, i) => `L${corner(i)} ${at(value)}L${corner(i + 1)} ${at(value)}`).join('');
  const busiest = live.indexOf(peak);
  const title =
    `live bytes: at most ${bytesText(peak)}, in dispatch ${busiest}, ` +
    `${percentText(arena > 0 ? peak / arena : 1)} of the ${bytesText(arena)} that the arena takes`;
  return (
    frame({ title, bytes, y, height }) +
    element(
      'g',
      {},
      element('title', {}, escapeMarkup(title)),
      element('path', {
        d: `M${left} ${at(0)}${steps}L${corner(live.length)} ${at(0)}Z`,
        fill: families.elements.light,
        'fill-opacity': 0.45,
      }),
    ) +
    element('path', {
      d: `M${left} ${at(arena)}H${width - right}`,
      stroke: colours.ink,
      'stroke-width': 1.5,
      'stroke-dasharray': '6 4',
    })
  );
}

/** Round sizes up to `maximum` in KiB, MiB or GiB. */
function byteTicks(maximum: number, count: number): number[] {
  const unit = 1024 ** Math.min(Math.max(Math.floor(Math.log(maximum) / Math.log(1024)), 0), 3);
  return linearTicks(maximum, count, unit);
}
