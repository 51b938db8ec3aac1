import { hash32 } from '../../engine/core/random.ts';
import type { PairList } from './pairs.ts';

/** Separates this use of a seed from all others. */
const stream = 0x73616d70;

/**
 * About `count` of the pairs, drawn without replacement: the same share of each kind in every fold, at least one, in the order of the
 * list. All of them where there are no more. The same seed gives the same pairs.
 *
 * @returns their places in the list, ascending
 */
export function samplePairs({ same, fold }: PairList, count: number, seed: number): number[] {
  const total = same.length;
  if (count >= total) return Array.from(same.keys());
  const groups = new Map<string, number[]>();
  for (let pair = 0; pair < total; pair++) {
    const name = `${fold[pair]} ${same[pair]}`;
    const group = groups.get(name);
    if (group) group.push(pair);
    else groups.set(name, [pair]);
  }
  const chosen = [...groups.values()].flatMap((group) => {
    const wanted = Math.max(1, Math.round((count * group.length) / total));
    // Those with the smallest numbers of a hash: a random subset that no other group has a say in.
    return group
      .map((pair) => ({ pair, key: hash32(seed, stream, pair) }))
      .sort((p, q) => p.key - q.key || p.pair - q.pair)
      .slice(0, wanted)
      .map(({ pair }) => pair);
  });
  return chosen.sort((p, q) => p - q);
}

/** Some pairs of a list. @param chosen their places */
export function pairsAt({ a, b, same, fold }: PairList, chosen: readonly number[]): PairList {
  return {
    a: Uint32Array.from(chosen, (pair) => a[pair]!),
    b: Uint32Array.from(chosen, (pair) => b[pair]!),
    same: Uint8Array.from(chosen, (pair) => same[pair]!),
    fold: Uint32Array.from(chosen, (pair) => fold[pair]!),
  };
}
