import { expect, test } from 'vitest';
import { lossBound } from '../../../src/normface/losses/bound.ts';
import { trendText } from '../../../src/normface/paper/convergence.node.ts';
import { directionShares } from '../../../src/normface/paper/fig3.node.ts';
import type { StepRecord } from '../../../src/normface/training/run/log.ts';

const records = (losses: readonly number[]) => losses.map((loss) => ({ loss }) as StepRecord);
const noise = (k: number) => 0.01 * Math.sin(12.9898 * k);

test('convergence: a loss that falls is said to fall, one that only trembles is not', () => {
  const falling = Array.from({ length: 48 }, (_, k) => 4.6 - 0.005 * k + noise(k));
  expect(trendText(records(falling))).toMatch(/^still falls, from 4\.\d+ to 4\.\d+$/);
  const flat = Array.from({ length: 48 }, (_, k) => 4.34 + noise(k));
  expect(trendText(records(flat))).toMatch(/^neither falls nor rises beyond its noise/);
  expect(trendText(records(falling.toReversed()))).toMatch(/^rises/);
});

test('figure 5: as its text says, every bound is steepest at ℓ² = 0, where its slope is −1', () => {
  for (const n of [10, 1000, 100_000]) {
    const slope = (x: number) => (lossBound(n, x + 1e-4) - lossBound(n, x)) / 1e-4;
    expect(slope(0)).toBeCloseTo(-1, 3);
    for (const x of [1, 5, 10, 20]) expect(slope(x)).toBeGreaterThan(slope(0));
  }
});

test('figure 3: directions are counted over the whole circle', () => {
  const at = (degrees: number) =>
    [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)] as const;
  const shares = directionShares({ points: [at(1), at(2), at(-179), at(91)], labels: [0, 0, 0, 1] }, 0);
  expect(shares).toHaveLength(120);
  expect(shares[60]).toBeCloseTo(2 / 3, 12);
  expect(shares[0]).toBeCloseTo(1 / 3, 12);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
});
