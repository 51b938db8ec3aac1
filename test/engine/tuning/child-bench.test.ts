import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bundleSource } from '../../../src/common/script-file.node.ts';
import { scale } from '../../../src/engine/ops/elementwise/scale.ts';
import { runtimeOf } from '../../../src/engine/runtime/runtime.ts';
import { ChildBench, type ChildBenchOptions } from '../../../src/engine/tuning/child-bench.node.ts';
import type { Choice, Variant } from '../../../src/engine/tuning/choice.ts';
import type { Measurement, Measurements } from '../../../src/engine/tuning/measurements.ts';
import { Tuner } from '../../../src/engine/tuning/tune.ts';
import { testDevice } from '../open.ts';

const device = await testDevice();
const faulty = bundleSource('faulty-child', new URL('./faulty-child.node.ts', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'child-bench-'));
const pidFile = join(folder, 'pids');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  writeFileSync(pidFile, '');
  vi.stubEnv('PIDS', pidFile);
});
afterEach(() => vi.unstubAllEnvs());

/** Numbers of the processes that were started. */
const started = (): number[] => readFileSync(pidFile, 'utf8').trim().split('\n').filter(Boolean).map(Number);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits, as long as the test may take, until the processes are gone. */
const gone = (pids: readonly number[]) =>
  vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), { timeout: 20_000, interval: 50 });

/** Doubles a tensor; the names are those of faults. */
function choiceOf(names: readonly string[]): Choice<Variant> {
  const variants = names.map((name) => ({ name }));
  return {
    operation: 'trial',
    shape: { n: 4 },
    flops: 4,
    sources: [],
    variants,
    defaultVariant: variants[0]!,
    benchmark: () => void scale(device.empty([4]), 2),
  };
}

/** Tunes one choice. @returns what was chosen, said and stored */
async function tune(
  names: readonly string[],
  options: Partial<ChildBenchOptions> = {},
  measurements: Measurements = new Map(),
) {
  const stored = new Map<string, Measurement>();
  const saved: Measurement[] = [];
  const store = {
    location: 'memory',
    load: async () => stored,
    save: async (more: Measurements) => {
      for (const [key, measurement] of more) stored.set(key, measurement);
      saved.push(...more.values());
    },
  };
  const tuner = new Tuner(runtimeOf(device), 'full', { store, measurements });
  const bench = new ChildBench(runtimeOf(device), {
    device: {},
    limitMs: 1500,
    script: () => faulty,
    ...options,
  });
  tuner.measureOn(bench, Number.POSITIVE_INFINITY);
  const notes: string[] = [];
  tuner.onNote = (sentence) => notes.push(sentence);
  const chosen = await tuner.tuned(
    () => tuner.choose(choiceOf(names)),
    () => {},
  );
  const [[key, measurement] = []] = [...stored];
  return { chosen: chosen.name, notes, key, measurement, saved };
}

test('a process that people or the system end says nothing of the variant: measuring ends', async () => {
  const { chosen, notes, measurement } = await tune(['works', 'ended']);
  expect(chosen).toBe('works');
  expect(measurement).toBeUndefined();
  expect(notes).toEqual([
    'variants are measured no more, its process ended with signal SIGTERM: pieces of work measured: 0, not measured: 1; these keep their defaults',
  ]);
}, 60_000);

describe('a variant', () => {
  test('that crashes, ends, hangs, is ended for its memory or loses the device costs itself only', async () => {
    const { notes, measurement, saved, key } = await tune([
      'works',
      'crashes',
      'aborts',
      'hangs',
      'loses',
      'starves',
      'lacks',
      'also works',
    ]);
    const failed = {
      crashes: 'its process ended with signal SIGSEGV',
      aborts: 'its process ended with status 7: assertion failed: a driver',
    };
    // May be the machine's fault, and counts in this run only.
    const at = expect.any(Number);
    const doubtful = {
      hangs: { why: 'it took longer than 1.5 s', at },
      loses: { why: expect.stringMatching(/^the GPU device was lost: /), at },
      starves: { why: 'its process ended with signal SIGKILL', at },
      lacks: { why: 'no memory is left', at },
    };
    expect(measurement!.failed).toEqual(failed);
    expect(measurement!.doubtful).toEqual(doubtful);
    expect(Object.keys(measurement!.milliseconds).sort()).toEqual(['also works', 'works']);
    expect(Object.keys(measurement!.milliseconds)).toContain(measurement!.winner);
    expect(notes).toHaveLength(6);
    expect(notes[0]).toBe(
      'trial n 4: the variant crashes is not used, its process ended with signal SIGSEGV',
    );
    expect(notes[2]).toBe(
      'trial n 4: the variant hangs is not used, it took longer than 1.5 s; another run tries it once more',
    );
    // What fails is stored before anything else is done.
    expect(saved[0]).toEqual({ winner: '', milliseconds: {}, failed: { crashes: failed.crashes } });
    expect(new Set(started()).size).toBe(6);
    await gone(started());

    writeFileSync(pidFile, '');
    const again = await tune(['works', 'crashes'], {}, new Map([[key!, saved[0]!]]));
    expect([again.notes, again.chosen, started().length]).toEqual([[], 'works', 1]);
  }, 60_000);

  test('that failed in a way that may pass is tried once more by another run, and not a third time', async () => {
    const names = ['works', 'loses', 'once slow'];
    const works = { winner: 'works', milliseconds: { works: 1 } };
    const { key } = await tune(['works', 'crashes']);
    const doubted = (at: number): Measurement => ({
      ...works,
      doubtful: {
        loses: { why: 'lost', at },
        'once slow': { why: 'slow', at },
        'gone since': { why: 'slow', at },
      },
    });
    const same = await tune(names, {}, new Map([[key!, doubted(Date.now())]]));
    expect([same.chosen, same.saved]).toEqual(['works', []]);

    const { notes, measurement, saved } = await tune(names, {}, new Map([[key!, doubted(1)]]));
    expect(notes).toEqual([
      expect.stringMatching(/: the variant loses is not used, the GPU device was lost: /),
    ]);
    // The winner that is known stays while the measuring goes on.
    expect(saved[0]).toMatchObject({ ...works, doubtful: { 'once slow': { why: 'slow', at: 1 } } });
    expect(Object.keys(measurement!.milliseconds).sort()).toEqual(['once slow', 'works']);
    expect(Object.keys(measurement!.failed!)).toEqual(['loses']);
    expect(measurement!.doubtful).toBeUndefined();
  }, 60_000);

  test('that is the default gives way where it crashes', async () => {
    const { chosen, measurement } = await tune(['crashes', 'works']);
    expect(chosen).toBe('works');
    expect(Object.keys(measurement!.failed!)).toEqual(['crashes']);
  }, 60_000);
});

test('where no process can begin, the defaults are used, and one sentence says why', async () => {
  const script = join(folder, 'ends.mjs');
  writeFileSync(script, `console.error('no driver here'); process.exit(1);`);
  const { chosen, notes, measurement } = await tune(['works', 'also works'], {
    script: async () => pathToFileURL(script),
  });
  expect(chosen).toBe('works');
  expect(measurement).toBeUndefined();
  expect(notes).toEqual([
    'variants cannot be measured in another process (tuneIn), its process ended with status 1: no driver here: pieces of work measured: 0, not measured: 1; these keep their defaults',
  ]);
}, 60_000);

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a process that hangs is not left behind when its parent ends by %s',
  async (signal) => {
    const script = await bundleSource('bench-parent', new URL('./parent.node.ts', import.meta.url));
    const words = [fileURLToPath(script), JSON.stringify(device.report), String(await faulty)];
    const parent: ChildProcess = spawn(process.execPath, words, { stdio: 'inherit' });
    await vi.waitFor(() => expect(started()).toHaveLength(1), { timeout: 20_000, interval: 50 });
    const [pid] = started();
    expect(isRunning(pid!)).toBe(true);
    parent.kill(signal);
    await gone([pid!]);
  },
  60_000,
);
