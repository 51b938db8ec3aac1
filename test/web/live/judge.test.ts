import { expect, test } from 'vitest';
import type { Embedding } from '../../../src/web/live/embedding.ts';
import { judge } from '../../../src/web/live/judge.ts';

/** Features at angles in degrees; the first two were trained on. */
function embeddingOf(angles: readonly number[], labels: readonly number[]): Embedding {
  const radians = angles.map((angle) => (angle * Math.PI) / 180);
  return {
    step: 7,
    dimension: 2,
    features: Float32Array.from(radians.flatMap((angle) => [3 * Math.cos(angle), 3 * Math.sin(angle)])),
    labels,
    heldOut: angles.map((_, i) => i >= 2),
    agents: new Float32Array(6),
    bias: null,
    cosine: true,
  };
}

test('the threshold lies between pairs of the same person and of different people, by held-out pictures alone', () => {
  const angles = [0, 170, 0, 10, 20, 100, 110, 120, 200, 210, 220];
  const labels = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2];
  const stored = judge(embeddingOf(angles, labels), 'some faces');
  // The farthest of one person are 20° apart, the nearest of two 80°: the middle of their cosines.
  const cos = (angle: number) => Math.cos((angle * Math.PI) / 180);
  expect(stored.threshold).toBeGreaterThan(cos(80));
  expect(stored.threshold).toBeLessThan(cos(20));
  expect(stored).toMatchObject({
    merge: 'front',
    data: 'some faces',
    pairs: '18 pairs of held-out pictures at step 7',
    accuracy: 1,
    falseAcceptRate: 0,
    trueAcceptRate: 1,
  });
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  expect([sum(stored.cosines!.same), sum(stored.cosines!.different)]).toEqual([9, 9]);
});

test('without pairs of both kinds there is nothing to judge by', () => {
  expect(() => judge(embeddingOf([0, 1, 2, 3], [0, 0, 0, 0]), 'x')).toThrow(/same and different pairs/);
});
