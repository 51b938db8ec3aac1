import { hash32 } from '../../engine/core/random.ts';
import { STREAM } from './draws.ts';

const SIZE = 64;
const LATTICE = new Float32Array(SIZE * SIZE).map((_, i) => (hash32(STREAM.texture, i) >>> 8) * 2 ** -23 - 1);

/** Smooth noise in [-1, 1]: bilinear in a fixed random 64 x 64 lattice that repeats. One lattice cell per unit. */
export function valueNoise(x: number, y: number): number {
  const fx = Math.floor(x);
  const fy = Math.floor(y);
  const tx = x - fx;
  const ty = y - fy;
  const x0 = fx & (SIZE - 1);
  const x1 = (fx + 1) & (SIZE - 1);
  const y0 = (fy & (SIZE - 1)) * SIZE;
  const y1 = ((fy + 1) & (SIZE - 1)) * SIZE;
  const upper = LATTICE[y0 + x0]! + (LATTICE[y0 + x1]! - LATTICE[y0 + x0]!) * tx;
  const lower = LATTICE[y1 + x0]! + (LATTICE[y1 + x1]! - LATTICE[y1 + x0]!) * tx;
  return upper + (lower - upper) * ty;
}
