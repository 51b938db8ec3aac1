/** Whether the length of a feature says how good an image is: the same images at several levels of quality. */

import { spearman } from '../../common/rank-correlation.ts';
import { type MeanTest, testMean } from '../../common/statistics.ts';
import type { CourseName, QualitySet } from '../data/quality-courses.ts';
import { checkFeatures, checkLengths, type Features } from './features.ts';

/** What the lengths do from the best level to the worst. */
export interface NormQuality {
  /** Mean log ‖f‖ of each level, over all images. */
  readonly means: readonly number[];
  /** Log ‖f‖ of each level less that of the best, a mean for each person; null for the best. */
  readonly differences: readonly (MeanTest | null)[];
  /**
   * Spearman's correlation of length and quality over the levels of one image, from −1, where worse images have longer features, to 1; of
   * each person the mean over the images. The interval is Student's, cut where no correlation is.
   */
  readonly correlation: MeanTest;
}

/**
 * @param lengths ‖f‖ by level, from the best quality to the worst, and image; at least two levels
 * @param people whose image each is: people are what is independent
 */
export function normQuality(lengths: readonly ArrayLike<number>[], people: ArrayLike<number>): NormQuality {
  const logs = lengths.map((level) => Array.from(level, Math.log));
  const overPeople = (values: readonly number[]): MeanTest => {
    const sums = new Map<number, { sum: number; count: number }>();
    values.forEach((value, i) => {
      const { sum, count } = sums.get(people[i]!) ?? { sum: 0, count: 0 };
      sums.set(people[i]!, { sum: sum + value, count: count + 1 });
    });
    return testMean([...sums.values()].map(({ sum, count }) => sum / count));
  };
  const best = logs[0]!;
  return {
    means: logs.map((level) => level.reduce((a, b) => a + b, 0) / level.length),
    differences: logs.map((level, k) =>
      k === 0 ? null : overPeople(level.map((value, i) => value - best[i]!)),
    ),
    correlation: withinOne(overPeople(best.map((_, i) => withQuality(logs.map((level) => level[i]!))))),
  };
}

/** By course. @param features of the pictures of the set, in their order @throws UserError where one is not finite, or zero */
export function normsByCourse(
  features: Features,
  { courses, people }: Pick<QualitySet, 'courses' | 'people'>,
): Record<CourseName, NormQuality> {
  checkFeatures(features);
  checkLengths(features);
  const { values, dimension } = features;
  const lengths = Array.from({ length: values.length / dimension }, (_, row) =>
    Math.hypot(...values.subarray(row * dimension, (row + 1) * dimension)),
  );
  const rest = [...lengths];
  const judged = Object.entries(courses).map(([name, { levels }]) => [
    name,
    normQuality(
      levels.map(() => rest.splice(0, people.length)),
      people,
    ),
  ]);
  return Object.fromEntries(judged);
}

/** The same with an interval that ends at −1 and 1, beyond which no correlation is. */
function withinOne(test: MeanTest): MeanTest {
  const { interval } = test;
  return { ...test, interval: interval && [Math.max(-1, interval[0]), Math.min(1, interval[1])] };
}

/** Spearman's correlation of numbers with the reverse of their order; without any spread it is 0. */
function withQuality(values: readonly number[]): number {
  return (
    spearman(
      values,
      values.map((_, k) => -k),
    ) ?? 0
  );
}
