/** `normface data …`: look at a data set before training on it. */

import type { Command } from 'commander';
import { type Dataset, remarkText, warningsOf } from '../data/dataset.ts';
import { describeDataset, sizesOf } from '../data/describe.node.ts';
import { ImageStore } from '../data/image-store.node.ts';
import { loadImages } from '../data/loader.node.ts';
import { openDataset } from '../data/open.node.ts';
import { readPairs } from '../data/pairs.node.ts';
import { countedRemark, type Miss, matchPairs, pairsOfFolds } from '../data/pairs.ts';
import { writePreview } from '../data/preview.node.ts';
import { type AddCommand, examples, type Runner, wholeNumber } from './command.ts';
import type { Context } from './context.node.ts';

const dataHelp =
  'a folder identity/image.jpg, an archive of one (.tar, .tar.gz, .zip), a folder of MNIST or mnist:FOLDER,first=0,count=8000, or ' +
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
          const dataset = await open(context, path);
          for (const warning of warningsOf(dataset)) context.warn(warning);
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
        const dataset = await open(context, path);
        const description = { ...describeDataset(dataset), ...(await sizesOf(dataset)) };
        tell(context, description);
        const { measured, sizes } = description;
        if (measured > 0) context.say(`sizes in pixels, of ${measured} images: ${listed(sizes)}`);
        return description;
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
        const dataset = await open(context, path);
        const description = describeDataset(dataset);
        tell(context, description);
        const match = pairs === undefined ? null : await checkPairs(context, dataset, pairs);
        const corrupt = await unreadableImages(context, dataset);
        context.say(
          corrupt.length === 0
            ? `every one of the ${dataset.samples.length} images can be read`
            : `${corrupt.length} of the ${dataset.samples.length} images cannot be read`,
        );
        if (corrupt.length > 0 || (match && match.misses.length > 0)) context.exitCode = 1;
        return { ...description, pairs: match?.found ?? null, misses: match?.misses ?? [], corrupt };
      }),
    );
}

/** Opens a data set; a status line counts the files, which may take a while on a network drive. */
async function open(context: Context, path: string): Promise<Dataset> {
  const { live, write } = context.progressSink;
  const interval = live ? 100 : 5000;
  let told = performance.now();
  let lineOpen = false;
  try {
    return await openDataset(path, (files) => {
      if (performance.now() - told < interval) return;
      told = performance.now();
      lineOpen = live;
      write(live ? `\rlooking for images: ${files} files` : `looking for images: ${files} files\n`);
    });
  } finally {
    if (lineOpen) write('\n');
  }
}

function tell(context: Context, description: ReturnType<typeof describeDataset>): void {
  const { least, median, most } = description.imagesPerIdentity;
  context.say(`${description.name}: ${description.images} images of ${description.identities} people`);
  context.say(`images a person: ${least} to ${most}, median ${median}`);
  for (const { minimum, identities, images } of description.withAtLeast)
    context.say(`with ${minimum} or more: ${identities} people, ${images} images`);
  if (description.endings.length > 0) context.say(`endings: ${listed(description.endings)}`);
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
