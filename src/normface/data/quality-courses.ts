/** The same generated faces at several levels of quality, from sharp to blurred and from fine to coarse. */

import type { Dataset } from './dataset.ts';
import { type GeneratedSpec, generatedDataset } from './generated-dataset.ts';

/** What is wrong with a picture, from the best quality to the worst. */
export interface QualityCourse {
  readonly title: string;
  readonly unit: string;
  readonly levels: readonly number[];
  /** How pictures of a level are drawn. */
  readonly quality: (level: number) => Pick<GeneratedSpec, 'blur'> & Partial<Pick<GeneratedSpec, 'detail'>>;
}

export type CourseName = 'blur' | 'detail';

export interface QualitySet {
  /** In the order of the levels of each course, the best first. */
  readonly courses: Readonly<Record<CourseName, QualityCourse>>;
  /** All pictures of the first level of the first course, then those of the next one, to the last course. */
  readonly dataset: Dataset;
  /** Whose picture each of one level is. */
  readonly people: readonly number[];
}

/** @param width of the images that the net takes */
export function qualitySet(
  { identities, samples, seed }: Pick<GeneratedSpec, 'identities' | 'samples' | 'seed'>,
  width: number,
): QualitySet {
  const courses: QualitySet['courses'] = {
    blur: {
      title: 'Log length of the features by blur',
      unit: '‰ of the width',
      levels: [0, 10, 20, 40, 60, 100],
      quality: (blur) => ({ blur }),
    },
    detail: {
      title: 'Log length of the features by resolution',
      unit: 'pixels wide',
      levels: [1, 3 / 4, 1 / 2, 3 / 8, 1 / 4, 1 / 6].map((share) => Math.max(1, Math.round(share * width))),
      quality: (detail) => ({ blur: 0, detail }),
    },
  };
  const levels = Object.values(courses).flatMap((course) =>
    course.levels.map((level) => generatedDataset({ identities, samples, seed, ...course.quality(level) })),
  );
  return {
    courses,
    dataset: { ...levels[0]!, samples: levels.flatMap((one) => one.samples) },
    people: levels[0]!.samples.map(({ identity }) => identity),
  };
}
