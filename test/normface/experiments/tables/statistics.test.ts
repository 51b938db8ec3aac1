import { describe, expect, test } from 'vitest';
import {
  againstControl,
  agreement,
  estimate,
  orderText,
  pairedDifference,
  points,
  verdictOf,
} from '../../../../src/normface/experiments/tables/statistics.ts';

describe('estimates over seeds', () => {
  test('mean, sample deviation and standard error', () => {
    expect(estimate([1, 2, 6])).toEqual({
      mean: 3,
      std: Math.sqrt(7),
      error: Math.sqrt(7 / 3),
      count: 3,
    });
    expect(estimate([0.5])).toEqual({ mean: 0.5, std: null, error: null, count: 1 });
  });

  test('differences are taken seed by seed', () => {
    const difference = pairedDifference(
      { label: 'a', values: [0.75, 0.5, 1] },
      { label: 'b', values: [0.5, 0.25, 0.75] },
    );
    expect(difference).toEqual({ mean: 0.25, std: 0, error: 0, count: 3 });
  });

  test('points are percentage points with a sign', () => {
    expect(points({ mean: 0.0042, error: 0.0013 })).toBe('+0.42 ± 0.13');
    expect(points({ mean: -0.01, error: null })).toBe('−1.00');
  });
});

describe('verdicts', () => {
  test.each([
    [0.02, 0.01, 'above'],
    [-0.02, 0.01, 'below'],
    [0.01, 0.01, 'within'],
    [-0.01, 0.01, 'within'],
    [0.02, null, 'unknown'],
  ] as const)('%f with an error of %f is %s', (mean, error, verdict) => {
    expect(verdictOf({ mean, error, std: null, count: 2 })).toBe(verdict);
  });
});

describe('sentences', () => {
  const control = { label: 'control', values: [0.75, 0.5] };
  const up = { label: 'up', values: [0.875, 0.625] };
  const down = { label: 'down', values: [0.5, 0.25] };
  const unsure = { label: 'unsure', values: [0.5, 0.75] };

  test('name the rows on either side of the control and those that cannot be told from it', () => {
    const text = againstControl([down, unsure, up], control);
    expect(text).toContain('Above by more than one standard error: up (+12.50 ± 0.00).');
    expect(text).toContain('Below by more than one: down (−25.00 ± 0.00).');
    expect(text).toContain('Within one: unsure (+0.00 ± 25.00).');
  });

  test('follow the numbers: exchanged rows exchange their places', () => {
    const text = againstControl(
      [
        { ...down, values: up.values },
        { ...up, values: down.values },
      ],
      control,
    );
    expect(text).toContain('standard error: down (+12.50 ± 0.00).');
    expect(text).toContain('more than one: up (−25.00 ± 0.00). Within one: none.');
  });

  test('claim nothing from one seed', () => {
    const text = againstControl(
      [
        { label: 'up', values: [0.8] },
        { label: 'down', values: [0.7] },
      ],
      { label: 'control', values: [0.75] },
    );
    expect(text).toContain('up (+5.00), down (−5.00)');
    expect(text).toContain('One seed says nothing');
    expect(text).not.toContain('standard error');
  });
});

describe('agreement with the order of the paper', () => {
  const rows = [
    { paper: 98, mean: 0.7 },
    { paper: 99, mean: 0.8 },
    { paper: 99, mean: 0.6 },
    { paper: 99.5, mean: 0.9 },
  ];

  test('pairs that the paper does not order are not counted', () => {
    expect(agreement(rows)).toEqual({ pairs: 5, same: 4 });
    expect(agreement(rows.map(({ paper, mean }) => ({ paper, mean: -mean })))).toEqual({ pairs: 5, same: 1 });
  });

  test.each([
    [4, 4, 'the same order'],
    [4, 3, 'mostly the same order'],
    [10, 6, 'a weak likeness'],
    [4, 2, 'not the same order'],
    [4, 0, 'not the same order'],
  ])('of %i pairs %i alike is %s', (pairs, same, judgement) => {
    expect(orderText({ pairs, same })).toMatch(
      new RegExp(`put ${same} in the same one .*: ${judgement}\\.$`),
    );
  });
});
