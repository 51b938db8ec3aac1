import { expect, test } from 'vitest';
import { worstErrors } from '../../../src/normface/evaluation/worst.ts';

const scores = [0.9, 0.1, 0.5, 0.7, 0.2, 0.9, 0.3, 0.1];
const same = [0, 1, 0, 0, 1, 1, 0, 1];

test('worst first, of each kind', () => {
  expect(worstErrors(scores, same, 0.4, 10)).toEqual({ falseAccepts: [0, 3, 2], falseRejects: [1, 7, 4] });
  expect(worstErrors(scores, same, 0.4, 2)).toEqual({ falseAccepts: [0, 3], falseRejects: [1, 7] });
});

test('a score equal to the threshold is rejected', () => {
  expect(worstErrors(scores, same, 0.5, 10).falseAccepts).toEqual([0, 3]);
  expect(worstErrors([0.5, 0.5], [0, 1], 0.5, 10)).toEqual({ falseAccepts: [], falseRejects: [1] });
});

test('ties come in the order of the pair list; no errors, no indices', () => {
  expect(worstErrors([1, 1, 1], [0, 0, 0], 0, 2).falseAccepts).toEqual([0, 1]);
  expect(worstErrors([1, 0], [1, 0], 0.5, 5)).toEqual({ falseAccepts: [], falseRejects: [] });
});
