import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodeSafetensors, float32Tensor } from '../../src/normface/training/checkpoint/safetensors.ts';
import { listing, normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const at = (name: string) => path.join(root, name);

function file(name: string, content: string | Uint8Array = ''): string {
  fs.mkdirSync(path.dirname(at(name)), { recursive: true });
  fs.writeFileSync(at(name), content);
  return at(name);
}

async function jpeg(width = 48, height = 56, seed = 0): Promise<Buffer> {
  const pixels = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => 128 + 100 * Math.sin(i / 40 + seed),
  );
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
}

beforeAll(async () => {
  const picture = await jpeg();
  fs.mkdirSync(at('empty'));
  file('no-images/person/notes.txt', 'hello');
  file('flat/a.jpg', picture);
  for (const name of ['a', 'b', 'c']) file(`single/${name}/1.jpg`, await jpeg(48, 56, name.charCodeAt(0)));
  for (const number of [1, 2, 3]) file(`one-person/a/${number}.jpg`, picture);
  for (const name of ['a', 'b'])
    for (const number of [1, 2, 3]) file(`people/${name}/${number}.jpg`, await jpeg(48, 56, number));
  fs.cpSync(at('people'), at('truncated'), { recursive: true });
  file('truncated/a/2.jpg', picture.subarray(0, picture.length / 2));
  fs.cpSync(at('people'), at('zero-byte'), { recursive: true });
  file('zero-byte/b/3.jpg');
  fs.cpSync(at('people'), at('other-size'), { recursive: true });
  file('other-size/b/1.jpg', await jpeg(60, 70));
  for (const name of ['a', 'b'])
    for (const number of [1, 2]) file(`all-broken/${name}/${number}.jpg`, 'not an image');
  file('garbage.tar', Buffer.alloc(3000, 7));
  file('empty.tar');
  file('pairs-missing-image.txt', '1\t1\na\t1\t9\na\t1\tb\t1\n');
  file('pairs-malformed.txt', '1\t1\na\t1\n');
  file('settings.json', '{"batchsize": 3}');
  file('broken.json', '{"batchSize": 3');
  file('list.json', '[]');
  file('weights.safetensors', picture);
  file('other.safetensors', encodeSafetensors(new Map([['x', float32Tensor(Float32Array.of(1), [1])]])));
  fs.mkdirSync(at('run/ckpt'), { recursive: true });
});

interface Case {
  readonly title: string;
  readonly words: (at: (name: string) => string) => string[];
  readonly exitCode: number;
  readonly sentence: RegExp;
}

const train = (...words: string[]) => ['train', '--output', at('runs'), ...words];
const strictly = ['--strict', '--steps', '2', '--batch', '4', '--net', 'tiny'];

const cases: Case[] = [
  {
    title: 'unknown command',
    words: () => ['trian'],
    exitCode: 2,
    sentence: /no command "trian", did you mean "train"\?/,
  },
  {
    title: 'unknown flag',
    words: () => train('--epoch', '3'),
    exitCode: 2,
    sentence: /unknown option '--epoch'.*--epochs/,
  },
  {
    title: 'flag without its number',
    words: () => train('--steps', 'x'),
    exitCode: 2,
    sentence: /'--steps <n>' argument 'x' is invalid. Give a whole number/,
  },
  {
    title: 'missing argument',
    words: () => ['eval'],
    exitCode: 2,
    sentence: /missing required argument 'checkpoints'/,
  },
  {
    title: 'missing option',
    words: () => ['embed', 'a.jpg'],
    exitCode: 2,
    sentence: /required option '-c, --checkpoint/,
  },
  {
    title: 'bad boolean',
    words: () => ['--allow-software=maybe', 'nets'],
    exitCode: 2,
    sentence: /Give true or false/,
  },
  {
    title: 'unknown key in the file',
    words: () => train(at('settings.json')),
    exitCode: 2,
    sentence: /settings.json: unknown key "batchsize", did you mean "batchSize"\?/,
  },
  {
    title: 'unknown key in --set',
    words: () => train('--set', 'optimizer.lr=1'),
    exitCode: 2,
    sentence: /unknown key "optimizer", did you mean "optimiser"\?/,
  },
  {
    title: '--set without a value',
    words: () => train('--set', 'seed'),
    exitCode: 2,
    sentence: /--set seed: write key=value/,
  },
  {
    title: 'file that is not JSON',
    words: () => train(at('broken.json')),
    exitCode: 2,
    sentence: /broken.json is not JSON/,
  },
  {
    title: 'file that is a list',
    words: () => train(at('list.json')),
    exitCode: 2,
    sentence: /does not hold an object/,
  },
  {
    title: 'missing file',
    words: () => train(at('nothing.json')),
    exitCode: 2,
    sentence: /cannot read .*nothing.json: there is no such file/,
  },
  {
    title: 'unknown net',
    words: () => train('--net', 'huge', '--dry-run'),
    exitCode: 2,
    sentence: /no net "huge"; there are tiny, small/,
  },
  {
    title: 'unknown loss',
    words: () => train('--loss', 'normfase'),
    exitCode: 2,
    sentence: /did you mean "normface"/,
  },
  {
    title: 'missing data',
    words: () => train('--data', at('nothing')),
    exitCode: 1,
    sentence: /cannot open the data set .*nothing: there is no such file/,
  },
  {
    title: 'empty folder',
    words: () => train('--data', at('empty')),
    exitCode: 1,
    sentence: /empty is empty: it holds no files/,
  },
  {
    title: 'folder without images',
    words: () => train('--data', at('no-images')),
    exitCode: 1,
    sentence: /holds no images/,
  },
  {
    title: 'images without folders of people',
    words: () => train('--data', at('flat')),
    exitCode: 1,
    sentence: /image outside the identity folders: a.jpg/,
  },
  {
    title: 'one image of each',
    words: () => train('--data', at('single')),
    exitCode: 1,
    sentence: /3 identities with 3 images, but none of them has the 2 images/,
  },
  {
    title: 'one person',
    words: () => train('--data', at('one-person')),
    exitCode: 1,
    sentence: /holds one person only/,
  },
  {
    title: 'unreadable tar',
    words: () => train('--data', at('garbage.tar')),
    exitCode: 1,
    sentence: /garbage.tar/,
  },
  { title: 'empty tar', words: () => train('--data', at('empty.tar')), exitCode: 1, sentence: /empty.tar/ },
  {
    title: 'truncated JPEG',
    words: () => train('--data', at('truncated'), ...strictly),
    exitCode: 1,
    sentence: /truncated: cannot read the image a\/2.jpg: /,
  },
  {
    title: 'zero-byte file',
    words: () => train('--data', at('zero-byte'), ...strictly),
    exitCode: 1,
    sentence: /zero-byte: cannot read the image b\/3.jpg: the file is empty/,
  },
  {
    title: 'nothing readable',
    words: () => train('--data', at('all-broken'), '--net', 'tiny', '--batch', '2'),
    exitCode: 1,
    sentence: /none of its 4 images can be read/,
  },
  {
    title: 'image of another size',
    words: () => train('--data', at('other-size'), '--set', 'data.resize=false', ...strictly),
    exitCode: 1,
    sentence: /image b\/1.jpg is 60 × 70 pixels, not 48 × 56/,
  },
  {
    title: 'missing pairs file',
    words: () => ['data', 'check', at('people'), '--pairs', at('nothing.txt')],
    exitCode: 1,
    sentence: /cannot read the pairs file .*nothing.txt/,
  },
  {
    title: 'malformed pairs',
    words: () => ['data', 'check', at('people'), '--pairs', at('pairs-malformed.txt')],
    exitCode: 1,
    sentence: /pairs-malformed.txt/,
  },
  {
    title: 'fold that does not exist',
    words: () =>
      train(
        '--data',
        at('people'),
        '--pairs',
        at('pairs-missing-image.txt'),
        '--set',
        'data.excludeFolds=[2]',
      ),
    exitCode: 1,
    sentence: /there is no fold 2/,
  },
  {
    title: 'missing checkpoint',
    words: () => ['eval', at('nothing')],
    exitCode: 1,
    sentence: /there is no checkpoint/,
  },
  {
    title: 'run without a checkpoint',
    words: () => ['eval', at('run')],
    exitCode: 1,
    sentence: /has no finished checkpoint/,
  },
  {
    title: 'weights that are a JPEG',
    words: () => ['verify', at('flat/a.jpg'), at('flat/a.jpg'), '-c', at('weights.safetensors')],
    exitCode: 1,
    sentence: /weights.safetensors is not a usable safetensors file/,
  },
  {
    title: 'safetensors of something else',
    words: () => ['verify', at('flat/a.jpg'), at('flat/a.jpg'), '-c', at('other.safetensors')],
    exitCode: 1,
    sentence: /other.safetensors does not say which net it belongs to/,
  },
  {
    title: 'nothing to resume',
    words: () => train('--resume'),
    exitCode: 1,
    sentence: /no run with a checkpoint/,
  },
  {
    title: 'resume with a file',
    words: () => train(at('settings.json'), '--resume', 'auto'),
    exitCode: 2,
    sentence: /leave the file out/,
  },
  {
    title: 'unknown protocol',
    words: () => ['eval', at('run'), '--protocol', 'lfw'],
    exitCode: 2,
    sentence: /no protocol "lfw"; there are lfw-10fold-l2/,
  },
  {
    title: 'unknown threshold rule',
    words: () => ['eval', at('run'), '--threshold-at', 'far=2'],
    exitCode: 2,
    sentence: /write best, or far=1e-3/,
  },
  {
    title: 'unknown merge',
    words: () => ['eval', at('run'), '--merge', 'mean'],
    exitCode: 2,
    sentence: /Allowed choices are front, concat, sum, max/,
  },
  {
    title: 'unknown adapter',
    words: () => ['--adapter', 'no-such-adapter', 'doctor'],
    exitCode: 1,
    sentence: /no adapter is called no-such-adapter/,
  },
];

describe('bad input gets one sentence and its exit status', () => {
  test.each(cases)('$title', async ({ words, exitCode, sentence }) => {
    const before = listing(root);
    const outcome = await normface(...words(at));
    const said = `${outcome.stdout}${outcome.stderr}`;
    expect(said).toMatch(sentence);
    expect(outcome.exitCode).toBe(exitCode);
    expect(said).not.toMatch(/internal error|\n\s+at /);
    const sentences = outcome.stderr.split('\n').filter((line) => line.startsWith('normface: '));
    if (!words(at).includes('doctor')) expect(sentences).toHaveLength(1);
    expect(listing(root).filter(isNotRoot)).toEqual(before.filter(isNotRoot));
  });
});

/** The folder that holds runs may be made; a run must not be left in it. */
function isNotRoot(line: string): boolean {
  return !line.startsWith('runs ');
}
