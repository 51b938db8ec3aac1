/** Pictures with random changes: values by hand, and that every picture of a batch is on its own. */

import { describe, expect, test } from 'vitest';
import { hash32 } from '../../src/engine/core/random.ts';
import { dropout } from '../../src/engine/ops/elementwise/dropout.ts';
import { drawAugmentation } from '../../src/engine/ops/images/augment_draws.ts';
import { augmentImages } from '../../src/engine/ops/images/augment_images.ts';
import { type AugmentOptions, augmentSettings } from '../../src/engine/ops/images/augment_options.ts';
import { imageBatch } from '../../src/engine/ops/images/image_batch.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const [rows, height, width] = [33, 13, 9];
const bytes = height * width * 4;
/** The options of a case of the operator table, whose kernels are compiled anyway. */
const often = { probability: 0.6 };
const all: AugmentOptions = { crop: often, lowResolution: often, photometric: often, erase: often };
const noise = Uint8Array.from({ length: rows * bytes }, (_, i) => hash32(i, 5) % 256);

/** @param pixels of pictures in a row, the first of them number `firstRow` of its batch */
async function augmented(pixels: Uint8Array, options: AugmentOptions, firstRow = 0): Promise<Uint8Array> {
  device.setRandom(11, 6, firstRow);
  const images = device.images(pixels, [pixels.length / bytes, height, width]);
  return (await augmentImages(images, options).read()) as Uint8Array;
}

const picture = (pixels: Uint8Array, row: number): Uint8Array =>
  pixels.subarray(row * bytes, (row + 1) * bytes);

describe('a picture of a batch', () => {
  test('is the same in a part of the batch', async () => {
    const whole = await augmented(noise, all);
    const parts = [
      await augmented(noise.subarray(0, 14 * bytes), all),
      await augmented(noise.subarray(14 * bytes, 20 * bytes), all, 14),
      await augmented(noise.subarray(20 * bytes), all, 20),
    ];
    expect(Uint8Array.from(parts.flatMap((part) => [...part]))).toEqual(whole);
    expect(await augmented(noise.subarray(14 * bytes, 20 * bytes), all)).not.toEqual(parts[1]);
    expect(await augmented(noise, all)).toEqual(whole);
  });

  test('does not depend on its neighbours', async () => {
    const whole = await augmented(noise, all);
    const others = noise.map((value, i) => (Math.floor(i / bytes) === 17 ? value : 255 - value));
    const among = await augmented(others, all);
    expect(picture(among, 17)).toEqual(picture(whole, 17));
    expect(picture(among, 16)).not.toEqual(picture(whole, 16));
  });

  test('of greys stays grey where it is not covered', async () => {
    const grey = noise.map((_, i) => noise[4 * Math.floor(i / 4)]!);
    const draws = Array.from({ length: rows }, (_, row) =>
      drawAugmentation(augmentSettings(all), { height, width }, { seed: 11, step: 6, row }),
    );
    const y = await augmented(grey, all);
    let checked = 0;
    for (let pixel = 0; pixel < y.length / 4; pixel++) {
      if (draws[Math.floor((4 * pixel) / bytes)]!.erase) continue;
      const [red, green, blue, alpha] = y.subarray(4 * pixel, 4 * pixel + 4);
      expect([green, blue, alpha]).toEqual([red, red, 255]);
      checked++;
    }
    expect(checked).toBeGreaterThan(500);
  });

  test('mirrors, shifts and drops the same with these changes and without', async () => {
    const options = { height: 9, width: 7, crop: 'random', mirror: 'random', channels: 1 } as const;
    const inputOf = async (changes: AugmentOptions) => {
      device.setRandom(4, 2);
      const images = device.images(noise, [rows, height, width]);
      const y = imageBatch(augmentImages(images, changes), options);
      return [await y.readFloats(), await dropout(y, 0.5).readFloats()] as const;
    };
    const plain = await inputOf({});
    const never = await inputOf(zeroed(all));
    expect(never).toEqual(plain);
  });
});

/** The same changes with probability 0: the kernels run and change nothing. */
function zeroed(options: AugmentOptions): AugmentOptions {
  return Object.fromEntries(Object.keys(options).map((name) => [name, { probability: 0 }]));
}

test('where nothing is asked for, the pictures are given back as they are', () => {
  const images = device.images(noise, [rows, height, width]);
  expect(augmentImages(images, {})).toBe(images);
});

describe('by hand', () => {
  /** Grey levels of pictures of 2 × 2, a channel of what becomes of them. */
  async function greys(levels: readonly number[], options: AugmentOptions) {
    device.setRandom(1, 0);
    const pixels = Uint8Array.from(levels.flatMap((level) => [level, level, level, 7]));
    const y = await augmentImages(device.images(pixels, [levels.length / 4, 2, 2]), options).read();
    return [...y].filter((_, i) => i % 4 === 0);
  }
  const square = [10, 20, 30, 41];

  test('one pixel is left of a picture at its lowest resolution: the mean, rounded, or one of its pixels', async () => {
    const lowest = { lowResolution: { probability: 1, minimum: 0 } };
    const many = Array.from({ length: 40 }, () => square).flat();
    const y = await greys(many, lowest);
    const found = new Set<string>();
    for (let row = 0; row < 40; row++) {
      const { lowResolution } = drawAugmentation(
        augmentSettings(lowest),
        { height: 2, width: 2 },
        { seed: 1, step: 0, row },
      );
      // One share of 1,025 is the whole side.
      if (lowResolution!.height === 2) continue;
      // 101/4 = 25.25; the centre of the picture is the corner of its last pixel.
      const level = lowResolution!.down === 'area' ? 25 : 41;
      expect(y.slice(4 * row, 4 * row + 4)).toEqual([level, level, level, level]);
      found.add(`${lowResolution!.down} ${lowResolution!.up}`);
    }
    expect(found.size).toBe(6);
  });

  test('what is covered has the level that was asked for', async () => {
    const erase = { probability: 1, area: [1, 1], aspect: [1, 1], fill: 200 } as const;
    expect(await greys(square, { erase })).toEqual([200, 200, 200, 200]);
  });

  test('brightness doubles at most, and black stays black', async () => {
    const brighter = { photometric: { probability: 1, brightness: 1, contrast: 0, saturation: 0 } };
    const settings = augmentSettings(brighter);
    const y = await greys(Array.from({ length: 40 }, () => [0, 1, 100, 255]).flat(), brighter);
    for (let row = 0; row < 40; row++) {
      const { photometric } = drawAugmentation(settings, { height: 2, width: 2 }, { seed: 1, step: 0, row });
      const factor = photometric!.brightness / 256;
      const wanted = [0, 1, 100, 255].map((level) => Math.min(255, Math.floor(factor * level + 0.5)));
      expect(y.slice(4 * row, 4 * row + 4)).toEqual(wanted);
    }
  });

  test('contrast keeps the mean, as saturation keeps greys', async () => {
    const even = [100, 140, 100, 140];
    const y = await greys(Array.from({ length: 40 }, () => even).flat(), {
      photometric: { probability: 1, brightness: 0, contrast: 0.5, saturation: 0.5 },
    });
    const spreads = new Set<number>();
    for (let row = 0; row < 40; row++) {
      const [dark, light] = [y[4 * row]!, y[4 * row + 1]!];
      expect(Math.abs((dark + light) / 2 - 120)).toBeLessThanOrEqual(0.5);
      spreads.add(light - dark);
    }
    // 40 levels times 0.5 to 1.5.
    expect(Math.min(...spreads)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...spreads)).toBeLessThanOrEqual(60);
    expect(spreads.size).toBeGreaterThan(10);
  });
});
