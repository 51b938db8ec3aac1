/** A curve to draw: y over x, x ascending; points with a y that is not finite are gaps. */
export interface Curve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Centred moving mean over `window` points (odd), shorter at the ends; values that are not finite do not count. */
export function movingMean(y: ArrayLike<number>, window: number): Float64Array {
  const half = window >> 1;
  const sums = new Float64Array(y.length + 1);
  const counts = new Float64Array(y.length + 1);
  for (let k = 0; k < y.length; k++) {
    const counted = Number.isFinite(y[k]);
    sums[k + 1] = sums[k]! + (counted ? y[k]! : 0);
    counts[k + 1] = counts[k]! + (counted ? 1 : 0);
  }
  return Float64Array.from({ length: y.length }, (_, k) => {
    const from = Math.max(0, k - half);
    const to = Math.min(y.length, k + half + 1);
    return (sums[to]! - sums[from]!) / (counts[to]! - counts[from]!);
  });
}

/** At most about `limit` points that look the same when drawn: of each run of neighbours the lowest and the highest. */
export function thinned({ x, y }: Curve, limit: number): { x: number; y: number }[] {
  const point = (k: number) => ({ x: x[k]!, y: y[k]! });
  const indices = Array.from({ length: x.length }, (_, k) => k);
  if (indices.length <= limit) return indices.map(point);
  const size = Math.ceil((2 * indices.length) / limit);
  const kept = new Set([0, indices.length - 1]);
  for (let start = 0; start < indices.length; start += size) {
    let low = start;
    let high = start;
    for (const k of indices.slice(start, start + size)) {
      if (y[k]! < y[low]!) low = k;
      if (y[k]! > y[high]!) high = k;
    }
    kept.add(low).add(high);
  }
  return [...kept].sort((p, q) => p - q).map(point);
}
