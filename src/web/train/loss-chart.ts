/** The course of the loss, with the bound of Proposition 2 below it. */

import uPlot from 'uplot';
import { Curve, type CurveColumns } from '../live/curve.ts';
import { onThemeChange } from '../parts/colours.ts';
import { element } from '../parts/element.ts';
import { formatSignificant } from '../parts/format.ts';
import { type Palette, readPalette } from './palette.ts';
import { formatLevel } from './readings.ts';

const height = 190;

export class LossChart {
  readonly element: HTMLElement;
  private readonly box = element('div', {
    class: 'train-chart',
    role: 'img',
    'aria-label': 'Loss of every step, and its bound',
  });
  /** Axes of nothing would only puzzle. */
  private readonly empty = element(
    'p',
    { class: 'train-chart-empty' },
    'The loss of every step, once it trains',
  );
  /** Names of the lines that are not always there, with their newest value. */
  private readonly bound = element('li', { class: 'train-key-bound' });
  private readonly even = element('li', { class: 'train-key-even' });
  private readonly note = element(
    'p',
    { class: 'soft small' },
    'With as many pictures of every class no softmax over s times the cosines falls below the bound. To reach it the agents of n classes must form a simplex, which takes n − 1 dimensions.',
  );
  private plot: uPlot | null = null;
  private columns: CurveColumns = new Curve().columns();
  private palette: Palette = readPalette();

  constructor(signal: AbortSignal) {
    this.box.append(this.empty);
    this.element = element(
      'div',
      { class: 'train-course' },
      this.box,
      element(
        'ul',
        { class: 'train-key' },
        element('li', { class: 'train-key-loss' }, 'loss; thin: of each step'),
        this.bound,
        this.even,
      ),
      this.note,
    );
    const resized = new ResizeObserver(() => {
      const { clientWidth } = this.box;
      if (clientWidth > 0) this.plot?.setSize({ width: clientWidth, height });
    });
    resized.observe(this.box);
    onThemeChange(signal, () => {
      this.palette = readPalette();
      this.rebuild();
    });
    signal.addEventListener('abort', () => {
      resized.disconnect();
      this.plot?.destroy();
    });
  }

  show(columns: CurveColumns): void {
    this.columns = columns;
    name(this.bound, 'bound of Proposition 2', columns.bounds.at(-1));
    name(this.even, 'agents evenly on the circle', columns.evens.at(-1));
    this.note.hidden = this.bound.hidden;
    this.empty.hidden = columns.steps.length > 0;
    if (this.plot) this.plot.setData(this.data());
    else this.rebuild();
  }

  private data(): uPlot.AlignedData {
    const { steps, losses, smooth, bounds, evens } = this.columns;
    return [steps, losses, smooth, bounds, evens];
  }

  private rebuild(): void {
    this.plot?.destroy();
    const { accent, warn, soft, line, ink } = this.palette;
    const axis = {
      stroke: soft,
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
      font: '12px system-ui, sans-serif',
    };
    this.plot = new uPlot(
      {
        width: Math.max(this.box.clientWidth, 200),
        height,
        padding: [10, 12, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false },
          y: { range: () => rangeOf(this.columns) },
        },
        axes: [
          { ...axis, size: 26, label: 'step', labelSize: 18, labelGap: 0, labelFont: axis.font },
          { ...axis, size: 46, values: (_, splits) => splits.map((value) => formatSignificant(value)) },
        ],
        series: [
          {},
          { stroke: accent, width: 1, alpha: 0.35, points: { show: false } },
          { stroke: accent, width: 2.4, points: { show: false } },
          { stroke: warn, width: 2, dash: [7, 4], points: { show: false } },
          { stroke: ink, width: 1.2, dash: [2, 3], points: { show: false } },
        ],
      },
      this.data(),
      this.box,
    );
  }
}

/** Steps at whose losses the chart need not reach: of an untrained net they are many times those that follow. */
const startingSteps = 5;

/** From zero, or closer to what there is where that would leave most of the chart empty. */
function rangeOf({ losses, bounds, evens }: CurveColumns): [number, number] {
  if (losses.length === 0) return [0, 1];
  const later = losses.length > 3 * startingSteps ? losses.slice(startingSteps) : losses;
  const levels = [...bounds, ...evens].filter((value) => value !== null);
  const most = Math.max(1e-6, ...later, ...levels);
  const least = Math.min(most, ...later, ...levels);
  const room = 0.05 * (most - least);
  return least > 0.7 * most && room > 1e-6 ? [least - room, most + room] : [0, 1.05 * most];
}

/** Names a line with its newest value, if there is one. */
function name(place: HTMLElement, text: string, value: number | null | undefined): void {
  place.hidden = value === null || value === undefined;
  if (value !== null && value !== undefined) place.textContent = `${text}: ${formatLevel(value)}`;
}
