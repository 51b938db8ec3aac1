import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { seriesColours, type ThemedColour } from './palette.ts';

/*
 * The common look of all plots. Text is large, because figures are shown at half width. Ink is `currentColor` and series have the
 * colours of a light page in attributes, which the rules of `darkSeries` outweigh on a dark one: one SVG suits both.
 */

/** Size of the area that a plot without panels is drawn in, in pixels, and the margins around it. */
export const plotWidth = 600;
export const plotHeight = 340;
const left = 88;
const usualMarginRight = 32;
const bottom = 58;
const fontSize = 17;
const legendRow = 26;
const swatch = 30;
/** Width of the strip of colours of a heat map's entry. */
const strip = 120;

/** Colour of the k-th series. */
export function seriesColor(k: number): string {
  return seriesColours[k % seriesColours.length]!.light;
}

/** The paper below a plot, for halos around text. */
export const paper: ThemedColour = { light: '#ffffff', dark: '#16181d' };
/** Ink of pictures for dark pages. */
const darkInk = '#e6e8eb';
const themedColours = [paper, ...seriesColours];

/** Rules of a style sheet that give the colours of all plots of a page those for a dark one. */
export const darkSeries = themedColours
  .map(({ light, dark }) => `[fill="${light}"] { fill: ${dark}; } [stroke="${light}"] { stroke: ${dark}; }`)
  .join('\n  ');

export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  readonly dashed?: boolean;
  /** A filled box in place of a line: light, as areas that others lie behind, or as solid as bars. */
  readonly box?: boolean | 'solid';
  /** The colours of a heat map from its least to its largest value, in place of a line. */
  readonly gradient?: readonly string[];
  /** The symbol of points in place of a line. */
  readonly symbol?: 'dot' | 'ring' | 'cross' | 'point';
}

/** What every plot has besides its marks. */
export interface Frame {
  readonly title?: string;
  /** The plot in words, for readers who cannot see it. */
  readonly description: string;
  readonly legend: readonly LegendEntry[];
  readonly x: Plot.ScaleOptions;
  readonly y: Plot.ScaleOptions;
  readonly marks: Plot.Markish[];
  /** Width of the area that is drawn in, if not the usual one. */
  readonly plotWidth?: number;
  /** Height of the area that is drawn in, if not the usual one of its panels; {@link plotWidth} for equal units on both axes. */
  readonly plotHeight?: number;
  /** Neither axes nor grid: for drawings whose units say nothing, such as a sphere. */
  readonly bare?: boolean;
  /** Width of the margins in place of the usual ones, for names of rows and remarks beside them. */
  readonly marginLeft?: number;
  readonly marginRight?: number;
  /** Names of panels above one another; marks choose theirs by the channel `fy`. */
  readonly panels?: readonly string[];
}

/** Width of what stands before an entry's name. */
function swatchOf({ gradient, symbol }: LegendEntry): number {
  if (gradient) return strip;
  return symbol ? 16 : swatch;
}

/** Places legend entries in rows from left to right; the width of text is estimated, since nothing here can measure it. */
function layOut(entries: readonly LegendEntry[], right: number) {
  let x = left;
  let row = 0;
  return entries.map((entry) => {
    const needed = swatchOf(entry) + 8 + 0.54 * fontSize * entry.name.length + 22;
    if (x > left && x + needed > right) {
      x = left;
      row++;
    }
    const place = { entry, x, row };
    x += needed;
    return place;
  });
}

/** Draws the frame and its marks as a stand-alone SVG document. */
export function renderPlot(frame: Frame): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const marginLeft = frame.marginLeft ?? left;
  const marginRight = frame.marginRight ?? usualMarginRight;
  const width =
    marginLeft +
    (frame.plotWidth ?? plotWidth - (marginLeft - left) - (marginRight - usualMarginRight)) +
    marginRight;
  const legend = layOut(frame.legend, width - usualMarginRight);
  const legendRows = legend.length === 0 ? 0 : legend[legend.length - 1]!.row + 1;
  const titleHeight = frame.title ? 32 : 0;
  const panels = frame.panels?.length ?? 1;
  const top = 14 + titleHeight + legendRows * legendRow + (frame.panels ? 18 : 0);
  const svg = Plot.plot({
    document: document as unknown as Document,
    width,
    height: top + bottom + (frame.plotHeight ?? Math.max(plotHeight, panels > 1 ? 170 * panels : 0)),
    marginTop: top,
    marginLeft,
    marginRight,
    marginBottom: bottom,
    style: {
      fontSize: `${fontSize}px`,
      fontFamily: 'system-ui, "DejaVu Sans", sans-serif',
      overflow: 'visible',
    },
    x: {
      labelAnchor: 'center',
      labelOffset: 48,
      labelArrow: 'none',
      ...frame.x,
      ...(frame.bare && { axis: null }),
    },
    y: {
      labelAnchor: 'center',
      labelOffset: 78,
      labelArrow: 'none',
      ...frame.y,
      ...(frame.bare && { axis: null }),
    },
    fy: frame.panels && { domain: frame.panels, axis: null, padding: 0.2 },
    marks: [
      ...(frame.bare
        ? []
        : [
            Plot.gridX({ ticks: frame.x.ticks, strokeOpacity: 0.13 }),
            Plot.gridY({ ticks: frame.y.ticks, strokeOpacity: 0.13 }),
            Plot.frame({ anchor: 'bottom', strokeOpacity: 0.55 }),
            Plot.frame({ anchor: 'left', strokeOpacity: 0.55 }),
          ]),
      ...frame.marks,
    ],
  }) as unknown as SVGSVGElement;

  const add = (name: string, attributes: Record<string, string | number>, text = '') => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name) as unknown as Element;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    element.textContent = text;
    svg.appendChild(element);
  };
  const ink = { fill: 'currentColor', 'text-anchor': 'start' };
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', frame.description);
  if (frame.title) {
    add('text', { x: left, y: 25, 'font-size': fontSize + 2, 'font-weight': 600, ...ink }, frame.title);
  }
  for (const { entry, x, row } of legend) {
    const y = 16 + titleHeight + row * legendRow;
    const { color, dashed, box, symbol, gradient } = entry;
    const middle = x + swatchOf(entry) / 2;
    if (gradient) {
      const step = strip / gradient.length;
      gradient.forEach((fill, k) => {
        // A little wider than their distance, so that no seams show.
        add('rect', {
          x: x + k * step,
          y: y - 8,
          width: Math.min(step + 0.5, strip - k * step),
          height: 16,
          fill,
        });
      });
    } else if (symbol === 'cross') {
      const arms = `M${middle - 7},${y - 7}l14,14m0,-14l-14,14`;
      add('path', { d: arms, stroke: color, 'stroke-width': 3, fill: 'none' });
    } else if (symbol) {
      const fill = symbol === 'ring' ? 'none' : color;
      const [r, outline] = symbol === 'point' ? [2.2, 0] : [6, 3];
      add('circle', { cx: middle, cy: y, r, fill, stroke: color, 'stroke-width': outline });
    } else if (box) {
      const opacity = box === 'solid' ? 1 : 0.55;
      add('rect', { x, y: y - 8, width: swatch, height: 16, fill: color, 'fill-opacity': opacity });
    } else {
      const line = { x1: x, x2: x + swatch, y1: y, y2: y, stroke: color, 'stroke-width': 3 };
      add('line', dashed ? { ...line, 'stroke-dasharray': '6 5' } : line);
    }
    add('text', { x: x + swatchOf(entry) + 8, y: y + 6, ...ink }, entry.name);
  }
  return svg.outerHTML;
}

/** A plot as PNG on white or on near-black paper, usually 1440 pixels wide. */
export async function plotPng(svg: string, theme: 'light' | 'dark' = 'light'): Promise<Uint8Array> {
  const themed = theme === 'light' ? svg : darkened(svg);
  return await sharp(Buffer.from(themed), { density: 144 })
    .flatten({ background: paper[theme] })
    .png({ palette: true })
    .toBuffer();
}

function darkened(svg: string): string {
  const inked = svg.replace('<svg ', `<svg color="${darkInk}" `);
  return themedColours.reduce((text, { light, dark }) => text.replaceAll(`"${light}"`, `"${dark}"`), inked);
}
