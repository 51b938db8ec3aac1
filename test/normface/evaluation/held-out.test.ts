import { describe, expect, test } from 'vitest';
import { type HeldOutFolds, heldOutFold as judgeHeldOut } from '../../../src/normface/evaluation/held-out.ts';
import { PairScores } from '../../../src/normface/evaluation/pair-scores.ts';
import type { PairList } from '../../../src/normface/evaluation/pairs.ts';
import { exactPairs, exactRows, features } from './helpers.ts';

const rows = features(exactRows);
// Fold 1 would accept cosine 0.5 and above, fold 2 only 1, fold 3 is reversed.
const pairs = exactPairs([
  [
    [1, 1],
    [2, 0],
  ],
  [
    [0, 1],
    [1, 0],
  ],
  [
    [3, 1],
    [0, 0],
  ],
]);

const heldOutFold = (faces: typeof rows, list: PairList, folds: HeldOutFolds) =>
  judgeHeldOut(new PairScores(faces, list), folds);

describe('held-out fold', () => {
  test('threshold from one fold, accuracy on the other', () => {
    expect(heldOutFold(rows, pairs, { thresholdFold: 1, testFold: 2 })).toEqual({
      protocol: 'held-out-fold',
      measure: 'cosine',
      accuracy: 0.5,
      std: null,
      threshold: 0.25,
      folds: [{ fold: 2, threshold: 0.25, accuracy: 0.5 }],
      thresholdFold: { fold: 1, threshold: 0.25, accuracy: 1 },
    });
    const other = heldOutFold(rows, pairs, { thresholdFold: 2, testFold: 1 });
    expect({ threshold: other.threshold, accuracy: other.accuracy }).toEqual({
      threshold: 0.75,
      accuracy: 0.5,
    });
  });

  test('other folds do not matter', () => {
    const two = exactPairs([
      [
        [1, 1],
        [2, 0],
      ],
      [
        [0, 1],
        [1, 0],
      ],
    ]);
    const folds = { thresholdFold: 1, testFold: 2 };
    expect(heldOutFold(rows, two, folds)).toEqual(heldOutFold(rows, pairs, folds));
  });

  test('a reversed test fold scores 0', () => {
    expect(heldOutFold(rows, pairs, { thresholdFold: 1, testFold: 3 }).accuracy).toBe(0);
  });

  test('the folds must differ and exist', () => {
    expect(() => heldOutFold(rows, pairs, { thresholdFold: 2, testFold: 2 })).toThrow('fold 2 cannot both');
    expect(() => heldOutFold(rows, pairs, { thresholdFold: 9, testFold: 2 })).toThrow(
      'fold 9 has no pairs; there are folds 1, 2, 3',
    );
  });
});
