import { expect, test } from 'vitest';
import { float16, float16Bits } from '../../src/common/float16.ts';

const word = new DataView(new ArrayBuffer(4));

const bitsOf = (value: number): number => {
  word.setFloat32(0, value);
  return float16Bits(word.getUint32(0));
};

/** Numbers and their bits by IEEE 754's definition of binary16: sign, exponent + 15, fraction. */
const known: readonly (readonly [number, number])[] = [
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [1023 * 2 ** -24, 0x03ff],
  [Number.POSITIVE_INFINITY, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
];

test.each(known)('%d is %i', (value, bits) => {
  expect(float16(bits)).toBe(value);
  expect(bitsOf(value)).toBe(bits);
});

test('all finite numbers and infinities come back as they are, NaN as NaN', () => {
  const changed: number[] = [];
  for (let bits = 0; bits < 2 ** 16; bits++) {
    const value = float16(bits);
    if (Number.isNaN(value)) {
      expect(float16(bitsOf(value))).toBeNaN();
    } else if (bitsOf(value) !== bits) changed.push(bits);
  }
  expect(changed).toEqual([]);
});

test('between two numbers the nearer one is taken, in the middle the one whose last bit is 0', () => {
  // What float32 has on both sides of the middle.
  const step = new Float32Array(1);
  const bits = new Uint32Array(step.buffer);
  const wrong: number[] = [];
  for (let low = 0; low < 0x7bff; low++) {
    const middle = (float16(low) + float16(low + 1)) / 2;
    step[0] = middle;
    const [below, above] = [bits[0]! - 1, bits[0]! + 1];
    const even = low % 2 === 0 ? low : low + 1;
    if (float16Bits(bits[0]!) !== even || float16Bits(below) !== low || float16Bits(above) !== low + 1)
      wrong.push(low);
  }
  expect(wrong).toEqual([]);
});

test('from 65520 on it is infinity', () => {
  expect(bitsOf(65519.996)).toBe(0x7bff);
  expect(bitsOf(65520)).toBe(0x7c00);
  expect(bitsOf(-1e30)).toBe(0xfc00);
});
