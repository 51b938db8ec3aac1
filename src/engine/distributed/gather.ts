import type { Communicator } from './communicator.ts';

/** Some bytes of every rank, as many as it likes; on all ranks they come back by rank. */
export async function gatherBytes(ranks: Communicator, own: Uint8Array): Promise<Uint8Array[]> {
  const lengths = new Int32Array(ranks.size);
  await ranks.allGather(Int32Array.of(own.length), lengths);
  const all = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  await ranks.allGather(own, all, lengths);
  let end = 0;
  return Array.from(lengths, (length) => {
    end += length;
    return all.slice(end - length, end);
  });
}
