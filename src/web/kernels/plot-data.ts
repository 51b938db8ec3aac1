/** Where things are in the page's plots: numbers only, so that they can be checked without a page. */

import { quantile } from '../../inspector/timing/timing.ts';

/** A value's place along an axis, and round values for its ticks. */
export interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** One, two and five times the powers of ten. */
const mantissas = [1, 2, 5];

/** An axis from `low` to `high` along `from` … `to`; about `count` ticks. */
export function linearAxis(low: number, high: number, from: number, to: number, count = 4): Axis {
  const span = high - low || Math.abs(low) || 1;
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = [...mantissas, 10].map((m) => m * power).find((size) => span / size <= count)!;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= low + span * (1 + 1e-9); i++) ticks.push(i * step);
  return { at: (value) => from + ((to - from) * (value - low)) / span, ticks };
}

/** The same for logarithms; powers of ten alone where there are many. Both ends must be above zero. */
export function logarithmicAxis(low: number, high: number, from: number, to: number): Axis {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const kept = last - first > 3 ? [1] : mantissas;
  const ticks: number[] = [];
  for (let power = first; power <= last; power++) ticks.push(...kept.map((m) => m * 10 ** power));
  const span = Math.log(high / low) || 1;
  return {
    at: (value) => from + ((to - from) * Math.log(value / low)) / span,
    ticks: ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)),
  };
}

/** Times of one version, each a dot; dots that would cover each other are stacked upwards. */
export interface Strip {
  /** Times that lie before and behind the axis. */
  readonly below: readonly number[];
  readonly above: readonly number[];
  readonly dots: readonly { readonly x: number; readonly level: number }[];
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Times farther from the middle half than so many times its width are far off (Tukey 1977, Exploratory Data Analysis, 2D). */
const fence = 1.5;

/** Where the times of a version begin and end, without those that are far off. */
function extentOf(times: readonly number[]): [low: number, high: number] {
  const [lower, upper] = [quantile(times, 0.25), quantile(times, 0.75)];
  // A clock that ticks slowly gives many equal times: what lies a tick beside them is not far off.
  const reach = fence * Math.max(upper - lower, 0.02 * upper);
  return [Math.max(Math.min(...times), lower - reach), Math.min(Math.max(...times), upper + reach)];
}

/** Places of times on a shared axis, dots at least `apart` from those on their level. Times that are far off do not stretch it. */
export function stripsOf(
  versions: readonly (readonly number[])[],
  from: number,
  to: number,
  apart: number,
): { readonly axis: Axis; readonly strips: readonly Strip[] } {
  const extents = versions.map(extentOf);
  const [least, most] = [
    Math.min(...extents.map(([low]) => low)),
    Math.max(...extents.map(([, high]) => high)),
  ];
  // A run of equal times is one line of dots in the middle, not one at the edge.
  const margin = Math.max((most - least) * 0.06, most * 0.005, 1e-9);
  const axis = linearAxis(Math.max(0, least - margin), most + margin, from, to);
  return { axis, strips: versions.map((times) => stripOf(times, axis, apart, [least, most])) };
}

function stripOf(
  times: readonly number[],
  axis: Axis,
  apart: number,
  [least, most]: readonly [number, number],
): Strip {
  const ends: number[] = []; // of every level, the last dot
  const dots = times
    .filter((time) => time >= least && time <= most)
    .map(axis.at)
    .sort((a, b) => a - b)
    .map((x) => {
      const free = ends.findIndex((end) => x - end >= apart);
      const level = free < 0 ? ends.length : free;
      ends[level] = x;
      return { x, level };
    });
  const place = (q: number): number => axis.at(Math.min(Math.max(quantile(times, q), least), most));
  const below = times.filter((time) => time < least);
  const above = times.filter((time) => time > most);
  return { below, above, dots, median: place(0.5), low: place(0.1), high: place(0.9) };
}

/** A kernel's place under the roof. */
export interface RooflinePoint {
  /** FLOP a byte. */
  readonly intensity: number;
  readonly gflops: number;
}

export interface RooflinePlot {
  readonly x: Axis;
  readonly y: Axis;
  /** Corners of the roof: where it enters, the ridge, where it leaves. */
  readonly roof: readonly (readonly [x: number, y: number])[];
  readonly dots: readonly (readonly [x: number, y: number])[];
}

/** A box in pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Whether a kernel has a place in a roofline plot, whose axes are logarithms. */
export const isPlottable = ({ intensity, gflops }: RooflinePoint): boolean =>
  intensity > 0 && Number.isFinite(intensity) && gflops > 0;

/** Roof and points, all plottable, in a box; there is some air around them. */
export function rooflinePlot(
  points: readonly RooflinePoint[],
  { gflops, gigabytesPerSecond }: { readonly gflops: number; readonly gigabytesPerSecond: number },
  box: Box,
): RooflinePlot {
  const ridge = gflops / gigabytesPerSecond;
  const intensities = [...points.map(({ intensity }) => intensity), ridge / 4, ridge * 4];
  const rates = [...points.map((point) => point.gflops), gflops, gflops / 20];
  const [lowX, highX] = [Math.min(...intensities) / 1.6, Math.max(...intensities) * 1.6];
  const [lowY, highY] = [Math.min(...rates) / 1.6, Math.max(...rates) * 1.8];
  const x = logarithmicAxis(lowX, highX, box.left, box.right);
  const y = logarithmicAxis(lowY, highY, box.bottom, box.top);
  // The slope comes in from the left or from below, whichever is first met.
  const start = Math.max(lowX, lowY / gigabytesPerSecond);
  const place = (intensity: number, rate: number) => [x.at(intensity), y.at(rate)] as const;
  return {
    x,
    y,
    roof: [place(start, start * gigabytesPerSecond), place(ridge, gflops), place(highX, gflops)],
    dots: points.map((point) => place(point.intensity, point.gflops)),
  };
}

/** Values worth trying for a constant: half and double of the default, and so on. */
export function valuesAround(defaultValue: number): number[] {
  const values = [defaultValue / 4, defaultValue / 2, defaultValue, defaultValue * 2, defaultValue * 4];
  return values.filter((value) => Number.isInteger(value) && value >= 1);
}
