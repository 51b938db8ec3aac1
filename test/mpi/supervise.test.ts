/** The supervisor with the launchers of both families: what only they can do wrong. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findLauncher } from '../../src/normface/distributed/launcher.node.ts';
import { supervise } from '../../src/normface/distributed/supervise.node.ts';
import { bundledPrograms, families, findLauncher as isInstalled } from './launch.ts';

const program = bundledPrograms({ stub: 'test/normface/distributed/stub-rank.ts' });

/** Runs two stub ranks, of which one does what `what` says. */
async function trial(family: 'openmpi' | 'mpich', what: string, act?: 'stop') {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-ranks-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const started = () => {
    const file = path.join(folder, 'ranks.txt');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
  };
  const said = { stdout: '', stderr: [] as string[], warnings: [] as string[] };
  const outcome = await supervise({
    launcher: findLauncher(family),
    ranks: 2,
    program: () => [process.execPath, program('stub'), what, folder],
    hasCheckpoint: () => true,
    maxRestarts: 2,
    columns: undefined,
    stdout: (text) => {
      said.stdout += text;
    },
    stderr: (line) => said.stderr.push(line),
    warn: (text) => said.warnings.push(text),
    onStop: (stop) => {
      const timer = setInterval(() => {
        if (act !== 'stop' || started().length < 2) return;
        clearInterval(timer);
        stop();
      }, 50);
      return () => clearInterval(timer);
    },
    patience: { abort: 2, terminate: 1 },
    pause: 0,
  });
  const left = started()
    .map((line) => line.split(' ')[0]!)
    .filter(
      (pid) => fs.existsSync(`/proc/${pid}`) && !/\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8')),
    );
  return { ...outcome, ...said, left };
}

for (const family of families)
  describe.skipIf(!isInstalled(family))(family, () => {
    test('ranks that work', async () => {
      const { status, stdout, stderr, left } = await trial(family, 'works');
      expect({ status, stderr, left }).toEqual({ status: 0, stderr: [], left: [] });
      expect(stdout).toMatch(/^attempt 1 works \S+\n$/);
    });

    test('a rank that is killed: named, and started again with the other', async () => {
      const { status, restarts, stdout, stderr, warnings, left } = await trial(family, 'dies-once');
      expect(stdout).toMatch(/^attempt 1 \S+ \S+\nattempt 2 \S+ \S+\n$/);
      expect({ status, restarts, stderr, left }).toEqual({ status: 0, restarts: 1, stderr: [], left: [] });
      expect(warnings).toEqual([
        expect.stringMatching(
          /^(rank 1 on \S+ ended by signal|a rank on \S+ ended with code) 9; .*restart 1 of 2/,
        ),
      ]);
    });

    test("a rank's own status and reason count, not the launcher's", async () => {
      const { status, reason, restarts, left } = await trial(family, 'fails');
      expect({ status, restarts, left }).toEqual({ status: 1, restarts: 0, left: [] });
      expect(reason).toMatch(/: the file is missing$/);
    });

    test('asked to stop, rank 0 hears it', async () => {
      const { status, left } = await trial(family, 'stops', 'stop');
      expect({ status, left }).toEqual({ status: 130, left: [] });
    });
  });
