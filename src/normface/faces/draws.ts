import { hash32 } from '../../engine/core/random.ts';

/** What a stream of random numbers is for, so that the streams of one face never share numbers. */
export const STREAM = { identity: 0x1d, nuisance: 0x2e, sensor: 0x3f, texture: 0x40, quality: 0x51 } as const;

/** Key of the numbers of (seed, stream, identity, sample). For one seed and stream no two identities share a key. */
export function drawKey(seed: number, stream: number, identity: number, sample = 0): number {
  const seedWord = hash32(seed >>> 0, Math.floor(seed / 2 ** 32));
  return hash32(seedWord, stream, identity, sample);
}

/** Random numbers in a fixed order from one key. */
export class Draws {
  private readonly key: number;
  private counter = 0;

  constructor(key: number) {
    this.key = key;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return (hash32(this.key, this.counter++) >>> 8) * 2 ** -24;
  }

  range(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Nearly normal and bounded to 3.5 deviations: a sum of four uniforms (Irwin-Hall), so no monster faces. */
  normal(mean = 0, deviation = 1): number {
    const sum = this.uniform() + this.uniform() + this.uniform() + this.uniform();
    return mean + deviation * (sum - 2) * 1.7320508075688772;
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }
}
