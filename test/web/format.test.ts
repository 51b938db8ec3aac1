import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFixed,
  formatSignificant,
} from '../../src/web/parts/format.ts';

test('numbers for people', () => {
  expect(formatCount(65535)).toBe('65,535');
  expect([1234.5, 31.41, 0.0012345, 7].map((value) => formatSignificant(value))).toEqual([
    '1,230',
    '31.4',
    '0.00123',
    '7',
  ]);
  expect(formatSignificant(Number.NaN)).toBe('NaN');
  expect([formatFixed(0.12345), formatFixed(-0.5, 2)]).toEqual(['0.1235', '−0.50']);
  expect([16, 1024, 16384, 128 * 2 ** 20, 2 ** 32, 2 ** 32 - 1].map(formatBytes)).toEqual([
    '16 bytes',
    '1 KiB',
    '16 KiB',
    '128 MiB',
    '4 GiB',
    '4 GiB',
  ]);
  expect([0.85, 12.34, 4200, 180_000].map(formatDuration)).toEqual(['850 µs', '12.3 ms', '4.2 s', '3 min']);
});
