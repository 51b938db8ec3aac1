import { expect, test } from 'vitest';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { gatherLabels, TrainingGroup } from '../../../src/normface/distributed/training-group.ts';

test('who is asked to stop stops all ranks after the same step', async () => {
  const stops = await runInProcess(3, async (ranks) => {
    const group = new TrainingGroup(ranks, { host: 'here' });
    let step = 0;
    group.listen(() => ranks.rank === 1 && step === 4);
    // As the loop does: it looks before a step, and has waited for the step before the one before.
    for (; step < 20 && !group.stopsAt(step); step++)
      await group.beginStep(Uint32Array.of(ranks.rank), { batchSize: 3 }, step);
    return step;
  });
  expect(stops).toEqual([6, 6, 6]);
});

test('the others wait for what rank 0 does alone, and get its failure', async () => {
  const order = await runInProcess(2, async (ranks) => {
    const group = new TrainingGroup(ranks, { host: 'here' });
    const seen: string[] = [];
    await group.onFirst(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push('done');
    });
    seen.push('after');
    return seen;
  });
  expect(order).toEqual([['done', 'after'], ['after']]);
  await expect(
    runInProcess(2, async (ranks) => {
      const group = new TrainingGroup(ranks, { host: 'here' });
      await group.onFirst(() => Promise.reject(new Error('no room')));
    }),
  ).rejects.toThrow(/no room|rank 0 failed/);
});

test('the others hear from rank 0 well within the time that they wait, however long it is busy', async () => {
  const told = await runInProcess(2, async (ranks) => {
    const group = new TrainingGroup(ranks, { host: 'here', patience: 20 });
    const broadcast = ranks.broadcast.bind(ranks);
    let count = 0;
    ranks.broadcast = (...args) => {
      count++;
      return broadcast(...args);
    };
    await group.onFirst(async () => {
      while (count < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    });
    return count;
  });
  for (const count of told) expect(count).toBeGreaterThanOrEqual(3);
});

test('what rank 0 makes is given to all', async () => {
  const made = await runInProcess(3, (ranks) =>
    new TrainingGroup(ranks, { host: 'here' }).fromFirst(() => `runs/${ranks.rank}`),
  );
  expect(made).toEqual(['runs/0', 'runs/0', 'runs/0']);
});

test('labels of all ranks come together, whatever their numbers of rows, with a mark of any of them', async () => {
  const gathered = await runInProcess(3, async (ranks) => {
    const own = Uint32Array.from([[1, 2], [3, 4], [5]][ranks.rank]!);
    const unmarked = await gatherLabels(ranks, own, { batchSize: 5 });
    return [unmarked, await gatherLabels(ranks, own, { batchSize: 5 }, ranks.rank === 2)];
  });
  const all = Uint32Array.of(1, 2, 3, 4, 5);
  for (const rank of gathered)
    expect(rank).toEqual([
      { all, isAnyMarked: false },
      { all, isAnyMarked: true },
    ]);
});

test('labels of more rows than a call has room for arguments', async () => {
  const rows = 300_000;
  const own = new Uint32Array(rows).fill(7);
  const [gathered] = await runInProcess(1, (ranks) => gatherLabels(ranks, own, { batchSize: rows }, true));
  expect(gathered!.isAnyMarked).toBe(true);
  expect(Buffer.from(gathered!.all.buffer).equals(Buffer.from(own.buffer))).toBe(true);
});

test('labels of several batches come batch by batch', async () => {
  const gathered = await runInProcess(2, (ranks) => {
    const own = Uint32Array.from(
      [
        [1, 2, 11, 12],
        [3, 13],
      ][ranks.rank]!,
    );
    return gatherLabels(ranks, own, { batchSize: 3, batches: 2 }, ranks.rank === 0);
  });
  for (const rank of gathered)
    expect(rank).toEqual({ all: Uint32Array.of(1, 2, 3, 11, 12, 13), isAnyMarked: true });
});

const exchange = {
  name: 'x',
  begin: 0,
  end: 0,
  bytes: 0,
  begun: 0,
  read: 0,
  started: 0,
  idle: 0,
  written: 100,
};

test.each([
  [5, 2],
  [10, 1],
  [0, 0],
])('every %i steps rank 0 tells which rank computes longest', async (reportEvery, count) => {
  const lines: string[] = [];
  const records = await runInProcess(3, async (ranks) => {
    const kept: unknown[] = [];
    let clock = 0;
    const group = new TrainingGroup(ranks, { host: `host-${ranks.rank}`, now: () => clock });
    group.reportEvery = reportEvery;
    group.onReport = (line) => lines.push(`${ranks.rank}: ${line}`);
    group.onRecord = (record, step) => kept.push({ step, ...record });
    for (let step = 0; step < 10; step++) {
      await group.beginStep(Uint32Array.of(ranks.rank), { batchSize: 3 }, step);
      // All steps take 100 ms; rank 2 computes for 90 of them, the others for 50 and wait.
      const blocked = ranks.rank === 2 ? 10 : 50;
      group.noteExchange({ ...exchange, needed: 100 - blocked, done: 100 });
      // The GPU still had work when this one was done.
      group.noteExchange({ ...exchange, needed: 20, done: 60, idle: 80 });
      clock += 100;
      await group.endStep(step + 1);
    }
    return kept;
  });
  const line = `0: slowest of the last ${reportEvery} steps: rank 2 on host host-2, compute 1.80 × the median · ranks compute 50 %, wait 40 %, communicate 10 %, send 16 B a step`;
  expect(lines).toEqual(Array<string>(count).fill(line));
  for (const kept of records) expect(kept).toHaveLength(count);
  if (count === 0) return;
  // Three labels and three marks of 4 bytes, of which a ring sends two thirds.
  const [compute, waiting, communication] = [0.05, 0.04, 0.01].map((value) => expect.closeTo(value, 9));
  expect(records[1]!.at(-1)).toEqual({
    ...{ step: 10, steps: reportEvery, sentBytes: 16 },
    ...{ computeSeconds: compute, waitingSeconds: waiting, communicationSeconds: communication },
  });
});
