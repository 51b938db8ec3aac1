/** How the length of features goes with the quality of images, where that was drawn: what AdaFace and MagFace build on. */

import { countText, signedText } from '../../common/format.ts';
import { type RankCorrelation, rankCorrelation } from '../../common/rank-correlation.ts';
import type { Sample } from '../data/dataset.ts';
import type { Features } from '../evaluation/features.ts';
import type { PictureQuality } from '../faces/render.ts';

/** What is known of every image: radius of the blur in thousandths of the width, width in pixels that it was enlarged from. */
export type QualityColumns = Readonly<Partial<Record<keyof PictureQuality, readonly number[]>>>;

/** A column for each of these that is known of all the images. */
export function qualityColumns(samples: readonly Pick<Sample, 'source'>[]): QualityColumns {
  const column = (key: keyof PictureQuality): QualityColumns => {
    const known = samples.flatMap(({ source }) =>
      source.kind === 'generated' ? (source.quality?.[key] ?? []) : [],
    );
    return samples.length > 0 && known.length === samples.length ? { [key]: known } : {};
  };
  return { ...column('blur'), ...column('detail') };
}

/** Rank correlations of the length of features, which are those of its logarithm, too; null where all images have the same quality, or are fewer than three. */
export type QualityCorrelations = Readonly<Partial<Record<keyof PictureQuality, RankCorrelation | null>>>;

/** @param columns of the images, in the order of the features */
export function againstQuality(
  { values, dimension }: Features,
  columns: QualityColumns,
): QualityCorrelations {
  const lengths = Array.from({ length: values.length / dimension }, (_, row) =>
    Math.sqrt(
      values.subarray(row * dimension, (row + 1) * dimension).reduce((sum, value) => sum + value * value, 0),
    ),
  );
  return Object.fromEntries(
    Object.entries(columns).map(([key, column]) => [key, rankCorrelation(column, lengths)]),
  );
}

/** The same in words, a line each. @param count number of images */
export function qualityTexts(correlations: QualityCorrelations, count: number): string[] {
  return Object.entries(correlations).flatMap(([key, found]) => {
    if (!found) return [];
    const { correlation, p } = found;
    const value = signedText(correlation, 2);
    const chance = p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
    return [
      `length of features against ${key}: rank correlation ${value} (${chance}, ${countText(count, 'image')})`,
    ];
  });
}
