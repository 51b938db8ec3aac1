/** What is drawn for pictures: shares, means and independence over 10,000 of them, within four standard deviations. */

import { describe, expect, test } from 'vitest';
import {
  type AugmentationDraw,
  drawAugmentation,
  photometricNames,
} from '../../src/engine/ops/images/augment_draws.ts';
import { type AugmentOptions, augmentSettings } from '../../src/engine/ops/images/augment_options.ts';

const count = 10_000;

function drawsOf(options: AugmentOptions, size = { height: 112, width: 96 }): AugmentationDraw[] {
  const settings = augmentSettings(options);
  return Array.from({ length: count }, (_, row) =>
    drawAugmentation(settings, size, { seed: 3, step: 7, row }),
  );
}

/** A share of yes of probability p. */
function expectShare(hits: number, p: number): void {
  expect(Math.abs(hits / count - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / count));
}

/** The mean of numbers that are uniform between two bounds, but for roundings of a thousandth of their width. */
function expectUniform(values: readonly number[], least: number, most: number): void {
  const width = most - least;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.abs(mean - (least + most) / 2)).toBeLessThan(
    (4 * width) / Math.sqrt(12 * values.length) + width / 1000,
  );
  // Below the first tenth is a tenth.
  const low = values.filter((value) => value < least + width / 10).length / values.length;
  expect(Math.abs(low - 0.1)).toBeLessThan(4 * Math.sqrt(0.09 / values.length) + 0.005);
}

describe('each change', () => {
  const all = { crop: 0.2, lowResolution: 0.35, photometric: 0.5, erase: 0.8 } as const;
  const names = Object.keys(all) as (keyof typeof all)[];
  const draws = drawsOf(
    Object.fromEntries(names.map((name) => [name, { probability: all[name] }])) as AugmentOptions,
  );

  test.each(names)('%s happens as often as it should', (name) => {
    expectShare(draws.filter((draw) => draw[name]).length, all[name]);
  });

  test('is independent of the others, and of the picture before', () => {
    for (const a of names)
      for (const b of names) {
        if (a < b) expectShare(draws.filter((draw) => draw[a] && draw[b]).length, all[a] * all[b]);
        const after = draws.filter((draw, i) => draw[b] && draws[(i + 1) % count]![a]).length;
        expectShare(after, all[a] * all[b]);
      }
  });

  test('is left out with probability 0 and never with probability 1', () => {
    for (const [probability, hits] of [
      [0, 0],
      [1, count],
    ]) {
      const options = Object.fromEntries(names.map((name) => [name, { probability }])) as AugmentOptions;
      for (const name of names)
        expect(drawsOf(options).filter((draw) => draw[name] !== null).length).toBe(hits);
    }
  });

  test('draws the same whatever else may happen', () => {
    for (const name of names)
      expect(drawsOf({ [name]: { probability: all[name] } }).map((draw) => draw[name])).toEqual(
        draws.map((draw) => draw[name]),
      );
  });
});

describe('rectangles', () => {
  const always = { probability: 1 };

  test('have areas and aspects in their ranges, uniform and uniform in the logarithm', () => {
    const rectangles = drawsOf(
      { erase: { ...always, area: [0.02, 0.2], aspect: [0.3, 3] } },
      { height: 1000, width: 900 },
    ).map(({ erase }) => erase!);
    expectUniform(
      rectangles.map(({ height, width }) => (height * width) / 900_000),
      0.02,
      0.2,
    );
    expectUniform(
      rectangles.map(({ height, width }) => Math.log(width / height)),
      Math.log(0.3),
      Math.log(3),
    );
    // Shares are 1024ths: 20 to 205 of them.
    const areas = rectangles.map(({ height, width }) => (1024 * height * width) / 900_000);
    expect(Math.min(...areas)).toBeGreaterThan(20 * 0.98);
    expect(Math.max(...areas)).toBeLessThan(205 * 1.01);
    const aspects = rectangles.map(({ height, width }) => width / height);
    expect(Math.min(...aspects)).toBeGreaterThan(0.3 * 0.98);
    expect(Math.max(...aspects)).toBeLessThan(3 * 1.02);
  });

  test('lie anywhere in the picture', () => {
    const size = { height: 112, width: 96 };
    const rectangles = drawsOf({ crop: always }, size).map(({ crop }) => crop!);
    expect(
      rectangles.filter(
        ({ top, left, height, width }) =>
          Math.min(top, left) < 0 || Math.min(height, width) < 1 || top + height > 112 || left + width > 96,
      ),
    ).toEqual([]);
    // Where there is room, the middle of a place lies uniformly in it.
    const roomy = rectangles.filter(({ height }) => height < 60);
    expect(roomy.length).toBeGreaterThan(1000);
    expectUniform(
      roomy.map(({ top, height }) => (top + 0.5) / (112 - height + 1)),
      0,
      1,
    );
  });

  test('that do not fit are drawn again, and at last cut', () => {
    const long = { ...always, area: [0.5, 0.5], aspect: [16, 16] } as const;
    // √(0.5·112·96·16) = 293 pixels wide, √(0.5·112·96/16) = 18 high.
    for (const { erase } of drawsOf({ erase: long }))
      expect(erase).toMatchObject({ left: 0, width: 96, height: 18 });
  });
});

test('low resolution has sides between the least and all, and each way to get there as often', () => {
  const draws = drawsOf(
    { lowResolution: { probability: 1, minimum: 0.2 } },
    { height: 1000, width: 500 },
  ).map(({ lowResolution }) => lowResolution!);
  expectUniform(
    draws.map(({ height }) => height),
    200,
    1000,
  );
  expect(Math.max(...draws.map(({ height, width }) => Math.abs(height - 2 * width)))).toBeLessThan(3);
  for (const down of ['nearest', 'area'])
    for (const up of ['nearest', 'bilinear', 'bicubic'])
      expectShare(draws.filter((draw) => draw.down === down && draw.up === up).length, 1 / 6);
  // At least one pixel, and at most all.
  const [tiny] = drawsOf({ lowResolution: { probability: 1, minimum: 0 } }, { height: 1, width: 2 });
  expect(tiny!.lowResolution).toMatchObject({ height: 1 });
});

test('factors lie around 1, in every order as often', () => {
  const draws = drawsOf({
    photometric: { probability: 1, brightness: 0.5, contrast: 0.25, saturation: 0 },
  }).map(({ photometric }) => photometric!);
  expectUniform(
    draws.map(({ brightness }) => brightness),
    127.5,
    384.5,
  );
  expectUniform(
    draws.map(({ contrast }) => contrast),
    191.5,
    320.5,
  );
  expect(new Set(draws.map(({ saturation }) => saturation))).toEqual(new Set([256]));
  const [a, b, c] = photometricNames;
  const orders = [
    [a, b, c],
    [a, c, b],
    [b, a, c],
    [b, c, a],
    [c, a, b],
    [c, b, a],
  ];
  for (const order of orders)
    expectShare(draws.filter((draw) => draw.order.join() === order.join()).length, 1 / 6);
});
