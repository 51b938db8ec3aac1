import { hash32, normal01 } from '../../../src/engine/core/random.ts';
import type { Features } from '../../../src/normface/evaluation/features.ts';
import type { PairList } from '../../../src/normface/evaluation/pairs.ts';

export function features(rows: readonly (readonly number[])[]): Features {
  return { values: Float32Array.from(rows.flat()), dimension: rows[0]!.length };
}

export function pairList(list: readonly { a: number; b: number; same: 0 | 1; fold: number }[]): PairList {
  return {
    a: Uint32Array.from(list, (pair) => pair.a),
    b: Uint32Array.from(list, (pair) => pair.b),
    same: Uint8Array.from(list, (pair) => pair.same),
    fold: Uint32Array.from(list, (pair) => pair.fold),
  };
}

/** Rows of four values whose cosine with row 0 is exactly 1, 0.5, 0, -0.5, -1 in floating point. */
export const exactRows = [
  [1, 0, 0, 0],
  [1, 1, 1, 1],
  [0, 1, 0, 0],
  [-1, 1, 1, 1],
  [-1, 0, 0, 0],
];

/** Pairs (0, b) of `exactRows`, given as [b, same] for each fold. */
export function exactPairs(folds: readonly (readonly (readonly [b: number, same: 0 | 1])[])[]): PairList {
  return pairList(folds.flatMap((fold, k) => fold.map(([b, same]) => ({ a: 0, b, same, fold: k + 1 }))));
}

/** Noisy features of `people` people with `each` rows, and random pairs of them in `folds` folds, half of them genuine. */
export function noisyFaces(options: {
  people: number;
  each: number;
  dimension: number;
  noise: number;
  seed: number;
}) {
  const { people, each, dimension, noise, seed } = options;
  const values = Float32Array.from({ length: people * each * dimension }, (_, k) => {
    const person = Math.floor(k / dimension / each);
    return normal01(seed, 1, person * dimension + (k % dimension)) + noise * normal01(seed, 2, k);
  });
  return { values, dimension } satisfies Features;
}

export function randomPairs(
  people: number,
  each: number,
  count: number,
  folds: number,
  seed: number,
): PairList {
  const pick = (stream: number, i: number, n: number) => hash32(seed, stream, i) % n;
  return pairList(
    Array.from({ length: count }, (_, i) => {
      const same = (i % 2) as 0 | 1;
      const person = pick(1, i, people);
      const other = same ? person : (person + 1 + pick(2, i, people - 1)) % people;
      const image = pick(3, i, each);
      return {
        a: person * each + image,
        b: other * each + ((image + 1 + pick(4, i, each - 1)) % each),
        same,
        fold: 1 + Math.floor((i * folds) / count),
      };
    }),
  );
}
