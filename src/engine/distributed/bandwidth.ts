import { type Communicator, ringBytes } from './communicator.ts';

/** How long all-reduces of one size took. */
export interface Bandwidth {
  /** Of the array. */
  readonly bytes: number;
  /** Median over the rounds of the time that the slowest rank took. */
  readonly milliseconds: number;
  /** What a rank sends by {@link ringBytes}, in that time; 0 for a rank alone. */
  readonly bytesPerSecond: number;
}

/** Sums per sample, a bucket of gradients, a large net: bytes of the arrays, and how often each is reduced. */
const usual = [
  { bytes: 32 * 2 ** 10, rounds: 30 },
  { bytes: 4 * 2 ** 20, rounds: 15 },
  { bytes: 40 * 2 ** 20, rounds: 5 },
] as const;

/** Times all-reduces of float32 of several sizes; all ranks must call it, and get the same numbers. */
export async function measureAllReduce(
  communicator: Communicator,
  sizes: readonly { readonly bytes: number; readonly rounds: number }[] = usual,
): Promise<Bandwidth[]> {
  const results: Bandwidth[] = [];
  for (const { bytes, rounds } of sizes) {
    const values = new Float32Array(bytes / 4);
    // The first one opens connections and touches memory.
    await communicator.allReduce(values);
    const times = new Float64Array(rounds);
    for (let round = 0; round < rounds; round++) {
      await communicator.barrier();
      const begin = performance.now();
      await communicator.allReduce(values);
      times[round] = performance.now() - begin;
    }
    await communicator.allReduce(times, 'max');
    const milliseconds = times.sort()[rounds >> 1]!;
    const sent = ringBytes('allReduce', values.byteLength, communicator.size);
    results.push({ bytes: values.byteLength, milliseconds, bytesPerSecond: sent / (milliseconds / 1000) });
  }
  return results;
}
