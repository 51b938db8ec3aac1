import { describe, expect, test } from 'vitest';
import { seriesColours } from '../../src/common/palette.ts';
import { closest, contrast, deficiencies, difference } from '../colour-vision.ts';

describe('the simulation of colour deficiencies', () => {
  test('greys stay as they are', () => {
    for (const deficiency of deficiencies)
      for (const grey of ['#000000', '#808080', '#ffffff'])
        expect(difference(grey, '#ffffff', deficiency)).toBeCloseTo(difference(grey, '#ffffff'), 1);
  });

  test('red and green of one lightness are alike without the red or the green cones, blue and yellow are not', () => {
    for (const deficiency of ['protanopia', 'deuteranopia'] as const) {
      expect(difference('#b5651d', '#6b8e23')).toBeGreaterThan(25);
      expect(difference('#b5651d', '#6b8e23', deficiency)).toBeLessThan(12);
      expect(difference('#0050d0', '#d0b000', deficiency)).toBeGreaterThan(40);
    }
  });

  test('two pairs of a set that looks varied are one colour each', () => {
    expect(difference('#c9580c', '#8a6c00', 'protanopia')).toBeLessThan(3);
    expect(difference('#1f5fc4', '#6a4cc7', 'deuteranopia')).toBeLessThan(3);
  });
});

describe.each(['light', 'dark'] as const)('the series colours on a %s page', (theme) => {
  const colours = seriesColours.map((colour) => colour[theme]);
  const papers = { light: ['#ffffff', '#f6f7f9'], dark: ['#14171b', '#1c2026'] }[theme];

  test('can be told apart', () => {
    expect(colours).toHaveLength(10);
    expect(closest(colours).difference).toBeGreaterThan(20);
  });

  test.each(deficiencies)('can be told apart with %s', (deficiency) => {
    expect(closest(colours, deficiency).difference).toBeGreaterThan(12);
  });

  test('stand out from page and panels', () => {
    for (const colour of colours)
      for (const paper of papers) expect(contrast(colour, paper)).toBeGreaterThan(3);
  });
});
