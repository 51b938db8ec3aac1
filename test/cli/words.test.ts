import { expect, test } from 'vitest';
import { resumingWords, supervisorOptions, withoutOptions } from '../../src/cli/words.ts';

const split = (line: string) => line.split(' ');

test.each([
  ['train a.json --ranks 8 --set x=1', 'train a.json --set x=1'],
  ['train --hosts=a:4,b:4 a.json --max-restarts 0 --launcher mpich', 'train a.json'],
  ['--json train --rsh-agent ssh --resume', '--json train --resume'],
  ['train -- --ranks', 'train -- --ranks'],
])('%s', (given, kept) => {
  expect(withoutOptions(split(given), supervisorOptions)).toEqual(split(kept));
});

test.each([
  ['train a.json --seed 2 --set x=1', 'train --resume runs/a'],
  [
    '--json --adapter lava train a.json --verify-data --operands=f16',
    'train --resume runs/a --json --adapter lava --verify-data --operands=f16',
  ],
  ['train a.json --trace step.json --seed 2', 'train --resume runs/a --trace step.json'],
  ['train --resume runs/a/ckpt/step-10 --force --set x=1', 'train --resume runs/a --force --set x=1'],
  ['train --resume --epochs 3', 'train --resume runs/a --epochs 3'],
  ['train --resume=auto', 'train --resume runs/a'],
  ['train a.json --rank-timeout 5', 'train --resume runs/a --rank-timeout 5'],
])('%s goes on as %s', (given, resumed) => {
  expect(resumingWords(split(given), 'runs/a')).toEqual(split(resumed));
});
