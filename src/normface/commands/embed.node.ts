/** `normface embed`: the features of images, in a safetensors file. */

import fs from 'node:fs';
import type { Dataset, Remark, Sample } from '../data/dataset.ts';
import { isDataset, openDataset } from '../data/open.node.ts';
import { UserError } from '../errors.ts';
import { type MergeName, mergeNames } from '../evaluation/merge.ts';
import { findWeights } from '../training/checkpoint.node.ts';
import { replaceFile } from '../training/files.node.ts';
import { encodeSafetensors, float32Tensor } from '../training/safetensors.ts';
import { type AddCommand, choice, examples, wholeNumber } from './command.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';

interface EmbedOptions {
  readonly checkpoint: string;
  readonly out: string;
  readonly merge: MergeName;
  readonly batch: number;
}

export const addEmbed: AddCommand = (program, run) => {
  program
    .command('embed')
    .description('write the raw features of images to a safetensors file')
    .argument(
      '<images...>',
      'image files, folders identity/image.jpg, archives of such (.tar, .tar.gz, .zip), or generated:…',
    )
    .requiredOption('-c, --checkpoint <checkpoint>', 'a run folder, a checkpoint folder or a weights file')
    .requiredOption('-o, --out <file.safetensors>', 'the file to write')
    .option(
      '--merge <name>',
      `how image and mirror image are merged: ${mergeNames.join(', ')}`,
      choice(mergeNames),
      'sum',
    )
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .addHelpText(
      'after',
      '\nThe file holds the tensor "features" [images, dimension], not normalised, and in its metadata the names of the images as\n' +
        'a JSON list under "images".\n' +
        examples(
          'normface embed a.jpg b.jpg --checkpoint runs/normface-001 --out features.safetensors',
          'normface embed faces.tar --checkpoint runs/normface-001 --out faces.safetensors --merge front',
        ),
    )
    .action(
      run((context: Context, images: string[], options: EmbedOptions) => embed(context, images, options)),
    );
};

async function embed(context: Context, named: readonly string[], options: EmbedOptions) {
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
  const remarks: Remark[] = [];
  for (const path of named) {
    if (await isDataset(path)) {
      const { name, samples: inside, remarks: said = [] } = await openDataset(path);
      remarks.push(...said);
      for (const { key, source } of inside) samples.push({ identity: 0, key: `${name}/${key}`, source });
    } else {
      if (!fs.existsSync(path)) throw new UserError(`there is no image ${path}`);
      samples.push({ identity: 0, key: path, source: { kind: 'file', path } });
    }
  }
  return { name: 'the given images', identities: ['image'], samples, remarks };
}
