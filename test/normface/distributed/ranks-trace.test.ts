import { expect, test } from 'vitest';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import type { ExchangeTimes } from '../../../src/engine/runtime/exchange.ts';
import { alignClocks } from '../../../src/normface/distributed/align-clocks.ts';
import { spansOf, traceOfRanks } from '../../../src/normface/distributed/ranks-trace.ts';
import { type RankStep, StepRecorder } from '../../../src/normface/distributed/step-recorder.ts';

const exchange = (name: string, times: Partial<ExchangeTimes>): ExchangeTimes => ({
  ...{ name, begin: 1, end: 2, bytes: 100, begun: 0, read: 0, started: 0, done: 0, needed: 0, idle: 0 },
  ...{ written: 0, ...times },
});

/** Two ranks whose clocks are 1000 ms apart; rank 1 comes 5 ms later to everything. */
function twoRanks(): RankStep[] {
  const rank = (number: number, zero: number, passes: RankStep['passes']): RankStep => ({
    ...{ rank: number, host: `host-${number}`, step: 9, sent: 300 },
    clock: { offset: number === 0 ? 0 : 1000, uncertainty: 0.1 },
    ...{ began: zero, gathered: zero + 1, ended: zero + 40 },
    exchanges: [
      exchange('bucket 1', {
        ...{ read: zero + 12, started: zero + 12, done: 30 + zero - (number === 0 ? 0 : 5) },
        ...{ needed: zero + 3, idle: zero + 20, written: zero + 31 },
      }),
    ],
    passes,
  });
  const passes = (zero: number) => [
    { first: 0, end: 1, began: zero + 2, ended: zero + 11, name: 'conv2d', kind: 'forward' as const },
    { first: 1, end: 2, began: zero + 11, ended: zero + 20, name: 'sgd', kind: 'update' as const },
  ];
  return [rank(0, 2000, passes(2000)), rank(1, 1005, null)];
}

test('spans of all ranks are on one clock, from the moment when the first came to the step', () => {
  const [first, second] = spansOf(twoRanks());
  const at = (spans: typeof first, lane: string) =>
    spans!.filter((span) => span.lane === lane).map(({ from, to }) => [from, to]);
  expect(at(first, 'step')).toEqual([[0, 40]]);
  expect(at(second, 'step')).toEqual([[5, 45]]);
  expect(at(first, 'GPU')).toEqual([
    [2, 11],
    [11, 20],
  ]);
  expect(at(second, 'GPU')).toEqual([]);
  // The pass that made it had ended at 11; without timestamps nobody knows.
  expect(at(first, 'read back')).toEqual([[11, 12]]);
  expect(at(second, 'read back')).toEqual([]);
  expect(at(first, 'between the ranks')).toEqual([
    [0, 1],
    [12, 30],
  ]);
  expect(at(first, 'upload')).toEqual([[30, 31]]);
  // The GPU had work until 20.
  expect(at(first, 'waiting')).toEqual([
    [0, 1],
    [20, 31],
  ]);
  const [, message] = first!.filter(({ lane }) => lane === 'between the ranks');
  expect(message!.args).toMatchObject({ 'last to come': 'rank 1', 'came later by ms': 5 });
});

test('the trace has a process for each rank, threads whose events do not overlap, and what the clocks are worth', () => {
  const steps = twoRanks();
  const late = exchange('bucket 2', { started: 2025, done: 2032, needed: 2029, idle: 2020, written: 2033 });
  // What waits for this one overlaps with what waits for the first.
  const [first, second] = steps as [RankStep, RankStep];
  const trace = traceOfRanks([
    { ...first, exchanges: [...first.exchanges, late] },
    { ...second, exchanges: [...second.exchanges, late] },
  ]);
  expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
  expect(trace.otherData).toEqual({
    title: 'step 10 of 2 ranks',
    'added to the clock of each rank':
      'rank 0: 0.000 ms, give or take 0.100 ms; rank 1: 1000.000 ms, give or take 0.100 ms',
    'no passes of the GPU': 'the adapters of the ranks 1 have no timestamps',
  });
  const names = trace.traceEvents.filter(({ name }) => name === 'process_name');
  expect(names.map(({ pid, args }) => [pid, args.name])).toEqual([
    [0, 'rank 0 on host-0'],
    [1, 'rank 1 on host-1'],
  ]);
  const threads = trace.traceEvents.filter(({ pid, name }) => pid === 0 && name === 'thread_name');
  expect(threads.map(({ args }) => args.name)).toContain('waiting, 2');
  for (const { pid, tid } of threads) {
    const events = trace.traceEvents.filter(
      (event) => event.pid === pid && event.tid === tid && event.ph === 'X',
    );
    expect(events.length).toBeGreaterThan(0);
    events.forEach(({ ts, dur }, i) => {
      const next = events[i + 1];
      if (next) expect(ts! + dur!).toBeLessThanOrEqual(next.ts!);
    });
  }
});

test('clocks of ranks are compared by barriers', async () => {
  const offsets = await runInProcess(3, (ranks) =>
    alignClocks(ranks, () => performance.now() - 100 * ranks.rank),
  );
  expect(offsets[0]).toEqual({ offset: 0, uncertainty: 0 });
  for (const rank of [1, 2]) {
    // Without an error but for what this machine does meanwhile.
    expect(Math.abs(offsets[rank]!.offset - 100 * rank)).toBeLessThan(10);
    expect(offsets[rank]!.uncertainty).toBeLessThan(10);
  }
});

test('one step is recorded: the tenth after the start, or the last one', async () => {
  const recordedOf = async (first: number, total: number) => {
    const taken: (readonly RankStep[])[] = [];
    await runInProcess(2, async (ranks) => {
      const recorder = new StepRecorder((steps) => taken.push(steps));
      recorder.choose(first, total);
      for (let step = first; step <= total; step++) {
        await recorder.beginStep(ranks, step);
        expect(recorder.records).toBe(step === Math.min(first + 9, total - 1));
        await ranks.allReduce(new Float32Array(step));
        recorder.noteExchange(exchange(`step ${step}`, {}));
        await recorder.endStep(ranks, `host-${ranks.rank}`);
      }
    });
    return taken;
  };
  const [steps, ...more] = await recordedOf(20, 100);
  expect(more).toEqual([]);
  expect(steps!.map(({ rank, host, step }) => [rank, host, step])).toEqual([
    [0, 'host-0', 29],
    [1, 'host-1', 29],
  ]);
  // 29 numbers; nothing of the other steps.
  expect(steps![0]!.sent).toBe(4 * 29);
  expect(steps![1]!.exchanges.map(({ name }) => name)).toEqual(['step 29']);
  expect((await recordedOf(0, 3))[0]![0]!.step).toBe(2);
});
