import { expect, test } from 'vitest';
import {
  imageText,
  type PixelRange,
  pixelText,
  provenanceText,
} from '../../../src/normface/evaluation/provenance.ts';

const pixels: PixelRange = { mean: 127.5, scale: 1 / 128, channels: 3 };

test.each<[Partial<PixelRange>, string]>([
  [{}, '(byte − 127.5)/128, RGB'],
  [{ scale: 1 / 127.5 }, '(byte − 127.5)/127.5, RGB'],
  [{ mean: 0, scale: 1 / 255, channels: 1 }, 'byte/255, grey'],
  [{ mean: 0, scale: 1 }, 'byte, RGB'],
  [{ scale: 1 }, '(byte − 127.5), RGB'],
  [{ scale: 0.0078125 }, '(byte − 127.5)/128, RGB'],
  [{ mean: 0, scale: 3 }, 'byte·3, RGB'],
])('pixels %j', (range, text) => expect(pixelText({ ...pixels, ...range })).toBe(text));

test('everything that belongs to a number, on one line', () => {
  const provenance = {
    protocol: 'normface-pca (sum)',
    pairs: { name: 'pairs.txt\nof LFW', count: 6000, sha256: '0a1b2c3d4e5f' },
    pixels,
    images: {
      stored: [250, 250],
      scaled: [96, 112],
      crop: [96, 112],
      alignment: 'alignment not recorded',
    },
    checkpoint: { name: 'run-001', sha256: 'abcdefabcdef' },
  } as const;
  expect(provenanceText(provenance)).toBe(
    'normface-pca (sum); 6,000 pairs of pairs.txt\\nof LFW (sha256 0a1b2c3d4e5f); pixels (byte − 127.5)/128, RGB; ' +
      'images 250 × 250 scaled to cover 96 × 112, alignment not recorded; checkpoint run-001 (sha256 abcdefabcdef)',
  );
  const { images } = provenance;
  expect(imageText({ ...images, stored: [96, 112] })).toBe('96 × 112, alignment not recorded');
  expect(imageText({ ...images, stored: null, crop: [80, 96], alignment: 'drawn in place' })).toBe(
    '96 × 112, centre 80 × 96, drawn in place',
  );
});
