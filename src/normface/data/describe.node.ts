/** What a data set holds, in numbers. */

import { type Dataset, type OwnPairs, type Source, samplesByIdentity } from './dataset.ts';
import { headerSize } from './images/header-size.node.ts';
import type { ImageSize } from './images/image.ts';
import { imageFormat } from './images/image-format.ts';
import { withStored } from './images/large-images.node.ts';
import { endingOf } from './recognise.node.ts';

/** Images whose size is looked up, evenly spread: enough to see of what kind a data set is. */
const mostMeasured = 200;

/** Images that are in memory at once while their sizes are looked up. */
const measuredAtOnce = 16;

/** Numbers of people and images, and of how many people there are how many images; of a data set that tells pairs only, of these. */
export function describeDataset(dataset: Dataset) {
  return {
    name: dataset.name,
    images: dataset.samples.length,
    ...(dataset.pairs ? { ...noPeople, ownPairs: pairNumbers(dataset.pairs) } : peopleNumbers(dataset)),
    endings: tally(dataset.samples.filter(isStored).map(({ key }) => endingOf(key) || 'none')),
    remarks: dataset.remarks ?? [],
  };
}

const noPeople = { identities: null, imagesPerIdentity: null, withAtLeast: [] };

function pairNumbers({ pairs, folds }: OwnPairs) {
  return { count: pairs.length, same: pairs.filter(({ same }) => same).length, folds };
}

function peopleNumbers(dataset: Dataset) {
  const counts = samplesByIdentity(dataset)
    .map((group) => group.length)
    .sort((a, b) => a - b);
  const atLeast = (minimum: number) => {
    const kept = counts.filter((count) => count >= minimum);
    return { minimum, identities: kept.length, images: kept.reduce((sum, count) => sum + count, 0) };
  };
  return {
    identities: counts.length,
    imagesPerIdentity: {
      least: counts[0],
      median: counts[Math.floor(counts.length / 2)],
      most: counts[counts.length - 1],
    },
    withAtLeast: [2, 5, 10, 20].map(atLeast),
    ownPairs: null,
  };
}

/** Sizes `width × height` in pixels, the most frequent first, of {@link measuredSizes}. */
export async function sizesOf(dataset: Dataset): Promise<{ measured: number; sizes: Tally }> {
  const known = await measuredSizes(dataset);
  return { measured: known.length, sizes: tally(known.map(({ width, height }) => `${width} × ${height}`)) };
}

/** Sizes of some images spread over the data set; only their headers are read, and what cannot be read is left out. */
export async function measuredSizes({ samples }: Dataset): Promise<ImageSize[]> {
  const count = Math.min(mostMeasured, samples.length);
  const chosen = Array.from(
    { length: count },
    (_, k) => samples[Math.floor((k * samples.length) / count)]!.source,
  );
  const known: ImageSize[] = [];
  for (let start = 0; start < count; start += measuredAtOnce) {
    const some = chosen.slice(start, start + measuredAtOnce);
    const sizes = await Promise.all(some.map((source) => sizeOf(source).catch(() => undefined)));
    known.push(...sizes.filter((size) => size !== undefined));
  }
  return known;
}

/** How often each text occurs, the most frequent first. */
type Tally = readonly { readonly what: string; readonly count: number }[];

function tally(texts: readonly string[]): Tally {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([what, count]) => ({ what, count })).sort((a, b) => b.count - a.count);
}

function isStored({ source }: { readonly source: Source }): boolean {
  return source.kind !== 'grey' && source.kind !== 'generated';
}

/** Upright size of an image by its header; undefined for generated ones, which have any size. @throws Error */
export async function sizeOf(source: Source): Promise<ImageSize | undefined> {
  if (source.kind === 'generated') return undefined;
  if (source.kind === 'grey') return { width: source.width, height: source.height };
  return withStored(source, imageFormat, headerSize);
}
