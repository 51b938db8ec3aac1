import { expect, test } from 'vitest';
import { estimate } from '../../../src/common/statistics.ts';
import { drawnRange, marksText, rowPlot } from '../../../src/normface/paper/tables/row-plot.node.ts';

test('one outlier does not squeeze all other rows', () => {
  const values = [76.9, 77.1, 77.3, 77.4, 77.6, 77.8, 78.0, 78.2, 78.3, 78.5];
  const [low, high] = drawnRange([...values, 55]);
  expect(low).toBeGreaterThan(70);
  expect(high).toBeGreaterThan(78.5);
});

test('lines are drawn to their ends, but for those as far away as an outlier', () => {
  const values = [76.9, 77.1, 77.3, 77.4, 77.6, 77.8, 78.0, 78.2, 78.3, 78.5];
  const [low, high] = drawnRange(values, [75.5, 79.5, 120]);
  expect(low).toBeLessThan(75.5);
  expect(high).toBeGreaterThan(79.5);
  expect(high).toBeLessThan(90);
  // Alone they decide nothing of what is an outlier.
  expect(drawnRange([5, 5, 5], [4, 6])).toEqual([3.9, 6.1]);
});

test('no value lies on the frame, and equal values have room too', () => {
  const [low, high] = drawnRange([1.08, 4.45, 3.94]);
  expect(low).toBeLessThan(1.08);
  expect(high).toBeGreaterThan(4.45);
  expect(drawnRange([5, 5, 5])).toEqual([4.5, 5.5]);
});

test('what lies beyond the edge is written there', () => {
  const rows = [0.77, 0.771, 0.773, 0.775, 0.778, 0.78, 0.55].map((value, k) => ({
    label: `row ${k}`,
    estimate: estimate([value]),
    values: [value],
    color: 0,
  }));
  const svg = rowPlot(rows, { xLabel: 'accuracy in %', description: 'rows', groups: [] });
  expect(svg).toContain('◂ 55.0');
  expect(svg).not.toContain('NaN');
});

test('ticks have room for their numbers, however long the names of the rows are', () => {
  const rows = [0.923, 0.925, 0.941].map((value, k) => ({
    label: `softmax + C-contrastive, normalised, by the histogram of cosines ${k}`,
    estimate: estimate([value]),
    values: [value],
    color: 0,
  }));
  const svg = rowPlot(rows, { xLabel: 'accuracy in %', description: 'rows', groups: [], remarks: 'paper' });
  const group = /aria-label="x-axis tick label"[^>]*>(.*?)<\/g>/.exec(svg)![1]!;
  const places = [...group.matchAll(/translate\(([\d.]+),/g)].map(([, x]) => Number(x));
  expect(places.length).toBeGreaterThan(1);
  for (const [k, place] of places.slice(1).entries()) expect(place - places[k]!).toBeGreaterThan(55);
});

test('a caption promises no spread of one repetition', () => {
  expect(marksText(1)).not.toMatch(/deviation|circles|mean/);
  expect(marksText(5)).toMatch(/deviation .*circles/);
});
