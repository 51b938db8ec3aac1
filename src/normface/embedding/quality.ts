/** How the length of features goes with the quality of images, where that was drawn: what AdaFace and MagFace build on. */

import { countText } from '../../common/format.ts';
import { type RankCorrelation, rankCorrelation } from '../../common/rank-correlation.ts';
import type { Sample } from '../data/dataset.ts';
import type { Features } from '../evaluation/features.ts';
import type { ImageQuality } from '../faces/quality.ts';

/** The quality that was drawn for each image; undefined unless it was for all. */
export function qualitiesOf(samples: readonly Pick<Sample, 'source'>[]): ImageQuality[] | undefined {
  const qualities = samples.flatMap(({ source }) =>
    source.kind === 'generated' && source.quality ? [source.quality] : [],
  );
  return samples.length > 0 && qualities.length === samples.length ? qualities : undefined;
}

/** Rank correlations of the length of features, which are those of its logarithm, too; null where all images have the same. */
export type QualityCorrelations = Readonly<Record<keyof ImageQuality, RankCorrelation | null>>;

/** @param qualities of the images, in the order of the features */
export function againstQuality(
  { values, dimension }: Features,
  qualities: readonly ImageQuality[],
): QualityCorrelations {
  const lengths = qualities.map((_, row) =>
    Math.sqrt(
      values.subarray(row * dimension, (row + 1) * dimension).reduce((sum, value) => sum + value * value, 0),
    ),
  );
  const against = (key: keyof ImageQuality): RankCorrelation | null =>
    rankCorrelation(
      qualities.map((quality) => quality[key]),
      lengths,
    );
  return { blur: against('blur'), resolution: against('resolution') };
}

/** The same in words, a line each. @param count number of images */
export function qualityTexts(correlations: QualityCorrelations, count: number): string[] {
  return (['blur', 'resolution'] as const).flatMap((key) => {
    const found = correlations[key];
    if (!found) return [];
    const { correlation, p } = found;
    const value = `${correlation < 0 ? '−' : '+'}${Math.abs(correlation).toFixed(2)}`;
    const chance = p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
    return [
      `length of features against ${key}: rank correlation ${value} (${chance}, ${countText(count, 'image')})`,
    ];
  });
}
