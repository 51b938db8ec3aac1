import { hash32 } from '../../engine/core/random.ts';
import { compressBlocks } from './compress.ts';
import type { Nuisance } from './nuisance.ts';
import { clamp } from './numeric.ts';

/**
 * What camera and file do to the light: blur, exposure, gamma, contrast, saturation, noise, block compression, 8 bits.
 * `picture` holds linear RGB per pixel and is overwritten.
 */
export function photograph(
  picture: Float32Array,
  width: number,
  height: number,
  { photograph: settings }: Nuisance,
  noiseKey: number,
): Uint8Array {
  blur(picture, width, height, settings.blur * width);
  const pixels = width * height;
  for (let p = 0; p < pixels; p++) {
    const at = 3 * p;
    // A shoulder x (1 + s) / (1 + s x) keeps highlights from burning out.
    for (let c = 0; c < 3; c++) {
      const x = picture[at + c]! * settings.exposure;
      picture[at + c] = Math.sqrt((x * 1.3) / (1 + 0.3 * x));
    }
    const grey = 0.3 * picture[at]! + 0.59 * picture[at + 1]! + 0.11 * picture[at + 2]!;
    // Three 10-bit numbers from one hash; the brightness noise is common to the channels.
    const hash = hash32(noiseKey, p);
    const noise = settings.noise * 1.7 * symmetric(hash32(noiseKey, p, 1));
    for (let c = 0; c < 3; c++) {
      const coloured = grey + (picture[at + c]! - grey) * settings.saturation;
      const chroma = settings.noise * 1.2 * (((hash >>> (10 * c)) & 1023) / 1023 - 0.5);
      picture[at + c] = 0.5 + (coloured - 0.5) * settings.contrast + noise + chroma;
    }
  }
  if (settings.compression > 0.01) compressBlocks(picture, width, height, settings.compression);
  const bytes = new Uint8Array(pixels * 3);
  for (let i = 0; i < bytes.length; i++) bytes[i] = clamp(Math.round(picture[i]! * 255), 0, 255);
  return bytes;
}

/** A triangular number in (-1, 1) (deviation 0.41) from the two halves of a hash. */
function symmetric(hash: number): number {
  return ((hash & 0xffff) - (hash >>> 16)) / 65536;
}

/** Separable blur of the given radius in pixels with the weights (1 - (d / (radius + 1))²)²; the border is repeated. */
function blur(picture: Float32Array, width: number, height: number, radius: number): void {
  if (radius < 0.15) return;
  const reach = Math.ceil(radius);
  const weights: number[] = [];
  let total = 0;
  for (let d = -reach; d <= reach; d++) {
    const k = Math.max(0, 1 - (d / (radius + 0.6)) ** 2);
    weights.push(k * k);
    total += k * k;
  }
  const line = new Float32Array(Math.max(width, height) + 2 * reach);
  const pass = (start: number, step: number, count: number): void => {
    for (let i = -reach; i < count + reach; i++)
      line[i + reach] = picture[start + step * clamp(i, 0, count - 1)]!;
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * line[i + k]!;
      picture[start + step * i] = sum / total;
    }
  };
  for (let c = 0; c < 3; c++) {
    for (let row = 0; row < height; row++) pass(row * width * 3 + c, 3, width);
    for (let column = 0; column < width; column++) pass(column * 3 + c, width * 3, height);
  }
}
