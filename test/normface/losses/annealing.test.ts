import { expect, test } from 'vitest';
import { adaCosScale } from '../../../src/normface/losses/adacos.ts';
import { annealed } from '../../../src/normface/losses/sphereface.ts';

test('λ of SphereFace falls from 1000/1.12 to 5', () => {
  const settings = { initial: 1000, gamma: 0.12, power: 1, minimum: 5 };
  expect(annealed(settings, 1)).toBeCloseTo(1000 / 1.12, 9);
  expect(annealed(settings, 100)).toBeCloseTo(1000 / 13, 9);
  expect(annealed(settings, 1658)).toBeGreaterThan(5);
  expect(annealed(settings, 1659)).toBe(5);
  expect(annealed({ ...settings, power: 2 }, 10)).toBeCloseTo(1000 / 2.2 ** 2, 9);
});

test.each([
  [10, 3.1073],
  [100, 6.4985],
  [1_000, 9.7676],
  [10_000, 13.0252],
  [10_572, 13.1039],
  [93_431, 16.1856],
])('the scale of AdaCos for %d classes is %d', (classes, expected) => {
  expect(adaCosScale(classes).toFixed(4)).toBe(expected.toFixed(4));
});
