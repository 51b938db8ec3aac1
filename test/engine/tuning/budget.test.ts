import { afterEach, expect, test, vi } from 'vitest';
import { runtimeOf } from '../../../src/engine/runtime/runtime.ts';
import type { Bench } from '../../../src/engine/tuning/bench.ts';
import type { Choice, Variant } from '../../../src/engine/tuning/choice.ts';
import { Tuner } from '../../../src/engine/tuning/tune.ts';
import { testDevice } from '../open.ts';

const device = await testDevice();

afterEach(() => vi.useRealTimers());

const [usual, other] = [{ name: 'usual' }, { name: 'other' }];

const choiceOf = (operation: string, flops: number): Choice<Variant> => ({
  operation,
  shape: {},
  flops,
  sources: [],
  variants: [usual, other],
  defaultVariant: usual,
  benchmark: () => {},
});

/** Times by a clock of its own: a run takes a second, of `other` half of one. */
function clockBench(loaded: string[]): Bench {
  vi.useFakeTimers({ toFake: ['performance'] });
  return {
    load: async (label) => {
      loaded.push(label);
      const milliseconds = label.endsWith('other') ? 500 : 1000;
      return {
        run: async (repeats) => {
          vi.advanceTimersByTime(milliseconds * repeats);
          return milliseconds * repeats;
        },
        dispose: () => {},
      };
    },
    end: () => {},
  };
}

/** Tunes a step of one small piece of work, one large one, and three of middle size that are alike. */
async function tune(seconds: number) {
  const loaded: string[] = [];
  const notes: string[] = [];
  const tuner = new Tuner(runtimeOf(device), 'full');
  tuner.measureOn(clockBench(loaded), seconds);
  tuner.onNote = (sentence) => notes.push(sentence);
  const step = [
    ['small', 1],
    ['large', 100],
    ['middle', 40],
    ['middle', 40],
    ['middle', 40],
  ] as const;
  const measured: string[] = [];
  const make = () => step.map(([operation, flops]) => tuner.choose(choiceOf(operation, flops)).name);
  const chosen = await tuner.tuned(
    make,
    () => {},
    (key) => measured.push(key.split(' ')[0]!),
  );
  return { loaded, notes, measured, chosen, tuner, make };
}

test('what takes most of the arithmetic of a step is measured first', async () => {
  const { measured, chosen, notes } = await tune(Number.POSITIVE_INFINITY);
  expect(measured).toEqual(['middle', 'large', 'small']);
  expect(chosen).toEqual(Array(5).fill('other'));
  expect(notes).toEqual([]);
});

test('when the time is over, what is left keeps its default, and one sentence says how much that is', async () => {
  const { measured, chosen, notes, loaded, tuner, make } = await tune(50);
  expect(measured).toEqual(['middle', 'large']);
  expect(chosen).toEqual(['usual', 'other', 'other', 'other', 'other']);
  expect(notes).toEqual([
    'the 50 s that measuring variants may take are over: pieces of work measured: 2, not measured: 1; these keep their defaults',
  ]);
  expect(tuner.unmeasured).toBe(1);
  // Nothing begins any more, and of what was left nothing more is said.
  const before = loaded.length;
  await tuner.tuned(make, () => {});
  expect([loaded.length, notes.length]).toEqual([before, 1]);
});

test('a budget is some time', async () => {
  const { openDevice } = await import('../../../src/engine/runtime/device.node.ts');
  await expect(openDevice({ tuneSeconds: 0 })).rejects.toThrow(
    'tuneSeconds must be a positive number, not 0',
  );
});
