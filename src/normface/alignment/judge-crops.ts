/** What crops say of themselves: whether faces lie in them where nets expect them. */

import type { ImageSize } from '../data/images/image.ts';
import { isCropSize } from './template.ts';

/** Root mean square distance of points from the template in pixels of the crop, above which a crop deserves a look. */
export const farError = 8;

export interface ErrorSummary {
  readonly median: number;
  /** Names of the crops that are farther off than {@link farError}, the farthest first. */
  readonly far: readonly string[];
}

/** Sums up how far points lie from the template; undefined of no crops. */
export function judgeErrors(
  crops: readonly { readonly name: string; readonly error: number }[],
): ErrorSummary | undefined {
  if (crops.length === 0) return undefined;
  const sorted = [...crops].sort((a, b) => b.error - a.error);
  return {
    median: sorted[Math.floor(sorted.length / 2)]!.error,
    far: sorted.filter(({ error }) => error > farError).map(({ name }) => name),
  };
}

/** How many images have a size that no crop of a template has, and their sizes, the most frequent first. */
export function unalignedSizes(sizes: readonly ImageSize[]): {
  readonly count: number;
  readonly examples: readonly string[];
} {
  const others = sizes.filter((size) => !isCropSize(size)).map(({ width, height }) => `${width} × ${height}`);
  const counts = new Map<string, number>();
  for (const text of others) counts.set(text, (counts.get(text) ?? 0) + 1);
  return { count: others.length, examples: [...counts].sort(([, a], [, b]) => b - a).map(([text]) => text) };
}
