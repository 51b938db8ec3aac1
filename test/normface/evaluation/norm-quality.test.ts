import { describe, expect, test } from 'vitest';
import { normQuality, normsByCourse } from '../../../src/normface/evaluation/norm-quality.ts';

const e = Math.E;

describe('lengths by quality', () => {
  test('means, differences to the best and correlation, by hand', () => {
    // Two people with two images each; logs of the levels: 3 2 1, 3 2 1, 2 2 1, 1 2 3.
    const lengths = [
      [e ** 3, e ** 3, e ** 2, e],
      [e ** 2, e ** 2, e ** 2, e ** 2],
      [e, e, e, e ** 3],
    ];
    const { means, differences, correlation } = normQuality(lengths, [0, 0, 1, 1]);
    expect(means[0]).toBeCloseTo(9 / 4, 12);
    expect(means[1]).toBeCloseTo(2, 12);
    expect(means[2]).toBeCloseTo(6 / 4, 12);
    expect(differences[0]).toBeNull();
    // People: −1 and ½; the deviation of two values is their distance over √2.
    expect(differences[1]).toMatchObject({ count: 2 });
    expect(differences[1]!.mean).toBeCloseTo(-0.25, 12);
    expect(differences[1]!.error).toBeCloseTo(0.75, 12);
    expect(differences[2]!.mean).toBeCloseTo((-2 + 0.5) / 2, 12);
    // 1, 1, and ranks 1½ 1½ 0 against 2 1 0: √3/2; the last is −1.
    expect(correlation.mean).toBeCloseTo((1 + (Math.sqrt(3) / 2 - 1) / 2) / 2, 12);
  });

  test('the interval of the correlation ends where correlations do', () => {
    // Three people: two with 1, one with the correlation 0.5 of the order 2 3 1. Student's interval is 0.833 ± 0.717.
    const upward = normQuality(
      [
        [3, 3, 2],
        [2, 2, 3],
        [1, 1, 1],
      ],
      [0, 1, 2],
    ).correlation;
    expect(upward.mean).toBeCloseTo(2.5 / 3, 12);
    expect(upward.interval![0]).toBeCloseTo(2.5 / 3 - 4.302653 / 6, 6);
    expect(upward.interval![1]).toBe(1);
    const downward = normQuality(
      [
        [1, 1, 2],
        [2, 2, 1],
        [3, 3, 3],
      ],
      [0, 1, 2],
    ).correlation;
    expect(downward.interval![0]).toBe(-1);
    expect(downward.interval![1]).toBeCloseTo(-2.5 / 3 + 4.302653 / 6, 6);
  });

  test('levels without a difference have no correlation, and one person no interval', () => {
    const { correlation } = normQuality([[2], [2], [2]], [7]);
    expect(correlation).toMatchObject({ mean: 0, count: 1, interval: null });
  });
});

test('features of several courses are divided by course and level, in their order', () => {
  const course = (levels: number[]) => ({ title: '', unit: '', levels, quality: () => ({ blur: 0 }) });
  const courses = { blur: course([0, 10]), detail: course([48, 24]) };
  // Two people with a picture each: lengths 5 10, then 13 17 by blur; 5 5, then 1 2 by detail.
  const pairs = [
    [3, 4],
    [6, 8],
    [5, 12],
    [8, 15],
    [3, 4],
    [4, 3],
    [0, 1],
    [0, 2],
  ];
  const features = { values: Float32Array.from(pairs.flat()), dimension: 2 };
  const { blur, detail } = normsByCourse(features, { courses, people: [0, 1] });
  expect(blur.means[0]).toBeCloseTo((Math.log(5) + Math.log(10)) / 2, 12);
  expect(blur.means[1]).toBeCloseTo((Math.log(13) + Math.log(17)) / 2, 12);
  expect(blur.correlation.mean).toBe(-1);
  expect(detail.means[1]).toBeCloseTo(Math.log(2) / 2, 12);
  expect(detail.correlation.mean).toBe(1);
  const zero = { ...features, values: new Float32Array(16) };
  expect(() => normsByCourse(zero, { courses, people: [0, 1] })).toThrow('8 of 8 features have length zero');
});
