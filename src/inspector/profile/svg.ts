/** The little of SVG that the pictures need, as text. */

import { escapeMarkup } from '../../common/markup.ts';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element. Attributes are escaped, hundredths of a pixel are enough for numbers; children are markup. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const text = typeof value === 'number' ? String(Math.round(value * 100) / 100) : value!;
      return ` ${key}="${escapeMarkup(text)}"`;
    })
    .join('');
  return children.length === 0 ? `<${name}${list}/>` : `<${name}${list}>${children.join('')}</${name}>`;
}

/** Text at a place. */
export function textAt(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeMarkup(text));
}

/** Round numbers from 0 to `maximum`, about `count` of them, in steps of 1, 2 or 5 times a power of ten of `unit`. */
export function linearTicks(maximum: number, count: number, unit = 1): number[] {
  const step = roundStep(maximum / Math.max(count, 1) / unit) * unit;
  return Array.from({ length: Math.floor(maximum / step + 1e-9) + 1 }, (_, i) => i * step);
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= least * (1 - 1e-9))!;
}

/** 1, 2 and 5 times every power of ten from `low` to `high`; the powers alone where there are more than three of them. */
export function logarithmicTicks(low: number, high: number): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const digits = last - first > 3 ? [1] : [1, 2, 5];
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i))
    .flatMap((power) => digits.map((digit) => digit * power))
    .filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
}

/** About how wide a text is, in sizes of its font: most letters are half as wide as high. */
export function textWidth(text: string, fontSize: number): number {
  return 0.56 * fontSize * text.length;
}
