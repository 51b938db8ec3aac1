/** `normface embed`: the features of images, in a file. */

import fs from 'node:fs';
import path from 'node:path';
import { UsageError, UserError } from '../common/errors.ts';
import { replaceFile } from '../common/files.node.ts';
import { countText } from '../common/format.ts';
import type { Dataset, Remark, Sample } from '../normface/data/dataset.ts';
import { isDataset, openDataset } from '../normface/data/open.node.ts';
import {
  againstQuality,
  type QualityColumns,
  qualityColumns,
  qualityTexts,
} from '../normface/embedding/quality.ts';
import { checkLengths, type Features } from '../normface/evaluation/features.ts';
import type { MergeName } from '../normface/evaluation/merge.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { encodeSafetensors, float32Tensor } from '../normface/training/checkpoint/safetensors.ts';
import { type AlignedImages, alignImages, noFaceText, wantedDetector } from './aligned-images.node.ts';
import { trainedOn } from './checkpoint-run.node.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';
import { checkNewFile, filesOf } from './output-file.node.ts';
import { imageSizes, provenance, type Suitability, suitability } from './suitability.node.ts';

interface EmbedOptions {
  readonly checkpoint: string;
  readonly out: string;
  readonly merge: MergeName;
  readonly batch: number;
  readonly align?: boolean;
  readonly detector?: string;
  readonly force?: boolean;
}

/** Images whose sizes are looked at. */
const sampled = 32;

export async function embed(context: Context, named: readonly string[], options: EmbedOptions) {
  const { out, merge, batch } = options;
  const encode = encoderOf(out);
  const detector = wantedDetector(options);
  const weightsFile = findWeights(options.checkpoint);
  const dataset = await imageList(named);
  checkNewFile(out, options.force, [weightsFile, ...filesOf(dataset)]);
  const device = await context.openDevice();
  const all = Uint32Array.from(dataset.samples.keys());
  let judged: Suitability | undefined;
  let aligned: AlignedImages | undefined;
  const features = await embedImages(context, device, weightsFile, dataset, all, {
    merge,
    batch,
    prepare: async (embedder) => {
      if (detector) aligned = await alignImages(context, device, dataset, embedder, detector);
      if (aligned?.dataset.samples.length === 0) throw new UserError(noFaceText(aligned.noFace));
      const looked = Math.min(all.length, sampled);
      const spread = Array.from({ length: looked }, (_, i) => Math.floor((i * all.length) / looked));
      const sizes = await imageSizes(dataset, spread);
      judged = suitability(sizes, embedder, trainedOn(weightsFile), aligned?.alignment);
      if (!aligned) return { dataset, indices: all };
      return { dataset: aligned.dataset, indices: all.subarray(0, aligned.dataset.samples.length) };
    },
  }).finally(() => aligned?.remove());
  checkLengths(features);
  const { samples } = aligned?.dataset ?? dataset;
  const images = samples.map(({ key }) => key);
  const noFace = aligned?.noFace ?? [];
  if (noFace.length > 0) context.warn(noFaceText(noFace));
  const columns = qualityColumns(samples);
  replaceFile(out, encode({ features, images, columns }, { checkpoint: weightsFile, merge }));
  const { dimension } = features;
  context.say(
    `${out}: features of ${countText(images.length, 'image')}, ${dimension} numbers each (${merge})`,
  );
  context.say(`the net was ${provenance(judged!)}`);
  const quality = againstQuality(features, columns);
  for (const line of qualityTexts(quality, images.length)) context.say(line);
  for (const warning of judged!.warnings) context.warn(warning);
  return {
    ...{ file: out, images: images.length, dimension, merge, noFace, ...judged },
    ...(Object.keys(quality).length > 0 && { quality }),
  };
}

/** Features with the names of their images and what is known of the quality of each. */
interface Embedded {
  readonly features: Features;
  readonly images: readonly string[];
  readonly columns: QualityColumns;
}

type Encoder = (embedded: Embedded, about: Readonly<Record<string, string>>) => Uint8Array | string;

/** How a file with this ending is written. @throws UsageError for an ending that is not written */
function encoderOf(out: string): Encoder {
  const ending = path.extname(out).toLowerCase();
  if (ending === '.safetensors') return safetensors;
  if (ending === '.csv') return csv;
  throw new UsageError(`--out ${out}: the name must end in .safetensors or .csv`);
}

/** `features` [n, dimension], and `blur` and `detail` [n] where they are known. */
const safetensors: Encoder = ({ features: { values, dimension }, images, columns }, about) => {
  const tensors = new Map([['features', float32Tensor(values, [images.length, dimension])]]);
  for (const [key, column] of Object.entries(columns))
    tensors.set(key, float32Tensor(Float32Array.from(column), [images.length]));
  return encodeSafetensors(tensors, { ...about, images: JSON.stringify(images) });
};

/** A line `image,1,2,…` of names, then one for each image; `blur` and `detail` after the image where they are known. */
const csv: Encoder = ({ features: { values, dimension }, images, columns }) => {
  const numbers = Array.from({ length: dimension }, (_, i) => String(i + 1));
  const header = ['image', ...Object.keys(columns), ...numbers];
  const rows = images.map((image, row) => [
    quoted(image),
    ...Object.values(columns).map((column) => String(column[row])),
    ...Array.from(values.subarray(row * dimension, (row + 1) * dimension), exact),
  ]);
  return [header, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
};

/** A cell of RFC 4180. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Nine significant digits tell every 32-bit number from its neighbours. */
const exact = (value: number): string => String(Number(value.toPrecision(9)));

/** The images as one data set, in the order they were named. @throws UserError */
export async function imageList(named: readonly string[]): Promise<Dataset> {
  const samples: Sample[] = [];
  const remarks: Remark[] = [];
  for (const image of named) {
    if (await isDataset(image)) {
      const { name, samples: inside, remarks: said = [] } = await openDataset(image);
      remarks.push(...said);
      for (const { key, source } of inside) samples.push({ identity: 0, key: `${name}/${key}`, source });
    } else {
      if (!fs.existsSync(image)) throw new UserError(`there is no image ${image}`);
      samples.push({ identity: 0, key: image, source: { kind: 'file', path: image } });
    }
  }
  return { name: 'the given images', identities: ['image'], samples, remarks };
}
