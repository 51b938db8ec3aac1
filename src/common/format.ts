/** Numbers as people read them: three significant digits and a unit. */

import { isDistinguishable, leastRounds, type PairedRatio } from './paired-ratio.ts';

/** At least three significant digits, without exponent: 0.123, 4.56, 78.9, 1,234. */
export function significant(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const decimals = Math.min(Math.max(2 - Math.floor(Math.log10(Math.abs(value))), 0), 6);
  return grouped(value.toFixed(decimals));
}

/** 27536800 as 27,536,800. */
export function grouped(value: number | string): string {
  const [whole, ...fraction] = String(value).split('.');
  return [whole!.replaceAll(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.');
}

/** 12.3 µs, 4.56 ms, 1.23 s */
export function durationText(microseconds: number): string {
  if (microseconds < 1e3) return `${significant(microseconds)} µs`;
  if (microseconds < 1e6) return `${significant(microseconds / 1e3)} ms`;
  return `${significant(microseconds / 1e6)} s`;
}

const flopUnits = ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP'];

/** 12.3 MFLOP */
export function flopsText(flops: number): string {
  return withUnit(flops, 1000, flopUnits);
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** 12.3 MiB */
export function bytesText(bytes: number): string {
  return withUnit(bytes, 1024, byteUnits);
}

function withUnit(value: number, base: number, units: readonly string[]): string {
  let power = 0;
  while (power < units.length - 1 && value >= base ** (power + 1)) power++;
  const scaled = value / base ** power;
  return `${power === 0 ? grouped(scaled) : significant(scaled)} ${units[power]}`;
}

/** 64×28×24×32; a scalar has no extents. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

/** 0.1234 as 12.3 % */
export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `1 dispatch`, `2 dispatches` */
export function countText(count: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(count)} ${count === 1 ? singular : plural}`;
}

/** With its sign, of nothing a plus. */
export function signedText(value: number, decimals: number): string {
  const size = Math.abs(value).toFixed(decimals);
  return `${value < 0 && Number(size) > 0 ? '−' : '+'}${size}`;
}

/** A ratio; with more decimals near 1, so that an interval that ends there is not taken for one that holds it. */
export function ratioText(ratio: number): string {
  return ratio > 0.9 && ratio < 1.1 ? ratio.toFixed(3) : significant(ratio);
}

/**
 * What a ratio says: `1.24× (1.18–1.31)` with its interval, `not distinguishable (0.97–1.04)` where that includes 1, and that it says
 * nothing where there are too few rounds.
 *
 * @param comparisons the ones that were to hold together
 */
export function comparisonText(ratio: PairedRatio, comparisons = 1): string {
  const { interval, median } = ratio;
  if (!interval) return `no telling below ${leastRounds(comparisons)} rounds`;
  const range = `(${interval.map(ratioText).join('–')})`;
  return isDistinguishable(ratio) ? `${ratioText(median)}× ${range}` : `not distinguishable ${range}`;
}
