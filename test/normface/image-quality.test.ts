/** Blur and detail that are drawn for generated images, and how the length of features goes with them. */

import { describe, expect, test } from 'vitest';
import { againstQuality, qualityColumns, qualityTexts } from '../../src/normface/embedding/quality.ts';
import { drawQuality } from '../../src/normface/faces/quality.ts';

describe('drawQuality', () => {
  const ranges = { blur: [0, 60], detail: [16, 96] } as const;
  const drawn = Array.from({ length: 10_000 }, (_, i) => drawQuality(5, Math.floor(i / 20), i % 20, ranges));

  test.each(['blur', 'detail'] as const)(
    '%s is uniform in its range, and follows from seed, person and image',
    (key) => {
      const [least, most] = ranges[key];
      const values = drawn.map((quality) => quality[key]!);
      expect(new Set(values)).toEqual(new Set(Array.from({ length: most - least + 1 }, (_, i) => least + i)));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      // Four standard deviations of the mean.
      const deviation = Math.sqrt(((most - least + 1) ** 2 - 1) / 12);
      expect(Math.abs(mean - (least + most) / 2)).toBeLessThan((4 * deviation) / Math.sqrt(10_000));
      expect(drawQuality(5, 3, 4, ranges)[key]).toBe(values[64]);
      const others = [6, 7, 8, 9].map((seed) => drawQuality(seed, 3, 4, ranges)[key]);
      expect(others).not.toEqual(others.map(() => values[64]));
      // Whether the other one is drawn, too, does not matter.
      expect(drawQuality(5, 3, 4, { [key]: ranges[key] })).toEqual({ [key]: values[64] });
    },
  );

  test('blur and detail are independent', () => {
    const product = drawn.reduce((sum, { blur, detail }) => sum + (blur! - 30) * (detail! - 56), 0);
    const variances = ((61 ** 2 - 1) / 12) * ((81 ** 2 - 1) / 12);
    expect(Math.abs(product / 10_000)).toBeLessThan(4 * Math.sqrt(variances / 10_000));
  });
});

describe('the length of features against quality', () => {
  const source = { kind: 'generated', seed: 1, identity: 1, sample: 1 } as const;
  const of = (qualities: readonly object[]) =>
    qualities.map((quality) => ({ source: { ...source, quality } }));

  test('is a rank correlation for each that varies', () => {
    const columns = qualityColumns(of([0, 1, 2, 3].map((blur) => ({ blur, detail: 24 }))));
    expect(columns).toEqual({ blur: [0, 1, 2, 3], detail: [24, 24, 24, 24] });
    const values = Float32Array.from([3, 4, 0, 4, 2, 0, 0, 1]);
    const found = againstQuality({ values, dimension: 2 }, columns);
    expect(found).toMatchObject({ blur: { correlation: -1 }, detail: null });
    expect(qualityTexts(found, 4)).toEqual([
      'length of features against blur: rank correlation −1.00 (p < 0.001, 4 images)',
    ]);
  });

  test('is only there where it is known of all images', () => {
    expect(qualityColumns(of([{ blur: 3, detail: 9 }, { detail: 8 }]))).toEqual({ detail: [9, 8] });
    expect(qualityColumns([...of([{ blur: 3 }]), { source }])).toEqual({});
    expect(qualityColumns([])).toEqual({});
  });
});
