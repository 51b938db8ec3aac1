/** `normface train` on several ranks, under both launchers: the numbers of one process. */

import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCheckpoint } from '../../src/normface/training/checkpoint/read-checkpoint.node.ts';
import { parseLog } from '../../src/normface/training/run/log.ts';
import { families, findLauncher } from './launch.ts';
import { type Training, Trainings } from './training.ts';

const steps = 24;
const middle = 20;
const trainings = new Trainings([
  ...['--data', 'generated:identities=5,samples=4,seed=3', '--net', 'tiny', '--lr', '0.01'],
  ...['--steps', String(steps), '--set', 'log.everySteps=1', '--set', `checkpoint.everySteps=${middle}`],
]);

async function ended(training: Training): Promise<Training> {
  const { status, text, left } = await training.ended;
  expect(status, text).toBe(0);
  expect(left).toEqual({ processes: [], files: [] });
  return training;
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, step) => {
    expect(Math.abs(value / expected[step]! - 1), `step ${step + 1}`).toBeLessThan(1e-5);
  });
}

let alone: Training;
beforeAll(async () => {
  alone = await ended(trainings.begin('alone', []));
});

for (const family of families)
  describe.skipIf(!findLauncher(family))(family, () => {
    const onRanks = (ranks: number) => ['--ranks', String(ranks), '--launcher', family];
    let whole: Training;

    beforeAll(async () => {
      whole = await ended(trainings.begin(`${family}-whole`, onRanks(2)));
    });

    test('2 ranks follow the curve of one process, and their checkpoint is one model', () => {
      expectClose(whole.losses().slice(0, 20), alone.losses().slice(0, 20));
      const [two, one] = [whole, alone].map((training) => readCheckpoint(training.checkpoint(steps)));
      const shapes = ({ weights }: typeof two & object) =>
        [...weights].map(([name, { shape }]) => `${name} ${shape}`).sort();
      expect(shapes(two!)).toEqual(shapes(one!));
      const records = parseLog(fs.readFileSync(path.join(whole.folder, 'log.rank-1.jsonl'), 'utf8'));
      expect(records.at(-1)).toMatchObject({ event: 'done', step: steps });
    });

    test('another number of ranks goes on from the checkpoint of 2', async () => {
      const expected = whole.losses().slice(middle);
      fs.rmSync(whole.checkpoint(steps), { recursive: true });
      const three = await ended(trainings.resume(whole, onRanks(3)));
      expectClose(three.losses().slice(middle), expected);
      const rows = Object.keys(three.bits(steps)).filter((file) => file.startsWith('weights-classes'));
      expect(rows).toHaveLength(3);
    });
  });
