/** `normface train` on several ranks, under both launchers: the same numbers, whatever becomes of a rank. */

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCheckpoint } from '../../src/normface/training/checkpoint/read-checkpoint.node.ts';
import { parseLog } from '../../src/normface/training/run/log.ts';
import { families, findLauncher } from './launch.ts';

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-mpi-train-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const steps = 120;
const settings = [
  ...['--data', 'generated:identities=5,samples=4,seed=3', '--net', 'tiny', '--batch', '8'],
  ...['--loss', 'normface', '--steps', String(steps), '--output', root, '--set', 'log.everySteps=1'],
  ...['--set', 'checkpoint.everySteps=10', '--set', 'checkpoint.keep=50', '--lr', '0.01'],
];

interface Ended {
  readonly status: number | null;
  readonly text: string;
}

function begin(...words: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, 'train', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LP_NUM_THREADS: '1' },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk;
    });
  const ended = new Promise<Ended>((resolve) => child.on('close', (status) => resolve({ status, text })));
  return { child, ended };
}

const lossesOf = (run: string) =>
  parseLog(fs.readFileSync(path.join(root, run, 'log.jsonl'), 'utf8')).flatMap((record) =>
    record.event === 'step' && 'loss' in record ? [record.loss as number] : [],
  );

const checkpointOf = (run: string, step = steps) =>
  path.join(root, run, 'ckpt', `step-${String(step).padStart(8, '0')}`);

/** Files of the last checkpoint, for comparing every bit. */
const bitsOf = (run: string) =>
  Object.fromEntries(
    fs
      .readdirSync(checkpointOf(run))
      .filter((name) => name.endsWith('.safetensors'))
      .map((name) => [name, fs.readFileSync(path.join(checkpointOf(run), name)).toString('base64')]),
  );

/** Processes whose command line or environment names a run. */
function processesOf(run: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(run);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The process of a rank of a run, by the variables of either launcher. */
async function rankOf(run: string, rank: number): Promise<number> {
  const variable = new RegExp(`(^|\\0)(OMPI_COMM_WORLD_RANK|PMI_RANK)=${rank}(\\0|$)`);
  for (let attempt = 0; attempt < 400; attempt++) {
    for (const pid of processesOf(run)) {
      try {
        if (variable.test(fs.readFileSync(`/proc/${pid}/environ`, 'utf8'))) return pid;
      } catch {
        // It has ended.
      }
    }
    await sleep(25);
  }
  throw new Error(`rank ${rank} of ${run} did not start`);
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, step) => {
    expect(Math.abs(value / expected[step]! - 1), `step ${step + 1}`).toBeLessThan(1e-5);
  });
}

beforeAll(async () => {
  const { status, text } = await begin(...settings, '--name', 'alone').ended;
  expect(status, text).toBe(0);
}, 120_000);

for (const family of families)
  describe.skipIf(!findLauncher(family))(family, () => {
    const together = (name: string, ranks: number) =>
      begin(...settings, '--name', `${family}-${name}`, '--ranks', String(ranks), '--launcher', family);

    beforeAll(async () => {
      const { status, text } = await together('whole', 2).ended;
      expect(status, text).toBe(0);
    }, 120_000);

    test('2 ranks follow the curve of one process, and their checkpoint is one model', () => {
      expectClose(lossesOf(`${family}-whole-001`).slice(0, 20), lossesOf('alone-001').slice(0, 20));
      const [own, whole] = [checkpointOf(`${family}-whole-001`), checkpointOf('alone-001')].map((folder) =>
        readCheckpoint(folder),
      );
      const shapes = ({ weights }: typeof own & object) =>
        [...weights].map(([name, { shape }]) => `${name} ${shape}`).sort();
      expect(shapes(own!)).toEqual(shapes(whole!));
      const records = parseLog(
        fs.readFileSync(path.join(root, `${family}-whole-001`, 'log.rank-1.jsonl'), 'utf8'),
      );
      expect(records.at(-1)).toMatchObject({ event: 'done', step: steps });
    });

    test('a rank that is killed: the job goes on from the last checkpoint, and ends with the same bits', async () => {
      const name = `${family}-killed`;
      const { ended } = together('killed', 2);
      const victim = await rankOf(name, 1);
      while (!fs.existsSync(checkpointOf(`${name}-001`, 20))) await sleep(10);
      process.kill(victim, 'SIGKILL');
      const { status, text } = await ended;
      expect(status, text).toBe(0);
      expect(text).toMatch(/again from step \d+|goes on|started again|restart/i);
      expect(bitsOf(`${name}-001`)).toEqual(bitsOf(`${family}-whole-001`));
      expect(processesOf(name)).toEqual([]);
    }, 120_000);

    test('another number of ranks goes on from the checkpoint of 2', async () => {
      const name = `${family}-three`;
      fs.cpSync(path.join(root, `${family}-whole-001`), path.join(root, `${name}-001`), { recursive: true });
      fs.rmSync(checkpointOf(`${name}-001`), { recursive: true });
      for (let step = 110; step > 100; step -= 10)
        fs.rmSync(checkpointOf(`${name}-001`, step), { recursive: true });
      const run = path.join(root, `${name}-001`);
      const { status, text } = await begin('--resume', run, '--ranks', '3', '--launcher', family).ended;
      expect(status, text).toBe(0);
      expectClose(lossesOf(`${name}-001`).slice(100), lossesOf(`${family}-whole-001`).slice(100));
      expect(
        Object.keys(bitsOf(`${name}-001`)).filter((file) => file.startsWith('weights-classes')),
      ).toHaveLength(3);
    }, 120_000);
  });
