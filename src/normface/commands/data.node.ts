/** `normface data …`: look at a data set before training on it. */

import { countText } from '../../inspector/profile/format.ts';
import { type Dataset, samplesByIdentity } from '../data/dataset.ts';
import { ImageStore } from '../data/image-store.node.ts';
import { loadImages } from '../data/loader.node.ts';
import { openDataset } from '../data/open.node.ts';
import { readPairs } from '../data/pairs.node.ts';
import { resolvePairs } from '../data/pairs.ts';
import { writePreview } from '../data/preview.node.ts';
import type { Context } from './context.node.ts';

interface PreviewCommandOptions {
  readonly out: string;
  readonly rows: number;
  readonly columns: number;
  readonly seed: number;
}

export async function preview(context: Context, path: string, options: PreviewCommandOptions) {
  const dataset = await openDataset(path);
  const shown = await writePreview(dataset, options.out, {
    ...options,
    onCorrupt: (name, reason) => context.warn(`cannot read the image ${name}: ${reason}`),
  });
  context.say(
    `${options.out}: ${countText(shown.identities.length, 'person', 'people')}, ${shown.width} × ${shown.height} pixels`,
  );
  return { file: options.out, ...shown };
}

export async function info(context: Context, path: string) {
  const counts = describe(await openDataset(path));
  tell(context, counts);
  return counts;
}

export async function check(context: Context, path: string, { pairs }: { pairs?: string }) {
  const dataset = await openDataset(path);
  const counts = describe(dataset);
  tell(context, counts);
  const resolved = pairs === undefined ? null : resolvePairs(await readPairs(pairs), dataset).length;
  if (resolved !== null)
    context.say(`${pairs}: ${countText(resolved, 'pair')}, all of images that are there`);
  const corrupt = await unreadableImages(context, dataset);
  context.say(
    corrupt.length === 0 ? 'every image can be read' : `${countText(corrupt.length, 'image')} cannot be read`,
  );
  if (corrupt.length > 0) context.exitCode = 1;
  return { ...counts, pairs: resolved, corrupt };
}

function describe(dataset: Dataset) {
  const sizes = samplesByIdentity(dataset)
    .map((group) => group.length)
    .sort((a, b) => a - b);
  const atLeast = (minimum: number) => {
    const kept = sizes.filter((size) => size >= minimum);
    return { minimum, identities: kept.length, images: kept.reduce((sum, size) => sum + size, 0) };
  };
  return {
    name: dataset.name,
    identities: sizes.length,
    images: dataset.samples.length,
    imagesPerIdentity: {
      least: sizes[0],
      median: sizes[Math.floor(sizes.length / 2)],
      most: sizes[sizes.length - 1],
    },
    withAtLeast: [2, 5, 10, 20].map(atLeast),
  };
}

function tell(context: Context, counts: ReturnType<typeof describe>): void {
  const { least, median, most } = counts.imagesPerIdentity;
  context.say(
    `${counts.name}: ${countText(counts.images, 'image')} of ${countText(counts.identities, 'person', 'people')}`,
  );
  context.say(`images a person: ${least} to ${most}, median ${median}`);
  for (const { minimum, identities, images } of counts.withAtLeast)
    context.say(
      `with ${minimum} or more: ${countText(identities, 'person', 'people')}, ${countText(images, 'image')}`,
    );
}

/** Decodes everything; nothing is kept in memory. */
async function unreadableImages(context: Context, dataset: Dataset) {
  const corrupt: { name: string; reason: string }[] = [];
  const store = new ImageStore(dataset, {
    width: 112,
    height: 112,
    cacheBytes: 0,
    onCorrupt: (name, reason) => {
      corrupt.push({ name, reason });
      context.warn(`cannot read the image ${name}: ${reason}`);
    },
  });
  try {
    const indices = Uint32Array.from(dataset.samples, (_, index) => index);
    for await (const _ of loadImages(store, indices, 64));
  } finally {
    await store.close();
  }
  return corrupt;
}
