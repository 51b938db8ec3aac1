/** How well features tell people apart, by the pairs of held-out pictures: a threshold for them, as `normface eval` keeps one. */

import { recordThreshold, type StoredThreshold } from '../../normface/embedding/stored-threshold.ts';
import { cosineScores } from '../../normface/evaluation/similarity.ts';
import { bestThreshold, splitScores } from '../../normface/evaluation/threshold.ts';
import type { Embedding } from './embedding.ts';

/** @param data what the pictures are called @throws UserError where there are no pairs of both kinds, or a feature is NaN */
export function judge(embedding: Embedding, data: string): StoredThreshold {
  const { features, dimension, labels, heldOut, step } = embedding;
  const pictures = Array.from(heldOut.keys()).filter((i) => heldOut[i]);
  const all = pictures.flatMap((a, k) => pictures.slice(k + 1).map((b) => [a, b] as const));
  const same = all.filter(([a, b]) => labels[a] === labels[b]);
  const others = all.filter(([a, b]) => labels[a] !== labels[b]);
  // As many of either kind, evenly out of all: else rejecting everything would be right nine times in ten.
  const stride = Math.max(1, others.length / Math.max(1, same.length));
  const different = Array.from(
    { length: Math.min(same.length, others.length) },
    (_, i) => others[Math.floor(i * stride)]!,
  );
  const chosen = [...same, ...different];
  const pairs = {
    a: Uint32Array.from(chosen, ([a]) => a),
    b: Uint32Array.from(chosen, ([, b]) => b),
    same: Uint8Array.from(chosen, (_, i) => (i < same.length ? 1 : 0)),
    fold: new Uint32Array(chosen.length),
  };
  const split = splitScores(cosineScores({ values: features, dimension }, pairs), pairs.same);
  return recordThreshold(split, bestThreshold(split).threshold, {
    merge: 'front',
    rule: 'best-threshold',
    data,
    pairs: `${chosen.length} pairs of held-out pictures at step ${step}`,
  });
}
