/** `normface data …`: look at a data set before training on it. */

import type { Command } from 'commander';
import { type Dataset, samplesByIdentity } from '../data/dataset.ts';
import { ImageStore } from '../data/image-store.node.ts';
import { loadImages } from '../data/loader.node.ts';
import { openDataset } from '../data/open.node.ts';
import { readPairs } from '../data/pairs.node.ts';
import { resolvePairs } from '../data/pairs.ts';
import { writePreview } from '../data/preview.node.ts';
import { type AddCommand, examples, type Runner, wholeNumber } from './command.ts';
import type { Context } from './context.node.ts';

const dataHelp =
  'a folder identity/image.jpg, a .tar of one, a folder of MNIST or mnist:FOLDER,first=0,count=8000, or ' +
  'generated:identities=200,samples=20,seed=1';

export const addData: AddCommand = (program, run) => {
  const data = program.command('data').description('look at a data set: preview, info, check');
  addPreview(data, run);
  addInfo(data, run);
  addCheck(data, run);
};

function addPreview(data: Command, run: Runner): void {
  data
    .command('preview')
    .description('write a contact sheet of some people of a data set as a PNG file')
    .argument('[data]', dataHelp, 'generated')
    .option('-o, --out <file.png>', 'the file to write', 'preview.png')
    .option('--rows <n>', 'people shown, one a row', wholeNumber(1), 8)
    .option('--columns <n>', 'images of each', wholeNumber(1), 8)
    .option('--seed <n>', 'decides who is shown', wholeNumber(0), 0)
    .addHelpText(
      'after',
      examples(
        'normface data preview',
        'normface data preview generated:seed=7 --rows 4',
        'normface data preview faces.tar --out faces.png',
      ),
    )
    .action(
      run(
        async (
          context,
          path: string,
          options: { out: string; rows: number; columns: number; seed: number },
        ) => {
          const dataset = await openDataset(path);
          const shown = await writePreview(dataset, options.out, {
            ...options,
            onCorrupt: (name, reason) => context.warn(`cannot read the image ${name}: ${reason}`),
          });
          context.say(
            `${options.out}: ${shown.identities.length} people, ${shown.width} × ${shown.height} pixels`,
          );
          return { file: options.out, ...shown };
        },
      ),
    );
}

function addInfo(data: Command, run: Runner): void {
  data
    .command('info')
    .description('count the people and images of a data set')
    .argument('[data]', dataHelp, 'generated')
    .addHelpText('after', examples('normface data info faces.tar', 'normface data info faces/ --json'))
    .action(
      run(async (context, path: string) => {
        const counts = describe(await openDataset(path));
        tell(context, counts);
        return counts;
      }),
    );
}

function addCheck(data: Command, run: Runner): void {
  data
    .command('check')
    .description('decode every image and resolve every pair; exit status 1 when something is wrong')
    .argument('[data]', dataHelp, 'generated')
    .option('--pairs <file>', "a list of pairs in the format of LFW's pairs.txt")
    .addHelpText(
      'after',
      examples('normface data check faces/', 'normface data check lfw.tar --pairs pairs.txt'),
    )
    .action(
      run(async (context, path: string, { pairs }: { pairs?: string }) => {
        const dataset = await openDataset(path);
        const counts = describe(dataset);
        tell(context, counts);
        const resolved = pairs === undefined ? null : resolvePairs(await readPairs(pairs), dataset).length;
        if (resolved !== null) context.say(`all ${resolved} pairs of ${pairs} name images that are there`);
        const corrupt = await unreadableImages(context, dataset);
        context.say(
          corrupt.length === 0 ? 'every image can be read' : `${corrupt.length} images cannot be read`,
        );
        if (corrupt.length > 0) context.exitCode = 1;
        return { ...counts, pairs: resolved, corrupt };
      }),
    );
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
  context.say(`${counts.name}: ${counts.images} images of ${counts.identities} people`);
  context.say(`images a person: ${least} to ${most}, median ${median}`);
  for (const { minimum, identities, images } of counts.withAtLeast)
    context.say(`with ${minimum} or more: ${identities} people, ${images} images`);
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
