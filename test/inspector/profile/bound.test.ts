import { expect, test } from 'vitest';
import { boundOf, boundOfAll } from '../../../src/inspector/profile/bound.ts';

const roofline = { gflops: 50, gigabytesPerSecond: 10 };

test('much arithmetic on few bytes is bound by arithmetic', () => {
  const bound = boundOf({ flops: 100e6, bytes: 1e6, microseconds: 4000 }, roofline);
  expect(bound).toEqual({
    intensity: 100,
    by: 'arithmetic',
    leastMicroseconds: 2000,
    share: 0.5,
    gflops: 25,
    gigabytesPerSecond: 0.25,
  });
});

test('little arithmetic on many bytes is bound by memory', () => {
  const bound = boundOf({ flops: 1e6, bytes: 4e6, microseconds: 1000 }, roofline);
  expect(bound).toMatchObject({ intensity: 0.25, by: 'memory', leastMicroseconds: 400, share: 0.4 });
});

test('at the ridge both take as long', () => {
  const { leastMicroseconds } = boundOf({ flops: 5e6, bytes: 1e6, microseconds: 1000 }, roofline);
  expect(leastMicroseconds).toBeCloseTo(100);
});

test('without work nothing is the bound, and no time gives no rate', () => {
  expect(boundOf({ flops: 0, bytes: 0, microseconds: 7 }, roofline)).toMatchObject({ by: null, share: 0 });
  const instant = boundOf({ flops: 10, bytes: 0, microseconds: 0 }, roofline);
  expect(instant).toMatchObject({ gflops: 0, share: 0, intensity: Number.POSITIVE_INFINITY });
});

test('traffic that caches spared counts in the share, but nothing takes less time at the roofline than it took', () => {
  const cached = { flops: 1e6, bytes: 4e6, microseconds: 100 };
  expect(boundOf(cached, roofline)).toMatchObject({ by: 'memory', share: 4, leastMicroseconds: 100 });
  const slow = { flops: 1e6, bytes: 4e6, microseconds: 1000 };
  expect(boundOfAll([cached, slow], roofline)).toMatchObject({ leastMicroseconds: 500, share: 500 / 1100 });
});

test('the least times of parts add up, and the larger share of them says what bounds the whole', () => {
  const parts = [
    { flops: 100e6, bytes: 1e6, microseconds: 4000 },
    { flops: 1e6, bytes: 4e6, microseconds: 1000 },
  ];
  const whole = boundOfAll(parts, roofline);
  expect(whole).toMatchObject({ flops: 101e6, bytes: 5e6, microseconds: 5000, leastMicroseconds: 2400 });
  expect(whole).toMatchObject({ by: 'arithmetic', share: 0.48 });
  // The roofline of the sums alone would claim 2020 µs.
  expect(whole.leastMicroseconds).toBeGreaterThan(boundOf(whole, roofline).leastMicroseconds);
});
