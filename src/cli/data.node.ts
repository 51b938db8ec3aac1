/** `normface data …`: look at a data set before training on it. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../common/files.node.ts';
import { countText, grouped, percentText } from '../common/format.ts';
import {
  type ErrorSummary,
  farError,
  judgeErrors,
  unalignedSizes,
} from '../normface/alignment/judge-crops.ts';
import { landmarksName, readLandmarkFile } from '../normface/alignment/landmark-file.node.ts';
import { loadImages } from '../normface/data/batches/loader.node.ts';
import { type Dataset, remarkText } from '../normface/data/dataset.ts';
import { describeDataset, measuredSizes, sizesOf } from '../normface/data/describe.node.ts';
import { damagedText } from '../normface/data/images/damaged-image.node.ts';
import { ImageStore } from '../normface/data/images/image-store.node.ts';
import { readPairs } from '../normface/data/protocols/pairs.node.ts';
import { countedRemark, type Miss, matchPairs, pairsOfFolds } from '../normface/data/protocols/pairs.ts';
import type { Context } from './context.node.ts';
import { openWithStage } from './open-data.node.ts';

export async function info(context: Context, path: string) {
  const dataset = await openWithStage(context, path);
  const description = { ...describeDataset(dataset), ...(await sizesOf(dataset)) };
  tell(context, description);
  const { measured, sizes } = description;
  if (measured > 0) context.say(`sizes in pixels, of ${countText(measured, 'image')}: ${listed(sizes)}`);
  return description;
}

export async function check(context: Context, path: string, { pairs }: { pairs?: string }) {
  const dataset = await openWithStage(context, path);
  const description = describeDataset(dataset);
  tell(context, description);
  const match = pairs === undefined ? null : await checkPairs(context, dataset, pairs);
  const { corrupt, damaged } = await decodeAll(context, dataset);
  const alignment = await checkAlignment(context, dataset, path);
  const all = countText(dataset.samples.length, 'image');
  context.say(
    corrupt.length === 0
      ? `every one of the ${all} can be read`
      : `${corrupt.length} of the ${all} cannot be read`,
  );
  if (damaged.length > 0)
    context.say(`damaged and used as they can be read: ${countText(damaged.length, 'image')}`);
  if (corrupt.length > 0 || damaged.length > 0 || (match && match.misses.length > 0)) context.exitCode = 1;
  return {
    ...description,
    pairs: match?.found ?? null,
    misses: match?.misses ?? [],
    corrupt,
    damaged,
    alignment,
  };
}

function tell(context: Context, description: ReturnType<typeof describeDataset>): void {
  const { name, images, identities, imagesPerIdentity, ownPairs } = description;
  if (ownPairs) {
    const { count, same, folds } = ownPairs;
    context.say(
      `${name}: ${countText(images, 'image')} in ${countText(count, 'pair')}, ${grouped(same)} of the same person, in ${countText(folds, 'fold')}; it does not tell who is on them`,
    );
  } else {
    const { least, median, most } = imagesPerIdentity;
    context.say(`${name}: ${countText(images, 'image')} of ${countText(identities, 'person', 'people')}`);
    context.say(`images a person: ${least} to ${most}, median ${median}`);
  }
  for (const { minimum, ...kept } of description.withAtLeast)
    context.say(
      `with ${minimum} or more: ${countText(kept.identities, 'person', 'people')}, ${countText(kept.images, 'image')}`,
    );
  if (description.endings.length > 0)
    context.say(`endings, whatever the files hold: ${listed(description.endings)}`);
  for (const remark of description.remarks) context.say(remarkText(remark));
}

/** The first few of what was counted: `.jpg 500, .png 3`. */
function listed(tally: readonly { readonly what: string; readonly count: number }[]): string {
  const shown = tally.slice(0, 5).map(({ what, count }) => `${what} (${count})`);
  return shown.join(', ') + (tally.length > 5 ? ` and ${tally.length - 5} more` : '');
}

/** Misses shown of each kind. */
const shownMisses = 5;

/** Says which pairs can be compared, and the first people and images of each kind that cannot be told. */
async function checkPairs(context: Context, dataset: Dataset, file: string) {
  const list = await readPairs(file);
  const { pairs, misses, counted } = matchPairs(list, dataset);
  const remark = countedRemark(dataset, counted);
  if (remark) context.say(remark);
  const total = pairsOfFolds(list).length;
  if (misses.length === 0) context.say(`all ${total} pairs of ${list.name} name images that are there`);
  else context.say(`${total - pairs.length} of the ${total} pairs of ${list.name} cannot be compared`);
  const kinds: Record<Miss['kind'], string> = {
    person: 'people that are not there',
    image: 'images that are not there',
    ambiguous: 'numbers that several images have',
  };
  for (const [kind, what] of Object.entries(kinds)) {
    const found = misses.filter((miss) => miss.kind === kind);
    if (found.length > 0) context.say(`${what}: ${found.length}`);
    for (const { line, text } of found.slice(0, shownMisses)) context.say(`  line ${line}: ${text}`);
    if (found.length > shownMisses) context.say(`  and ${found.length - shownMisses} more`);
  }
  return { found: pairs.length, misses };
}

/** Names that are shown of crops whose points are far from the template. */
const shownCrops = 3;

/** Says whether images look like crops of a template: by their size, and by the points that `normface align` left beside them. */
async function checkAlignment(context: Context, dataset: Dataset, path: string) {
  const known = await measuredSizes(dataset);
  const measured = known.length;
  const { count, examples } = unalignedSizes(known);
  if (count > 0)
    context.say(
      `alignment: ${percentText(count / measured)} of the ${countText(measured, 'image')} looked at have no size of aligned crops (96 × 112, ` +
        `112 × 112 and multiples; width × height), such as ${examples[0]}; nets learn and compare faces in fixed places: \`normface align\` makes such crops`,
    );
  const file = join(path, landmarksName);
  let points: ErrorSummary | null = null;
  if (existsSync(file)) {
    try {
      const faces = [...readLandmarkFile(file).records.values()].flatMap((record) => record.faces);
      points = judgeErrors(faces.map(({ crop, error }) => ({ name: crop, error }))) ?? null;
    } catch (error) {
      context.warn(reasonOf(error));
    }
  }
  if (points) {
    const { median, far } = points;
    const more = far.length > shownCrops ? ' …' : '';
    context.say(
      `alignment: points lie ${median.toFixed(1)} pixels from the template in the median` +
        (far.length > 0
          ? `, and more than ${farError} in ${countText(far.length, 'crop')} (${far.slice(0, shownCrops).join(', ')}${more})`
          : ''),
    );
  }
  return { looked: measured, otherSizes: count, medianError: points?.median ?? null, far: points?.far ?? [] };
}

/** Decodes everything; nothing is kept in memory. @returns what cannot be read, and what is damaged and can */
async function decodeAll(context: Context, dataset: Dataset) {
  const corrupt: { name: string; reason: string }[] = [];
  const damaged: { name: string; reason: string }[] = [];
  const store = new ImageStore(dataset, {
    width: 112,
    height: 112,
    cacheBytes: 0,
    onCorrupt: (name, reason) => {
      corrupt.push({ name, reason });
      context.warn(`cannot read the image ${name}: ${reason}`);
    },
    onDamaged: (name, reason) => {
      damaged.push({ name, reason });
      context.warn(damagedText(name, reason));
    },
  });
  const stage = context.stage('decoding');
  let done = 0;
  try {
    const indices = Uint32Array.from(dataset.samples, (_, index) => index);
    for await (const batch of loadImages(store, indices, 64)) {
      done += batch.indices.length;
      stage.update(done, indices.length);
    }
  } finally {
    stage.end();
    await store.close();
  }
  return { corrupt, damaged };
}
