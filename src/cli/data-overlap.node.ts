/** `normface data overlap`: who and what two data sets have in common. */

import { UsageError } from '../common/errors.ts';
import { countText, grouped } from '../common/format.ts';
import { type Dataset, peopleOf, warningsOf } from '../normface/data/dataset.ts';
import { damagedText } from '../normface/data/images/damaged-image.node.ts';
import { DecodePool } from '../normface/data/images/worker-pool.node.ts';
import { hashBits } from '../normface/data/overlap/difference-hash.ts';
import {
  differenceHashes,
  fileHashes,
  type ImagePair,
  type OnImages,
  type SameFiles,
  sameFiles,
} from '../normface/data/overlap/image-overlap.node.ts';
import { isNumber, sharedNames } from '../normface/data/overlap/names.ts';
import { mostDistance } from '../normface/data/overlap/near-hashes.ts';
import { nearImages } from '../normface/data/overlap/near-images.ts';
import type { MergeName } from '../normface/evaluation/merge.ts';
import { nearFeatures } from '../normface/evaluation/near-features.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';
import { openWithStage } from './open-data.node.ts';

interface OverlapOptions {
  readonly checkpoint?: string;
  readonly threshold?: number;
  readonly distance: number;
  readonly merge: MergeName;
  readonly batch: number;
}

/** Cosine above which two images count as nearly the same when none is given. */
const defaultThreshold = 0.9;

/** Examples of each kind that are shown to people, and that `--json` has. */
const shown = 5;
const mostListed = 100_000;

export async function overlap(context: Context, first: string, second: string, options: OverlapOptions) {
  const { checkpoint, distance, threshold = defaultThreshold } = options;
  if (distance > mostDistance)
    throw new UsageError(`--distance must be 0 to ${mostDistance}, not ${distance}`);
  if (options.threshold !== undefined && checkpoint === undefined)
    throw new UsageError('--threshold is a cosine of features: name a net with --checkpoint');
  const weightsFile = checkpoint === undefined ? undefined : findWeights(checkpoint);
  const a = await openWithStage(context, first);
  const b = await openWithStage(context, second);
  for (const dataset of [a, b]) for (const warning of warningsOf(dataset)) context.warn(warning);

  const unnamed = [a, b].filter((dataset) => !peopleOf(dataset));
  const names = sharedNames(peopleOf(a) ?? [], peopleOf(b) ?? []);
  const areNumbers = names.length > 0 && names.every(({ a: name }) => isNumber(name));
  if (unnamed.length === 0)
    tell(
      context,
      'people of the same name',
      names.map(({ a: own, b: other }) => [own, other]),
    );
  for (const { name } of unnamed) context.say(`people: ${name} does not tell who is on its images`);
  if (areNumbers)
    context.say('  these names are numbers: whether they mean the same people only their sources tell');

  const { files, similar } = await imagesInCommon(context, a, b, distance);
  const named = (pairs: readonly ImagePair[]) =>
    pairs
      .slice(0, mostListed)
      .map((pair) => ({ ...pair, a: a.samples[pair.a]!.key, b: b.samples[pair.b]!.key }));
  const identical = named(files.pairs);
  tell(
    context,
    'identical files',
    identical.map(({ a: own, b: other }) => [own, other]),
    files.inA,
    files.inA > 0 ? inBoth(files, a, b) : undefined,
  );
  const near = named(similar) as { a: string; b: string; distance: number }[];
  tell(
    context,
    `images that look like another file of ${b.name} (difference hash, at most ${distance} of ${hashBits} bits differ)`,
    near.map(({ a: own, b: other, distance: bits }) => [own, other, `${bits} bits`]),
    similar.length,
    similar.length > 0 ? `${grouped(similar.length)} of ${a.name}` : undefined,
  );

  const features = weightsFile
    ? await similarFeatures(context, weightsFile, a, b, threshold, options)
    : undefined;
  const alike = features && {
    threshold,
    count: features.count,
    pairs: named(features.pairs) as { a: string; b: string; cosine: number }[],
  };
  if (alike)
    tell(
      context,
      `pairs of images with a cosine above ${threshold}`,
      alike.pairs.map(({ a: own, b: other, cosine }) => [own, other, cosine.toFixed(3)]),
      alike.count,
    );
  return {
    a: { name: a.name, identities: peopleOf(a)?.length ?? null, images: a.samples.length },
    b: { name: b.name, identities: peopleOf(b)?.length ?? null, images: b.samples.length },
    names,
    identicalFiles: { a: files.inA, b: files.inB, different: files.files },
    identical,
    nearImages: similar.length,
    near,
    features: alike ?? null,
  };
}

/** Prints how many there are and the first few. */
function tell(
  context: Context,
  what: string,
  pairs: readonly (readonly [string, string, string?])[],
  count = pairs.length,
  counted = grouped(count),
): void {
  context.say(`${what}: ${counted}`);
  for (const [a, b, remark] of pairs.slice(0, shown))
    context.say(`  ${a} = ${b}${remark ? ` (${remark})` : ''}`);
  if (count > shown) context.say(`  and ${grouped(count - shown)} more`);
}

/** `3 of casia are also in lfw (4 images there, 2 different files)`. */
function inBoth({ inA, inB, files }: SameFiles, a: Dataset, b: Dataset): string {
  const inOther = inB === inA ? '' : `${countText(inB, 'image')} there`;
  const different = files === inA ? '' : countText(files, 'different file');
  const more = [inOther, different].filter((text) => text !== '').join(', ');
  return `${grouped(inA)} of ${a.name} ${inA === 1 ? 'is' : 'are'} also in ${b.name}${more && ` (${more})`}`;
}

/** Images of the first data set that are the same file in the second, and those that look like another file of it. */
async function imagesInCommon(context: Context, a: Dataset, b: Dataset, distance: number) {
  const pool = new DecodePool();
  const stage = context.stage('comparing images');
  const counter =
    (what: string, { name, samples }: Dataset): OnImages =>
    (done) =>
      stage.rename(`${what} ${name}: ${grouped(done)} of ${countText(samples.length, 'image')}`);
  try {
    const [hashesA, hashesB] = [
      await fileHashes(a, counter('reading', a)),
      await fileHashes(b, counter('reading', b)),
    ];
    const files = sameFiles(hashesA, hashesB);
    const look = (dataset: Dataset) =>
      differenceHashes(dataset, pool, {
        onImages: counter('decoding', dataset),
        onCorrupt: (name, reason) =>
          context.warn(`${dataset.name}: cannot read the image ${name}: ${reason}`),
        onDamaged: (name, reason) => context.warn(`${dataset.name}: ${damagedText(name, reason)}`),
      });
    const [looksA, looksB] = [await look(a), await look(b)];
    const similar = nearImages([looksA, hashesA], [looksB, hashesB], distance);
    return { files, similar };
  } finally {
    stage.end();
    await pool.close();
  }
}

async function similarFeatures(
  context: Context,
  weightsFile: string,
  a: Dataset,
  b: Dataset,
  threshold: number,
  { merge, batch }: OverlapOptions,
) {
  const device = await context.openDevice();
  const featuresOf = (dataset: Dataset) =>
    embedImages(context, device, weightsFile, dataset, Uint32Array.from(dataset.samples.keys()), {
      merge,
      batch,
    });
  return nearFeatures(device, await featuresOf(a), await featuresOf(b), threshold);
}
