import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/common/trace-events.ts';
import { traceOf } from '../../../src/inspector/profile/trace.ts';
import { sample } from './sample.ts';

const { traceEvents } = JSON.parse(JSON.stringify(traceOf(sample))) as { traceEvents: TraceEvent[] };
const complete = (tid: number) => traceEvents.filter((event) => event.ph === 'X' && event.tid === tid);

test('threads and process have names, and every event lies on one of them', () => {
  const names = traceEvents.filter(({ ph }) => ph === 'M');
  expect(names).toContainEqual({
    name: 'process_name',
    ph: 'M',
    pid: 1,
    tid: 1,
    args: { name: sample.title },
  });
  const threads = names.filter(({ name }) => name === 'thread_name').map(({ tid, args }) => [tid, args.name]);
  expect(threads).toEqual([
    [1, 'operators'],
    [2, 'dispatches'],
  ]);
  for (const { pid, tid } of traceEvents) expect([pid, [1, 2].includes(tid)]).toEqual([1, true]);
});

test('events of a thread follow one another without overlap, also as whole nanoseconds', () => {
  const dispatches = Array.from({ length: 300 }, (_, i) => ({
    ...sample.dispatches[2]!,
    index: i,
    call: Math.floor(i / 3),
    microseconds: 0.1 + (i % 7) / 3,
  }));
  const long = traceOf({ ...sample, dispatches }).traceEvents;
  for (const events of [traceEvents, long]) {
    for (const tid of [1, 2]) {
      let [end, nanoseconds] = [0, 0];
      for (const event of events.filter(({ ph, tid: thread }) => ph === 'X' && thread === tid)) {
        const [ts, dur] = [event.ts!, event.dur!];
        expect(ts).toBe(end);
        // Sums of such numbers are exact.
        expect([64 * ts, 64 * dur].every(Number.isInteger)).toBe(true);
        expect(Math.trunc(1e3 * ts)).toBeGreaterThanOrEqual(nanoseconds);
        end = ts + dur;
        nanoseconds = Math.trunc(1e3 * ts) + Math.trunc(1e3 * dur);
      }
      const sum = (events === long ? dispatches : sample.dispatches).reduce(
        (a, { microseconds }) => a + microseconds,
        0,
      );
      expect(end).toBeCloseTo(sum, 1);
    }
  }
});

test('each operator call spans exactly its dispatches', () => {
  const calls = complete(1);
  expect(calls.map(({ name }) => name)).toEqual([
    'imageBatch',
    'conv2d',
    'conv2d',
    'softmaxLoss',
    'softmaxLoss backward',
    'conv2d backward',
    'fill <all>',
    'SGD',
  ]);
  const parts = complete(2);
  for (const call of calls) {
    const inside = parts.filter(({ ts }) => ts! >= call.ts! && ts! < call.ts! + call.dur!);
    expect(inside.length).toBe(call.args.dispatches);
    expect(inside.reduce((sum, { dur }) => sum + dur!, 0)).toBe(call.dur);
    expect(inside.reduce((sum, { args }) => sum + (args.FLOP as number), 0)).toBe(call.args.FLOP);
  }
});

test('a dispatch says what it computed on which shapes, and why so', () => {
  expect(complete(2)[2]).toMatchObject({
    name: 'gemm/tile_product_subgroup',
    cat: 'dispatch',
    args: {
      FLOP: 12e6,
      bytes: 900e3,
      'GFLOP/s': 36,
      'bound by': 'arithmetic',
      'reads x': 'f32 8×14×12×32',
      'writes y': 'f32 8×14×12×64',
      variant: 'subgroup 32×64',
      why: 'default for GPUs of NVIDIA: estimated, not measured',
      constants: 'TILE_M 32, TILE_N 64',
    },
  });
});

test('a counter follows the live bytes', () => {
  const counter = traceEvents.filter(({ ph }) => ph === 'C');
  expect(counter.map(({ args }) => Math.round((args.MiB as number) * 2 ** 20))).toEqual([
    256_000, 768_000, 1_368_000, 856_000, 600_004, 600_004, 856_004, 256_004, 4,
  ]);
});
