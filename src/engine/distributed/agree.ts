import { UsageError } from '../../common/errors.ts';
import { showValue } from '../../common/show-value.ts';
import type { Communicator } from './communicator.ts';

/**
 * Checks that all ranks hold the same value: a version, a digest of a configuration. All ranks must call it.
 *
 * @param name for the sentence, such as `the version of normface`
 * @throws UsageError on all ranks, with each value and the ranks that hold it
 */
export async function agree(communicator: Communicator, name: string, value: string): Promise<void> {
  const bytes = new TextEncoder().encode(value);
  const counts = new Int32Array(communicator.size);
  await communicator.allGather(Int32Array.of(bytes.length), counts);
  const all = new Uint8Array(counts.reduce((sum, count) => sum + count, 0));
  await communicator.allGather(bytes, all, counts);

  const ranksByValue = new Map<string, number[]>();
  let start = 0;
  for (const [rank, count] of counts.entries()) {
    const held = new TextDecoder().decode(all.subarray(start, start + count));
    ranksByValue.set(held, [...(ranksByValue.get(held) ?? []), rank]);
    start += count;
  }
  if (ranksByValue.size === 1) return;
  const texts = [...ranksByValue].map(([held, ranks]) => `${showValue(held)} on ${ranksText(ranks)}`);
  throw new UsageError(`${name} must be the same on all ranks, but it is ${texts.join(', and ')}`);
}

/** The first ones: `rank 3`, `ranks 0, 1, 2 and 61 more` */
function ranksText(ranks: readonly number[]): string {
  if (ranks.length === 1) return `rank ${ranks[0]}`;
  const shown = ranks.slice(0, 8).join(', ');
  return `ranks ${shown}${ranks.length > 8 ? ` and ${ranks.length - 8} more` : ''}`;
}
