import { createHash } from 'node:crypto';
import type { EvaluationSet } from './evaluation-set.node.ts';

/**
 * Checksum of pairs, whole: SHA-256 of a line `fold, 1 or 0, image, image` for each, separated by tabs and ended by a line feed, in the
 * order of the list. Images are called as in the data set, without the ending of their names: the same list has the same checksum
 * whatever format it is in, and whether images are stored as JPEG or PNG.
 */
export function pairsSha256({
  dataset,
  indices,
  pairs,
}: Pick<EvaluationSet, 'dataset' | 'indices' | 'pairs'>): string {
  const name = (row: number) => dataset.samples[indices[row]!]!.key.replace(/\.[^./]+$/, '');
  const hash = createHash('sha256');
  // Many lines at once, which is faster.
  let text = '';
  pairs.a.forEach((a, k) => {
    text += `${pairs.fold[k]}\t${pairs.same[k]}\t${name(a)}\t${name(pairs.b[k]!)}\n`;
    if (text.length < 2 ** 16) return;
    hash.update(text);
    text = '';
  });
  return hash.update(text).digest('hex');
}
