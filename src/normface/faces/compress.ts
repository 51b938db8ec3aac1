import { clamp, sine } from './numeric.ts';

const SIDE = 8;

/** Orthonormal DCT-II matrix, row = frequency: c_k cos(π (2 n + 1) k / 16), with the angle folded into a quarter turn. */
const BASIS = new Float32Array(SIDE * SIDE).map((_, i) => {
  const frequency = Math.floor(i / SIDE);
  let sixteenths = ((2 * (i % SIDE) + 1) * frequency) % 32;
  if (sixteenths > 16) sixteenths = 32 - sixteenths;
  return Math.sqrt((frequency === 0 ? 1 : 2) / SIDE) * sine(((8 - sixteenths) * Math.PI) / 16);
});

const BASIS_TRANSPOSED = BASIS.map((_, i) => BASIS[(i % SIDE) * SIDE + Math.floor(i / SIDE)]!);

/**
 * Loss of a block-transform file format: the brightness of each 8 x 8 block is transformed, its coefficients are rounded
 * to steps that grow with frequency, and the difference is added to all three channels. `step` is in display brightness.
 */
export function compressBlocks(picture: Float32Array, width: number, height: number, step: number): void {
  const block = new Float32Array(SIDE * SIDE);
  const scratch = new Float32Array(SIDE * SIDE);
  const coefficients = new Float32Array(SIDE * SIDE);
  const pixelAt = (left: number, top: number, i: number): number => {
    const column = clamp(left + (i % SIDE), 0, width - 1);
    const row = clamp(top + Math.floor(i / SIDE), 0, height - 1);
    return 3 * (row * width + column);
  };
  for (let top = 0; top < height; top += SIDE) {
    for (let left = 0; left < width; left += SIDE) {
      for (let i = 0; i < block.length; i++) {
        const at = pixelAt(left, top, i);
        block[i] = 0.3 * picture[at]! + 0.59 * picture[at + 1]! + 0.11 * picture[at + 2]!;
      }
      transform(block, coefficients, scratch, false);
      for (let i = 0; i < block.length; i++) {
        const size = step * (1 + 0.35 * ((i % SIDE) + Math.floor(i / SIDE)));
        coefficients[i] = Math.round(coefficients[i]! / size) * size - coefficients[i]!;
      }
      transform(coefficients, block, scratch, true);
      for (let i = 0; i < block.length; i++) {
        if (left + (i % SIDE) >= width || top + Math.floor(i / SIDE) >= height) continue;
        const at = pixelAt(left, top, i);
        for (let c = 0; c < 3; c++) picture[at + c]! += block[i]!;
      }
    }
  }
}

/** out = B in Bᵀ, or its inverse Bᵀ in B. */
function transform(input: Float32Array, out: Float32Array, scratch: Float32Array, inverse: boolean): void {
  const basis = inverse ? BASIS_TRANSPOSED : BASIS;
  for (let k = 0; k < SIDE; k++) {
    for (let x = 0; x < SIDE; x++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += basis[k * SIDE + y]! * input[y * SIDE + x]!;
      scratch[k * SIDE + x] = sum;
    }
  }
  for (let y = 0; y < SIDE; y++) {
    for (let k = 0; k < SIDE; k++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += basis[k * SIDE + x]! * scratch[y * SIDE + x]!;
      out[y * SIDE + k] = sum;
    }
  }
}
