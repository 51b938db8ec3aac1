/** What judges a net, told apart from other images and pairs. */

import type { Dataset } from '../../data/dataset.ts';
import type { EvaluationSet } from '../../embedding/evaluation-set.node.ts';
import type { PairList } from '../../evaluation/pairs.ts';
import { hashText } from '../../training/config/overrides.ts';
import { describeImageFiles } from '../../training/run/image-files.node.ts';
import type { Subject } from './job.ts';

/** Of data sets that were looked at already: there are thousands of images in one. */
const known = new WeakMap<Dataset, Promise<string>>();

/** Of the names and sizes of all images of a data set, and of what they are drawn from where they are generated. */
export function datasetFingerprint(dataset: Dataset): Promise<string> {
  const found = known.get(dataset) ?? describe(dataset);
  known.set(dataset, found);
  return found;
}

async function describe(dataset: Dataset): Promise<string> {
  const { sizes } = await describeImageFiles(dataset);
  const drawn = dataset.samples.flatMap(({ source }) => (source.kind === 'generated' ? [source] : []));
  return (drawn.length === 0 ? sizes : hashText(sizes + JSON.stringify(drawn))).slice(0, 16);
}

/** Fingerprints of pairs that were looked at already: hundreds of jobs ask for those of one set. */
const knownPairs = new WeakMap<PairList, Promise<string>>();

/** @param passes how often each image goes through the net: twice where its mirror image does too */
export async function pairsSubject(
  set: Pick<EvaluationSet, 'dataset' | 'indices' | 'pairs'>,
  passes: 1 | 2,
): Promise<Subject> {
  const found = knownPairs.get(set.pairs) ?? pairsFingerprint(set);
  knownPairs.set(set.pairs, found);
  return { fingerprint: await found, images: passes * set.indices.length };
}

async function pairsFingerprint({
  dataset,
  indices,
  pairs,
}: Pick<EvaluationSet, 'dataset' | 'indices' | 'pairs'>): Promise<string> {
  const names = Array.from(indices, (index) => dataset.samples[index]!.key).join('\n');
  const text = `${await datasetFingerprint(dataset)}\n${names}\n${pairsText(pairs)}`;
  return hashText(text);
}

export function pairsText({ a, b, same, fold }: PairList): string {
  return [a, b, same, fold].map((list) => list.join(' ')).join('\n');
}
