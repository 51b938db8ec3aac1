import { expect, test } from 'vitest';
import { type RankTimes, ranksLine, reportRanks } from '../../../src/normface/distributed/ranks-report.ts';

const times = (...compute: number[]): RankTimes[] =>
  compute.map((seconds, rank) => ({
    rank,
    host: rank < 2 ? 'a' : 'b',
    compute: seconds,
    waiting: Math.max(...compute) - seconds,
    communication: 2,
  }));

test('the rank that computes longest has a name', () => {
  const report = reportRanks(times(10, 10, 9, 13.1), 20);
  expect(report.slowest?.rank).toBe(3);
  expect(report.ratio).toBeCloseTo(1.31, 10);
  expect(ranksLine(report)).toBe(
    'slowest of the last 20 steps: rank 3 on host b, compute 1.31 × the median · ranks compute 66 %, wait 21 %, communicate 13 %',
  );
  expect(report.compute).toBeCloseTo(0.5, 10);
});

test('of two ranks the other one is the measure', () => {
  expect(reportRanks(times(10, 12), 5)).toMatchObject({ ratio: 1.2, slowest: { rank: 1 } });
});

test('nobody is called slow for what is usual', () => {
  const report = reportRanks(times(10, 10.2, 9.9), 20);
  expect(report.slowest).toBeUndefined();
  expect(ranksLine(report)).toMatch(
    /^no rank stands out in the last 20 steps: compute at most 1.02 × the median/,
  );
  expect(reportRanks(times(10), 20).slowest).toBeUndefined();
});

test('times of nothing do not divide by it', () => {
  const nothing = times(0, 0).map((time) => ({ ...time, communication: 0 }));
  expect(ranksLine(reportRanks(nothing, 1))).toContain('compute 0 %');
  expect(() => reportRanks([], 1)).toThrow(RangeError);
});
