import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import 'fake-indexeddb/auto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { DeviceError } from '../../src/engine/core/errors.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import type { Choice } from '../../src/engine/tuning/choice.ts';
import type { Measurement, Measurements, TuneStore } from '../../src/engine/tuning/measurements.ts';
import { Tuner } from '../../src/engine/tuning/tune.ts';
import { fileStore } from '../../src/engine/tuning/tune-store.node.ts';
import { indexedDbStore } from '../../src/engine/tuning/tune-store.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** A folder that is gone after the tests. */
async function temporary(): Promise<string> {
  folders.push(await mkdtemp(join(tmpdir(), 'tune-')));
  return folders.at(-1)!;
}

/** Doubles a tensor 1 or 300 times. */
const short = { name: 'short', times: 1 };
const long = { name: 'long', times: 300 };
type Work = typeof short;

function choiceOf(overrides: Partial<Choice<Work>> = {}): Choice<Work> {
  return {
    operation: 'double',
    shape: { n: 4 },
    flops: 4,
    sources: ['kernel text'],
    variants: [long, short],
    defaultVariant: long,
    benchmark: ({ times }) => {
      let y = device.empty([4]);
      for (let i = 0; i < times; i++) y = scale(y, 2);
    },
    ...overrides,
  };
}

/** Keeps measurements in memory. */
function memoryStore(stored = new Map<string, Measurement>()): TuneStore {
  return {
    location: 'memory',
    load: async () => stored,
    save: async (measurements: Measurements) => {
      for (const [key, value] of measurements) stored.set(key, value);
    },
  };
}

describe('a choice', () => {
  test('is the default until something was measured', () => {
    for (const mode of ['off', 'cache', 'full'] as const) {
      expect(new Tuner(runtimeOf(device), mode).choose(choiceOf())).toBe(long);
    }
  });

  test('is the fastest once it was measured, in this process and the next', async () => {
    const stored = new Map<string, Measurement>();
    const tuner = new Tuner(runtimeOf(device), 'full', { store: memoryStore(stored) });
    const makings: Work[] = [];
    const discarded: Work[] = [];
    const made = await tuner.tuned(
      () => {
        makings.push(tuner.choose(choiceOf()));
        return makings.at(-1)!;
      },
      (old) => discarded.push(old),
    );
    expect(makings).toHaveLength(2);
    expect(discarded).toEqual([makings[0]]);
    const [[key, measurement]] = [...stored] as [[string, Measurement]];
    expect(key).toMatch(/^double \{"n":4\} [0-9a-f]{8}$/);
    expect(Object.keys(measurement.milliseconds).sort()).toEqual(['long', 'short']);
    expect(made.name).toBe(measurement.winner);

    const winner = { winner: 'short', milliseconds: { short: 1, long: 2 } };
    const next = (mode: 'off' | 'cache' | 'full') =>
      new Tuner(runtimeOf(device), mode, { measurements: new Map([[key, winner]]) });
    expect(next('cache').choose(choiceOf())).toBe(short);
    expect(next('full').choose(choiceOf())).toBe(short);
    expect(next('off').choose(choiceOf())).toBe(long);
    // Another shape, and a kernel that was changed since, are other work.
    expect(next('cache').choose(choiceOf({ shape: { n: 5 } }))).toBe(long);
    expect(next('cache').choose(choiceOf({ sources: ['kernel text, improved'] }))).toBe(long);
    // A variant that no longer exists is no answer.
    expect(next('cache').choose(choiceOf({ variants: [long] }))).toBe(long);
  });

  test('is told to what is dispatched meanwhile, with its reason, the outermost first', async () => {
    const known = [...'ab'].map((letter) => choiceOf({ operation: letter, shape: { n: 1 } }));
    const measurement = { winner: 'short', milliseconds: { short: 1.5, long: 2 } };
    const stored = new Map<string, Measurement>();
    const full = new Tuner(runtimeOf(device), 'full', { store: memoryStore(stored) });
    await full.tuned(
      () => full.choose(known[1]!),
      () => {},
    );
    const tuner = new Tuner(runtimeOf(device), 'cache', {
      measurements: new Map([...stored].map(([key]) => [key, measurement])),
    });
    tuner.perform(known[0]!, (outer) => {
      expect(outer).toBe(long);
      tuner.preferring(
        (operation) => (operation === 'c' ? 'short' : undefined),
        () =>
          tuner.perform(known[1]!, () => {
            expect(tuner.decisions).toEqual([
              {
                operation: 'a',
                variant: 'long',
                reason: 'default for software drivers: by measurements on llvmpipe',
              },
              {
                operation: 'b',
                variant: 'short',
                reason: 'fastest measured: 1.5 ms, next long with 2 ms',
              },
            ]);
            tuner.perform(choiceOf({ operation: 'c' }), () =>
              expect(tuner.decisions[2]).toMatchObject({
                variant: 'short',
                reason: expect.stringContaining('was named; without that the engine takes long here'),
              }),
            );
          }),
      );
    });
    expect(tuner.decisions).toEqual([]);
    expect(() =>
      tuner.perform(known[0]!, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(tuner.decisions).toEqual([]);
  });

  test('is measured once, and not at all in mode cache', async () => {
    const report = vi.fn();
    const full = new Tuner(runtimeOf(device), 'full');
    for (let i = 0; i < 2; i++)
      await full.tuned(
        () => full.choose(choiceOf()),
        () => {},
        report,
      );
    expect(report).toHaveBeenCalledTimes(1);
    const cache = new Tuner(runtimeOf(device), 'cache');
    expect(
      await cache.tuned(
        () => cache.choose(choiceOf()),
        () => {},
        report,
      ),
    ).toBe(long);
    expect(report).toHaveBeenCalledTimes(1);
  });

  test('leaves out variants that are not worth measuring or that fail', async () => {
    const broken = { name: 'broken', times: 0 };
    const unworthy = { name: 'unworthy', times: 1 };
    const tuner = new Tuner(runtimeOf(device), 'full');
    const notes: string[] = [];
    tuner.onNote = (sentence) => notes.push(sentence);
    const keys: Measurement[] = [];
    const choice = choiceOf({
      variants: [broken, short, unworthy],
      candidates: [broken, short],
      defaultVariant: short,
      benchmark: ({ name }) => {
        if (name === 'broken') throw new DeviceError('this adapter cannot');
        scale(device.empty([4]), 2);
      },
    });
    const chosen = await tuner.tuned(
      () => tuner.choose(choice),
      () => {},
      (_, measurement) => keys.push(measurement),
    );
    expect(chosen).toBe(short);
    expect(keys.map(({ milliseconds }) => Object.keys(milliseconds))).toEqual([['short']]);
    expect(keys[0]!.failed).toEqual({ broken: 'this adapter cannot' });
    expect(notes).toEqual(['double n 4: the variant broken is not used, this adapter cannot']);
  });

  test('inside another is measured first', async () => {
    const tuner = new Tuner(runtimeOf(device), 'full');
    const inner = choiceOf({ operation: 'inner' });
    const seen: string[] = [];
    const outer = choiceOf({
      operation: 'outer',
      benchmark: (variant) => {
        seen.push(tuner.choose(inner).name);
        choiceOf().benchmark(variant);
      },
    });
    const order: string[] = [];
    await tuner.tuned(
      () => tuner.choose(outer),
      () => {},
      (key) => order.push(key.split(' ')[0]!),
    );
    expect(order).toEqual(['inner', 'outer']);
    // The outer work is timed with what was found for the inner one.
    const known = new Set(seen.slice(1));
    expect(known.size).toBe(1);
  });

  test('can be forced', () => {
    const tuner = new Tuner(runtimeOf(device), 'off');
    expect(
      tuner.preferring(
        () => 'short',
        () => tuner.choose(choiceOf()),
      ),
    ).toBe(short);
    expect(
      tuner.preferring(
        () => 'nothing',
        () => tuner.choose(choiceOf()),
      ),
    ).toBe(long);
    expect(tuner.choose(choiceOf())).toBe(long);
  });

  test('says what is taken by default where another one was named', () => {
    const tuner = new Tuner(runtimeOf(device), 'off');
    const reasonOf = (name: string): string =>
      tuner.preferring(
        () => name,
        () => {
          let reason = '';
          tuner.perform(choiceOf(), () => {
            reason = tuner.decisions[0]!.reason;
          });
          return reason;
        },
      );
    expect(reasonOf('short')).toBe(
      'taken because it or its kernel was named; without that the engine takes long here (default for software drivers: by measurements on llvmpipe)',
    );
    expect(reasonOf('long')).toBe('default for software drivers: by measurements on llvmpipe');
  });
});

const one = new Map<string, Measurement>([['a', { winner: 'x', milliseconds: { x: 1 } }]]);
const two = new Map<string, Measurement>([['b', { winner: 'y', milliseconds: { y: 2, z: 3 } }]]);

describe('measurements are kept', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('in a file for each adapter', async () => {
    vi.stubEnv('NORMFACE_CACHE', await temporary());
    expect([...(await fileStore(device.report).load())]).toEqual([]);
    await fileStore(device.report).save(one);
    await fileStore(device.report).save(two);
    expect(await fileStore(device.report).load()).toEqual(new Map([...one, ...two]));
    expect([...(await fileStore({ ...device.report, description: 'driver 2' }).load())]).toEqual([]);
    const { adapter } = JSON.parse(await readFile(fileStore(device.report).location, 'utf8'));
    expect(adapter.driver).toBe(device.report.description);
  });

  test('and a damaged file costs only time', async () => {
    vi.stubEnv('NORMFACE_CACHE', await temporary());
    const store = fileStore(device.report);
    await store.save(one);
    for (const text of [
      '{"measur',
      'null',
      '[]',
      '{"measurements": {"a": 7, "c": {"winner": 1}, "d": null}}',
    ]) {
      await writeFile(store.location, text);
      expect([...(await store.load())]).toEqual([]);
    }
    await store.save(one);
    expect(await store.load()).toEqual(one);
  });

  test('and a folder that cannot be written is one clear sentence', async () => {
    const folder = await temporary();
    await writeFile(join(folder, 'tune'), 'a file in the way');
    vi.stubEnv('NORMFACE_CACHE', folder);
    await expect(fileStore(device.report).save(one)).rejects.toThrow(
      /^the measurements of kernels cannot be stored: /,
    );
  });

  test('in the browser in IndexedDB', async () => {
    await indexedDbStore(device.report)!.save(one);
    await indexedDbStore(device.report)!.save(two);
    expect(await indexedDbStore(device.report)!.load()).toEqual(new Map([...one, ...two]));
    expect([...(await indexedDbStore({ ...device.report, device: 'another' })!.load())]).toEqual([]);
    vi.stubGlobal('indexedDB', undefined);
    expect(indexedDbStore(device.report)).toBeNull();
    vi.unstubAllGlobals();
  });
});

test.each(['process', 'child'] as const)(
  'a real operator is tuned in a %s and computes the same',
  async (tuneIn) => {
    const { openDevice } = await import('../../src/engine/runtime/device.node.ts');
    const { matmul } = await import('../../src/engine/ops/matmul/matmul.ts');
    vi.stubEnv('NORMFACE_CACHE', await temporary());
    const values = Float32Array.from({ length: 32 * 32 }, (_, i) => Math.sin(i));
    const product = async (tune: 'off' | 'full') => {
      const other = await openDevice({ tune, tuneIn, tuneSeconds: 600 });
      const a = other.tensor(values, [32, 32]);
      const step = await other.tuner.tuned(
        () => other.capture(() => matmul(a, a)),
        (discarded) => discarded.dispose(),
      );
      step.run();
      const result = await step.outputs.readFloats();
      other.close();
      return result;
    };
    const [tuned, defaultVariant] = [await product('full'), await product('off')];
    tuned.forEach((value, i) => {
      expect(value).toBeCloseTo(defaultVariant[i]!, 4);
    });
    const [[key, measurement]] = [...(await fileStore(device.report).load())] as [[string, Measurement]];
    expect(key).toMatch(/^gemm /);
    expect(Object.keys(measurement.milliseconds).length).toBeGreaterThan(1);
    expect(measurement.failed).toBeUndefined();
    vi.unstubAllEnvs();
  },
);
