import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { mergeMirror } from '../../../src/normface/evaluation/merge.ts';
import { features } from './helpers.ts';

const front = features([
  [1, -2],
  [3, 4],
]);
const mirrored = features([
  [5, -7],
  [-1, 0.5],
]);

describe('mirror merges act on raw features', () => {
  test.each([
    ['front', 2, [1, -2, 3, 4]],
    ['concat', 4, [1, -2, 5, -7, 3, 4, -1, 0.5]],
    ['sum', 2, [6, -9, 2, 4.5]],
    ['max', 2, [5, -2, 3, 4]],
  ] as const)('%s', (merge, dimension, values) => {
    const merged = mergeMirror(front, mirrored, merge);
    expect(merged.dimension).toBe(dimension);
    expect([...merged.values]).toEqual(values);
  });

  test('the inputs stay as they are', () => {
    mergeMirror(front, mirrored, 'sum');
    expect([...front.values]).toEqual([1, -2, 3, 4]);
    expect([...mirrored.values]).toEqual([5, -7, -1, 0.5]);
  });
});

describe('bad features', () => {
  test('front needs no mirror image, the others do', () => {
    expect(mergeMirror(front, undefined, 'front')).toEqual(front);
    expect(() => mergeMirror(front, undefined, 'max')).toThrow(
      "'max' needs the features of the mirrored images",
    );
  });

  test('different shapes', () => {
    expect(() => mergeMirror(front, features([[1, 2]]), 'sum')).toThrow(/differ in number or dimension/);
    expect(() => mergeMirror(front, features([[1], [2], [3], [4]]), 'sum')).toThrow(
      /differ in number or dimension/,
    );
  });

  test.each([Number.NaN, Infinity, -Infinity])('%s is refused on either side, with the row', (bad) => {
    const broken = features([
      [1, 2],
      [3, bad],
    ]);
    for (const call of [
      () => mergeMirror(broken, mirrored, 'sum'),
      () => mergeMirror(front, broken, 'concat'),
    ]) {
      expect(call).toThrow(UserError);
      expect(call).toThrow('1 of 2 features hold NaN or infinity (the first is row 1)');
    }
    expect(() => mergeMirror(broken, undefined, 'front')).toThrow(UserError);
  });

  test('values that are no matrix', () => {
    expect(() => mergeMirror({ values: new Float32Array(5), dimension: 2 }, undefined, 'front')).toThrow(
      '5 feature values do not divide into rows of dimension 2',
    );
    expect(() => mergeMirror({ values: new Float32Array(4), dimension: 0 }, undefined, 'front')).toThrow(
      UserError,
    );
  });
});
