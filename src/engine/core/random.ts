/**
 * Counter-based random numbers: a value depends only on its key and counter, never on what was drawn before, so the same
 * seed gives the same bits on every device, in any order, and a run resumes exactly. The WGSL twin is shaders/lib/random.wesl.
 */

/** Finaliser of the 32-bit hash: full avalanche in two multiply-xorshift rounds (constants: "lowbias32", C. Wellons, 2018). */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Hash of up to four 32-bit words to one unsigned 32-bit word. */
export function hash32(a: number, b = 0, c = 0, d = 0): number {
  let h = mix((a + 0x9e3779b9) | 0);
  h = mix((h ^ b) + 0x85ebca6b);
  h = mix((h ^ c) + 0xc2b2ae35);
  return mix((h ^ d) + 0x27d4eb2f);
}

/** Uniform number in [0, 1) with 24 bits, exactly representable in f32. */
export function uniform01(seed: number, stream: number, counter: number): number {
  return (hash32(seed, stream, counter) >>> 8) * 2 ** -24;
}

/** Standard normal number by the Box–Muller transform of two uniforms of the same counter. */
export function normal01(seed: number, stream: number, counter: number): number {
  const u = uniform01(seed, stream, 2 * counter) + 2 ** -25;
  const v = uniform01(seed, stream, 2 * counter + 1);
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}
