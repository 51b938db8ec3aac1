/** `normface embed`: the features of images, in a safetensors file. */

import fs from 'node:fs';
import type { Dataset, Sample } from '../data/dataset.ts';
import { isGenerated } from '../data/generated-dataset.ts';
import { isMnist } from '../data/mnist.node.ts';
import { openDataset } from '../data/open.node.ts';
import { UserError } from '../errors.ts';
import type { MergeName } from '../evaluation/merge.ts';
import { findWeights } from '../training/checkpoint.node.ts';
import { replaceFile } from '../training/files.node.ts';
import { encodeSafetensors, float32Tensor } from '../training/safetensors.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';

interface EmbedOptions {
  readonly checkpoint: string;
  readonly out: string;
  readonly merge: MergeName;
  readonly batch: number;
}

export async function embed(context: Context, named: readonly string[], options: EmbedOptions) {
  const { out, merge, batch } = options;
  const weightsFile = findWeights(options.checkpoint);
  const dataset = await imageList(named);
  const device = await context.openDevice();
  const indices = Uint32Array.from(dataset.samples, (_, index) => index);
  const { values, dimension } = await embedImages(context, device, weightsFile, dataset, indices, {
    merge,
    batch,
  });
  const shape = [indices.length, dimension];
  const images = dataset.samples.map(({ key }) => key);
  const metadata = { checkpoint: weightsFile, merge, images: JSON.stringify(images) };
  replaceFile(out, encodeSafetensors(new Map([['features', float32Tensor(values, shape)]]), metadata));
  context.say(`${out}: features of ${indices.length} images, ${dimension} numbers each (${merge})`);
  return { file: out, images: indices.length, dimension, merge };
}

/** The images as one data set, in the order they were named. @throws UserError */
export async function imageList(named: readonly string[]): Promise<Dataset> {
  const samples: Sample[] = [];
  for (const path of named) {
    if (isGenerated(path) || isMnist(path) || path.endsWith('.tar') || isFolder(path)) {
      const { name, samples: inside } = await openDataset(path);
      for (const { key, source } of inside) samples.push({ identity: 0, key: `${name}/${key}`, source });
    } else {
      if (!fs.existsSync(path)) throw new UserError(`there is no image ${path}`);
      samples.push({ identity: 0, key: path, source: { kind: 'file', path } });
    }
  }
  return { name: 'the given images', identities: ['image'], samples };
}

function isFolder(path: string): boolean {
  return fs.existsSync(path) && fs.statSync(path).isDirectory();
}
