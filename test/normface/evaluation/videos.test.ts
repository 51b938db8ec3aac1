import { describe, expect, test } from 'vitest';
import { hash32, normal01 } from '../../../src/engine/core/random.ts';
import type { Features } from '../../../src/normface/evaluation/features.ts';
import { cosineHistogram, frameCosines } from '../../../src/normface/evaluation/frame-cosines.ts';
import type { PairList } from '../../../src/normface/evaluation/pairs.ts';
import { evaluateVideos, videoPairScores, videoTable } from '../../../src/normface/evaluation/videos.ts';
import { features, pairList } from './helpers.ts';

const dimension = 12;

/** Videos of `people` people, `each` of them, of 2 to 6 frames, with an offset that all share. */
function videosOf(people: number, each: number, noise: number, seed: number): Features[] {
  return Array.from({ length: people * each }, (_, video) => {
    const person = Math.floor(video / each);
    const frames = 2 + (hash32(seed, 9, video) % 5);
    const values = Float32Array.from({ length: frames * dimension }, (_, at) => {
      const k = at % dimension;
      return 4 + normal01(seed, 1, person * dimension + k) + noise * normal01(seed, 10 + video, at);
    });
    return { values, dimension };
  });
}

function videoPairs(people: number, each: number, count: number, folds: number, seed: number): PairList {
  return pairList(
    Array.from({ length: count }, (_, i) => {
      const same = (i % 2) as 0 | 1;
      const person = hash32(seed, 1, i) % people;
      const other = same ? person : (person + 1 + (hash32(seed, 2, i) % (people - 1))) % people;
      const video = hash32(seed, 3, i) % each;
      return {
        a: person * each + video,
        b: other * each + ((video + 1) % each),
        same,
        fold: 1 + ((i >> 1) % folds),
      };
    }),
  );
}

/** Cosines after a centre is subtracted, as defined. */
function slowCosines(first: Features, second: Features, centre: ArrayLike<number>): number[] {
  const frames = ({ values }: Features) =>
    Array.from({ length: values.length / dimension }, (_, row) =>
      Array.from({ length: dimension }, (_, k) => values[row * dimension + k]! - centre[k]!),
    );
  return frames(first).flatMap((x) =>
    frames(second).map((y) => {
      const dot = x.reduce((sum, value, k) => sum + value * y[k]!, 0);
      return dot / Math.hypot(...x) / Math.hypot(...y);
    }),
  );
}

describe('cosines of frames', () => {
  const [first, second] = videosOf(2, 1, 0.5, 1);

  test('for every centre', () => {
    const centres = [0, 4, 3.9].map((value) =>
      Float64Array.from({ length: dimension }, (_, k) => value + 0.01 * k),
    );
    const matrices = frameCosines(first!, second!, centres);
    matrices.forEach(({ rows, columns, values }, c) => {
      expect([rows, columns]).toEqual([first!.values.length / dimension, second!.values.length / dimension]);
      slowCosines(first!, second!, centres[c]!).forEach((cosine, at) => {
        expect(values[at]).toBeCloseTo(cosine, 12);
      });
    });
    expect(frameCosines(first!, second!)[0]!.values[1]).toBeCloseTo(
      slowCosines(first!, second!, new Float64Array(dimension))[1]!,
      12,
    );
  });

  test('a frame that equals the centre has cosine 0; no cosine leaves [−1, 1]', () => {
    const a = features([
      [3, 4],
      [1, 2],
      [-3, 1],
    ]);
    const [near, far] = frameCosines(a, a, [Float64Array.of(1, 2), Float64Array.of(100, 7)]);
    expect(near!.values[4]).toBe(0);
    expect(near!.values[3]).toBe(0);
    expect(near!.values[0]).toBeCloseTo(1, 12);
    for (const { values } of [near!, far!]) {
      for (const cosine of values) expect(Math.abs(cosine)).toBeLessThanOrEqual(1);
    }
  });
});

describe('histograms', () => {
  test('a hundred bins of width 0.02 from −1 to 1', () => {
    const histogram = cosineHistogram(Float64Array.of(-1, -0.985, -0.01, 0.01, 0.5001, 1, 0.99, 0.011));
    const filled = [...histogram.entries()].filter(([, share]) => share > 0);
    expect(filled).toEqual([
      [0, 2 / 8],
      [49, 1 / 8],
      [50, 2 / 8],
      [75, 1 / 8],
      [99, 2 / 8],
    ]);
    expect(histogram).toHaveLength(100);
  });
});

describe('scores of pairs of videos', () => {
  const videos = videosOf(8, 3, 0.8, 2);
  const pairs = videoPairs(8, 3, 80, 4, 3);

  test('the mean of the other folds is subtracted, videos counted as often as they occur', () => {
    const scores = videoPairScores(videos, pairs);
    expect(scores.map(({ fold }) => fold)).toEqual([1, 2, 3, 4]);
    for (const { fold, means, histograms } of scores) {
      const occurrences = Array.from(pairs.a.keys())
        .filter((i) => pairs.fold[i] !== fold)
        .flatMap((i) => [pairs.a[i]!, pairs.b[i]!]);
      const centre = Array.from({ length: dimension }, (_, k) => {
        const ofVideo = (v: number) => {
          const frames = videos[v]!.values.length / dimension;
          return Array.from(
            { length: frames },
            (_, f) => videos[v]!.values[f * dimension + k]! / frames,
          ).reduce((s, x) => s + x);
        };
        return occurrences.reduce((sum, v) => sum + ofVideo(v) / occurrences.length, 0);
      });
      for (const i of [0, 13, 41, 79]) {
        const cosines = slowCosines(videos[pairs.a[i]!]!, videos[pairs.b[i]!]!, centre);
        expect(means[i]).toBeCloseTo(cosines.reduce((sum, c) => sum + c, 0) / cosines.length, 10);
        const histogram = histograms.values.subarray(i * 100, (i + 1) * 100);
        expect(histogram.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
        cosineHistogram(Float64Array.from(cosines)).forEach((share, bin) => {
          expect(histogram[bin]).toBeCloseTo(share, 12);
        });
      }
    }
  });

  test('accuracies: far above chance on people, at chance on noise, folds of their own', () => {
    const results = evaluateVideos(videos, pairs);
    expect(results.map(({ protocol }) => protocol)).toEqual(['ytf-mean-svm', 'ytf-histogram-svm']);
    for (const { accuracy, folds, std } of results) {
      expect(accuracy).toBeGreaterThan(0.85);
      expect(folds.map(({ fold }) => fold)).toEqual([1, 2, 3, 4]);
      expect(std).toBeGreaterThanOrEqual(0);
    }
    const shuffled = { ...pairs, same: pairs.same.map((_, i) => (hash32(5, i >> 1) % 2) ^ (i & 1)) };
    for (const { accuracy } of evaluateVideos(videos, shuffled)) expect(accuracy).toBeLessThan(0.75);
  });

  test('a fold is judged by machines that have not seen it', () => {
    // With the labels of fold 2 turned, its own accuracy is turned: nothing it was judged by changes.
    const turned = { ...pairs, same: pairs.same.map((same, i) => (pairs.fold[i] === 2 ? 1 - same : same)) };
    const [before, after] = [pairs, turned].map((list) => evaluateVideos(videos, list));
    for (const rule of [0, 1]) {
      expect(after![rule]!.folds[1]!.threshold).toBe(before![rule]!.folds[1]!.threshold);
      expect(after![rule]!.folds[1]!.accuracy).toBeCloseTo(1 - before![rule]!.folds[1]!.accuracy, 12);
    }
  });

  test('as a table', () => {
    const table = videoTable(evaluateVideos(videos, pairs));
    expect(table.columns.map(({ header }) => header)).toEqual([
      'rule',
      'accuracy',
      'fold 1',
      'fold 2',
      'fold 3',
      'fold 4',
    ]);
    expect(table.rows[1]![1]).toMatch(/^\d+\.\d\d ± \d+\.\d\d$/);
  });

  test('wrong input', () => {
    const single = { ...pairs, fold: pairs.fold.map(() => 1) };
    expect(() => evaluateVideos(videos, single)).toThrow('at least two folds');
    expect(() => evaluateVideos(videos.slice(0, 3), pairs)).toThrow('there are only 3');
    const broken = videos.map((video, v) =>
      v === 3 ? { ...video, values: video.values.map(() => Number.NaN) } : video,
    );
    expect(() => evaluateVideos(broken, pairs)).toThrow('NaN or infinity');
  });
});
