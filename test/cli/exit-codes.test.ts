/**
 * Exit codes: 0 done; 2 where the command line or the configuration alone tells that something is wrong; 1 where it takes a look at data,
 * checkpoints, the adapter or the disk.
 */

import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { listing, normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const at = (name: string) => path.join(root, name);
fs.mkdirSync(at('empty'));
fs.mkdirSync(at('run/ckpt'), { recursive: true });
fs.writeFileSync(at('file'), '');
fs.writeFileSync(at('broken.json'), '{"net": ');
fs.writeFileSync(at('unknown-key.json'), '{"nett": "small"}');
fs.writeFileSync(at('no-trials.txt'), 'hello');

/** `@name` stands for a path in the folder of the test. */
const table: readonly (readonly [line: string, exitCode: number, said: RegExp])[] = [
  ['--version', 0, /^\d+\.\d+/],
  ['--help', 0, /^Usage: normface/],
  ['train --help', 0, /^Usage: normface train/],
  ['kernels run --help', 0, /^Usage: normface kernels run/],
  ['nets', 0, /mobilefacenet/],
  ['protocols', 0, /normface-pca {2}\(the row to read first\)/],
  ['completion fish', 0, /complete -c normface/],
  ['paper --list', 0, /fig5/],
  ['data info generated:identities=2,samples=2', 0, /4 images of 2 people/],
  ['train --data generated:identities=4,samples=2 --net tiny --batch 8 --dry-run', 0, /identities: 4/],

  ['', 2, /^Usage: normface/],
  ['train', 2, /^Usage: normface train/],
  ['train --json', 2, /^Usage: normface train/],
  ['data', 2, /^Usage: normface data/],
  ['profile', 2, /^Usage: normface profile/],
  ['trian', 2, /no command "trian", did you mean "train"/],
  ['nets --sise 3x3', 2, /unknown option '--sise'.*--size/],
  ['nets show small tiny', 2, /^normface: "tiny" is one word too many: normface nets show takes only net$/m],
  ['doctor foo', 2, /^normface: "foo" is one word too many: normface doctor takes options only$/m],
  ['train a.json b.json', 2, /"b.json" is one word too many: normface train takes only config.json/],
  ['completion bash zsh', 2, /"zsh" is one word too many/],
  ['verify a.jpg b.jpg c.jpg -c @run', 2, /"c.jpg" is one word too many: normface verify takes only a and b/],
  ['nets huge', 2, /no net "huge"/],
  ['nets --size 3', 2, /Give height and width/],
  ['train @nothing.json', 2, /cannot read .*nothing.json: there is no such file/],
  ['train @broken.json', 2, /broken.json is not JSON/],
  ['train @unknown-key.json', 2, /unknown key "nett", did you mean "net"/],
  ['train --config @broken.json', 2, /unknown option '--config'/],
  ['tune @nothing.json', 2, /cannot read .*nothing.json/],
  ['graph @nothing.json', 2, /cannot read .*nothing.json/],
  ['profile train --config @nothing.json', 2, /cannot read .*nothing.json/],
  ['demo --set net=huge --out @demo', 2, /no net "huge"/],
  ['train --net huge', 2, /no net "huge"/],
  ['train --loss normfase', 2, /did you mean "normface"/],
  [
    'train --set loss.margin=0.4',
    2,
    /the loss "softmax" has no option "margin"; name one .*loss.name: .*arcface/,
  ],
  [`train --set ${'a.'.repeat(16)}b=1`, 2, /the key has 17 parts/],
  [`train --set ${'a.'.repeat(15)}b=1`, 2, /unknown key "a"/],
  ['train --data generated:people=3', 2, /unknown key "people"/],
  ['train --data mnist:', 2, /write mnist:FOLDER/],
  ['train @broken.json --resume auto', 2, /leave the file out/],
  ['graph --out graph.png', 2, /must end in .svg or .dot/],
  ['data preview --out @x.pgm', 2, /must end in .png/],
  ['paper', 2, /name an experiment/],
  ['paper fig99', 2, /fig99/],
  ['eval', 2, /missing required argument 'checkpoints'/],
  ['eval @run --protocol lfw', 2, /no protocol "lfw"/],
  ['eval @run --threshold-at far=2', 2, /write best, or far=1e-3/],
  ['eval @run --merge mean', 2, /Allowed choices are front, concat, sum, max/],
  ['blufr @run --splits @file --pca 2.5', 2, /--pca must be/],
  ['blufr @run --splits @file --trial 0', 2, /at least 1/],
  ['ytf @run --data @empty', 2, /required option '--splits/],
  ['verify a.jpg b.jpg -c @run --threshold 1.24', 2, /A cosine lies between -1 and 1/],
  ['verify a.jpg b.jpg -c @run --threshold -3', 2, /A cosine lies between -1 and 1/],
  ['verify a.jpg b.jpg -c @run --threshold high', 2, /Give a number/],
  ['verify a.jpg -c @run', 2, /missing required argument 'b'/],
  ['embed a.jpg -c @run --out features.npy', 2, /must end in .safetensors or .csv/],
  ['embed a.jpg -c @run --out features', 2, /must end in .safetensors or .csv/],
  ['completion tcsh', 2, /Allowed choices are bash, zsh, fish/],
  ['kernels show', 2, /missing required argument 'kernel'/],
  ['kernels run gemm --grid 0x1', 2, /up to three whole numbers/],
  ['kernels show gemmm', 2, /no kernel "gemmm", did you mean "gemm"/],

  ['train --data @nothing', 1, /cannot open the data set .*nothing/],
  ['train --data @empty', 1, /empty is empty/],
  [
    'train --data generated:identities=4,samples=2 --pairs @nope.txt --dry-run',
    1,
    /cannot read .*nope.txt: there is no such file/,
  ],
  ['train --resume @nothing', 1, /is not the folder of a run/],
  ['data info @nothing', 1, /cannot open the data set/],
  ['data preview @empty', 1, /is empty/],
  ['eval @nothing', 1, /there is no checkpoint/],
  ['eval @run', 1, /has no finished checkpoint/],
  ['embed a.jpg -c @nothing --out features.csv', 1, /there is no checkpoint/],
  ['verify a.jpg b.jpg -c @nothing', 1, /there is no checkpoint/],
  ['blufr @nothing --splits @file', 1, /there is no checkpoint/],
  ['ytf @nothing --data @empty --splits @file', 1, /there is no checkpoint/],
  ['paper fig5 --data @nothing', 1, /there is no data folder/],
  ['profile embed --out @file/below', 1, /cannot write into .*below/],
  ['--adapter no-such-adapter kernels', 1, /no adapter is called no-such-adapter/],
];

test.each(table)('normface %s: %i', async (line, expected, said) => {
  const before = listing(root);
  const words = line.split(' ').filter(Boolean);
  const { exitCode, stdout, stderr } = await normface(
    ...words.map((word) => (word.startsWith('@') ? at(word.slice(1)) : word)),
  );
  expect(`${stdout}${stderr}`).toMatch(said);
  expect(exitCode).toBe(expected);
  expect(stderr).not.toMatch(/internal error|outputHelp/);
  const sentences = stderr.split('\n').filter((text) => text.startsWith('normface: '));
  const isUsage = expected === 2 && stderr.startsWith('Usage: ');
  expect(sentences).toHaveLength(expected === 0 || isUsage ? 0 : 1);
  expect(listing(root)).toEqual(before);
});
