/** IEEE 754 binary16, "half precision": one bit of sign, five of the exponent, ten of the fraction. */

/** The number that 16 bits stand for. */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * The 16 bits of the nearest number, of two equally near ones that whose last bit is 0 (IEEE 754, roundTiesToEven). From 65520 on, halfway
 * to what would be the next number after 65504, that is infinity.
 * @param word the bits of a float32
 */
export function float16Bits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520
  // 2⁻¹⁴, the smallest with a leading bit that is not stored: the exponent's bias of 127 becomes 15.
  if (magnitude >= 0x38800000) return sign | shifted(magnitude - 0x38000000, 13);
  if (magnitude <= 0x33000000) return sign; // 2⁻²⁵, half of the smallest
  // A multiple of 2⁻²⁴: the fraction with its leading bit, moved by what the exponent is below.
  return sign | shifted((magnitude & 0x7fffff) | 0x800000, 126 - (magnitude >>> 23));
}

/** value / 2^bits, rounded to the nearest, ties to even. A carry out of the fraction is the right step of the exponent. */
function shifted(value: number, bits: number): number {
  const kept = value >>> bits;
  const rest = value & ((1 << bits) - 1);
  const half = 1 << (bits - 1);
  return rest > half || (rest === half && kept & 1) ? kept + 1 : kept;
}
