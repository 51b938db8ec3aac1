/** Ranks of a training that die, hang or fail, under both launchers: it goes on, and ends with the bits of one that nothing happened to. */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { families, findLauncher } from './launch.ts';
import { withOneRank } from './one-rank.ts';
import { until } from './processes.ts';
import { type Ended, type Training, Trainings } from './training.ts';

/** Ranks to kill one after the other in a training: `KILLS=20 npm run test:mpi -- training-faults -t 'random steps'`. */
const kills = Number(process.env.KILLS ?? 0);

const steps = 150;
const trainings = new Trainings([
  ...['--steps', String(steps), '--set', 'log.everySteps=1'],
  ...['--set', 'checkpoint.everySteps=10', '--set', 'checkpoint.keep=50'],
]);

const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
if (!mayMount) console.log('the test of a full disk is skipped: only root on Linux can mount a small one');

/** A whole number. */
const randomFrom = (least: number, most: number) => least + Math.floor((most - least + 1) * Math.random());

for (const family of families)
  describe.skipIf(!findLauncher(family))(family, () => {
    const onRanks = ['--ranks', '2', '--launcher', family];
    const begin = (name: string, ...words: string[]) =>
      trainings.begin(`${family}-${name}`, [...onRanks, ...words]);
    let undisturbed: Record<string, string>;

    beforeAll(async () => {
      const whole = begin('whole');
      const { status, text, left } = await whole.ended;
      expect(status, text).toBe(0);
      expect(left).toEqual({ processes: [], files: [] });
      undisturbed = whole.bits(steps);
    });

    /** Waits for the end of a training that was started again. */
    async function expectTheSameBits(training: Training, restarts: number): Promise<Ended> {
      const ended = await training.ended;
      const { status, text, left } = ended;
      expect(status, text).toBe(0);
      expect(left, text).toEqual({ processes: [], files: [] });
      expect(text).toContain(`restart ${restarts} of `);
      expect(text).not.toContain(`restart ${restarts + 1} of `);
      // The supervisor was there all the time.
      expect(text).not.toContain('the supervisor is gone');
      expect(training.bits(steps)).toEqual(undisturbed);
      return ended;
    }

    /** Kills one of the ranks of a start. */
    async function killAt(step: number, training: Training, attempt: number): Promise<void> {
      const rank = randomFrom(0, 1);
      const pid = await training.rank(rank, attempt);
      await training.reaches(step, attempt);
      process.kill(pid, 'SIGKILL');
      console.log(`${family}: killed rank ${rank} at step ${step}`);
    }

    if (kills > 0)
      test('ranks that are killed at random steps', { timeout: 600_000 + 60_000 * kills }, async () => {
        const training = begin('killed', '--max-restarts', String(kills));
        // It must not end before it is seen at the last of them.
        const chosen = Array.from({ length: kills }, () => randomFrom(1, steps - 30)).sort((a, b) => a - b);
        for (const [i, step] of chosen.entries()) await killAt(step, training, i + 1);
        await expectTheSameBits(training, kills);
      });

    test('an error that nobody catches, a rank that is killed, one that hangs and a launcher that is killed', async () => {
      const thrower = trainings.write(
        `${family}-throw.mjs`,
        `import fs from 'node:fs';
        const seen = setInterval(() => {
          if (!fs.existsSync(process.env.TEST_THROW)) return;
          clearInterval(seen);
          throw new RangeError('boom');
        }, 5);`,
      );
      const name = `${family}-several`;
      const words = withOneRank(
        trainings,
        family,
        'several',
        `if [ "$NORMFACE_ATTEMPT" = 1 ]; then export NODE_OPTIONS='--import ${pathToFileURL(thrower)}'; fi`,
      );
      // Long beside what a rank takes to start and to save on a busy machine, for which the other one waits.
      const training = trainings.begin(name, [...words, '--max-restarts', '4', '--rank-timeout', '8'], {
        environment: {
          TEST_THROW: path.join(trainings.root, `${name}-001`, 'ckpt/step-00000020'),
        },
      });
      await killAt(randomFrom(21, 50), training, 2);
      const hanging = await training.rank(1, 3);
      await training.reaches(70, 3);
      process.kill(hanging, 'SIGSTOP');
      await training.rank(1, 4);
      await training.reaches(90, 4);
      process.kill(training.launcher(4), 'SIGKILL');
      const { text } = await expectTheSameBits(training, 4);
      expect(text).toMatch(/rank 1 on \S+: boom; restart 1 of 4/);
      expect(text).toMatch(
        /rank 0 on \S+: MPI_\w+ has not ended after 8 s; another rank hangs.*; restart 3 of 4/,
      );
      expect(text).toMatch(/the launcher was ended by SIGKILL; restart 4 of 4/);
    });

    test('a rank that may write no more while it saves: no manifest, and the checkpoint before counts', async () => {
      const training = trainings.begin(`${family}-limit`, [...onRanks, '--set', 'log.everySteps=1000']);
      const pid = await training.rank(1);
      await until(
        () => 'the second checkpoint',
        () => training.checkpoints().includes(20),
      );
      expect(spawnSync('prlimit', ['--pid', String(pid), '--fsize=4096']).status).toBe(0);
      const { status, text, left } = await training.ended;
      expect(status, text).toBe(1);
      expect(left).toEqual({ processes: [], files: [] });
      const saved = training.checkpoints();
      expect(text).toMatch(
        /normface: cannot save the checkpoint of step \d+ in .*: rank 1: .*the file is larger than files may be here.*; the last good checkpoint is .*\n/,
      );
      expect(fs.readdirSync(path.join(training.folder, 'ckpt'))).toHaveLength(saved.length);
    });

    test.skipIf(!mayMount)(
      'a disk that is full: what was saved before counts, and goes on when there is room',
      async () => {
        const disk = path.join(trainings.root, `${family}-disk`);
        fs.mkdirSync(disk);
        const mount = (...words: string[]) => expect(spawnSync('mount', words).status).toBe(0);
        mount('-t', 'tmpfs', '-o', 'size=300k', 'none', disk);
        onTestFinished(() => void spawnSync('umount', ['--lazy', disk]));
        const words = [...onRanks, '--set', 'log.everySteps=1000'];
        const training = trainings.begin(`${family}-full`, words, { output: disk });
        const { status, text, left } = await training.ended;
        expect(status, text).toBe(1);
        expect(left).toEqual({ processes: [], files: [] });
        expect(text).toMatch(/^normface: the ranks ended: .*the disk is full/m);
        expect(fs.readdirSync(path.join(training.folder, 'ckpt'))).toHaveLength(
          training.checkpoints().length,
        );
        mount('-o', 'remount,size=20m', disk);
        const resumed = trainings.resume(training, onRanks);
        expect(await resumed.ended).toMatchObject({ status: 0 });
        expect(resumed.bits(steps)).toEqual(undisturbed);
      },
    );
  });
