/** Somebody ends the supervisor of a training, under both launchers: what was trained is saved, and nothing is left. */

import { describe, expect, test } from 'vitest';
import { families, findLauncher } from './launch.ts';
import { type Training, Trainings } from './training.ts';

// More steps than it will make.
const trainings = new Trainings([
  ...['--steps', '1000000', '--set', 'log.everySteps=1'],
  ...['--set', 'checkpoint.everySteps=100000'],
]);

/** The supervisor takes all alike, whatever the launcher; only Ctrl-C could reach the launcher, too. */
const signals = { openmpi: ['SIGINT', 'SIGHUP'], mpich: ['SIGINT', 'SIGTERM'] } as const;

for (const family of families)
  describe.skipIf(!findLauncher(family))(family, () => {
    const onRanks = ['--ranks', '2', '--launcher', family];

    /** The step of the checkpoint with which a training ended. */
    async function expectSaved(training: Training, expected: number | null): Promise<number> {
      const { status, text, left } = await training.ended;
      expect(status, text).toBe(expected);
      expect(left, text).toEqual({ processes: [], files: [] });
      expect(text).not.toContain('restart');
      return training.checkpoints().at(-1) ?? 0;
    }

    test(`Ctrl-C and ${signals[family][1]}: saved, resumed, and saved again`, async () => {
      let training = trainings.begin(`${family}-signals`, onRanks);
      let saved = 0;
      for (const signal of signals[family]) {
        if (saved > 0) training = trainings.resume(training, onRanks);
        await training.reaches(saved + 3);
        const { pid } = training.supervisor;
        // A terminal sends Ctrl-C to all processes of the group.
        process.kill(signal === 'SIGINT' ? -pid! : pid!, signal);
        const step = await expectSaved(training, 130);
        expect(step).toBeGreaterThan(saved);
        saved = step;
      }
    });

    test('a supervisor that is killed: the ranks save and end by themselves', async () => {
      const training = trainings.begin(`${family}-killed`, onRanks);
      await training.reaches(3);
      training.supervisor.kill('SIGKILL');
      expect(await expectSaved(training, null)).toBeGreaterThan(0);
    });
  });
