/** The course of the loss, with the bound of Proposition 2 below it. */

import uPlot from 'uplot';
import { Curve, type CurveColumns } from '../../train/curve.ts';
import { onThemeChange } from '../parts/colours.ts';
import { element } from '../parts/element.ts';
import { formatSignificant } from '../parts/format.ts';
import { type Palette, readPalette } from './palette.ts';

const height = 230;

export class LossChart {
  readonly element = element('div', {
    class: 'train-chart',
    role: 'img',
    'aria-label': 'Loss of every step, and its bound',
  });
  private plot: uPlot | null = null;
  private columns: CurveColumns = new Curve().columns();
  private palette: Palette = readPalette();

  constructor(signal: AbortSignal) {
    const resized = new ResizeObserver(() => {
      const { clientWidth } = this.element;
      if (clientWidth > 0) this.plot?.setSize({ width: clientWidth, height });
    });
    resized.observe(this.element);
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
        width: Math.max(this.element.clientWidth, 200),
        height,
        padding: [10, 12, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false },
          y: { range: (_, least, most) => [Math.min(0, least ?? 0), Math.max(1e-6, 1.05 * (most ?? 1))] },
        },
        axes: [
          { ...axis, size: 34, label: 'step', labelSize: 18, labelFont: axis.font },
          { ...axis, size: 46, values: (_, splits) => splits.map((value) => formatSignificant(value)) },
        ],
        series: [
          {},
          { stroke: accent, width: 1, alpha: 0.35, points: { show: false } },
          { stroke: accent, width: 2.4, points: { show: false } },
          { stroke: warn, width: 2, dash: [7, 4], points: { show: false } },
          { stroke: ink, width: 1.2, dash: [2, 3], points: { show: false } },
        ],
        hooks: { draw: [(plot) => this.writeNames(plot)] },
      },
      this.data(),
      this.element,
    );
  }

  /** The names of the bounds at their lines. */
  private writeNames(plot: uPlot): void {
    const { bounds, evens } = this.columns;
    const lines = [
      { values: bounds, name: 'bound of Proposition 2', colour: this.palette.warn },
      { values: evens, name: 'agents evenly on the circle', colour: this.palette.ink },
    ];
    const ratio = devicePixelRatio;
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = 'right';
    let taken = Number.POSITIVE_INFINITY;
    for (const { values, name, colour } of lines) {
      const value = values.at(-1);
      if (value === null || value === undefined) continue;
      const y = plot.valToPos(value, 'y', true);
      // Above the line, and above the name of a line close below.
      const at = Math.min(y - 5 * ratio, taken - 15 * ratio);
      taken = at;
      const text = `${name}: ${formatSignificant(value)}`;
      ctx.lineWidth = 4 * ratio;
      ctx.lineJoin = 'round';
      ctx.strokeStyle = this.palette.paper;
      ctx.strokeText(text, bbox.left + bbox.width - 4 * ratio, at);
      ctx.fillStyle = colour;
      ctx.fillText(text, bbox.left + bbox.width - 4 * ratio, at);
    }
    ctx.restore();
  }
}
