import { expect, test } from 'vitest';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { TrainingGroup } from '../../../src/normface/distributed/training-group.ts';

test('who is asked to stop stops all ranks after the same step', async () => {
  const stops = await runInProcess(3, async (ranks) => {
    const group = new TrainingGroup(ranks, { host: 'here' });
    let step = 0;
    group.listen(() => ranks.rank === 1 && step === 4);
    // As the loop does: it looks before a step, and has waited for the step before the one before.
    for (; step < 20 && !group.stopsAt(step); step++) await group.beginStep(step);
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

test('what rank 0 makes is given to all', async () => {
  const made = await runInProcess(3, (ranks) =>
    new TrainingGroup(ranks, { host: 'here' }).fromFirst(() => `runs/${ranks.rank}`),
  );
  expect(made).toEqual(['runs/0', 'runs/0', 'runs/0']);
});

test.each([
  [5, 2],
  [10, 1],
  [0, 0],
])('every %i steps rank 0 tells which rank computes longest', async (reportEvery, count) => {
  const lines: string[] = [];
  await runInProcess(3, async (ranks) => {
    let clock = 0;
    const group = new TrainingGroup(ranks, { host: `host-${ranks.rank}`, now: () => clock });
    group.reportEvery = reportEvery;
    group.onReport = (line) => lines.push(`${ranks.rank}: ${line}`);
    for (let step = 0; step < 10; step++) {
      await group.beginStep(step);
      // All steps take 100 ms; rank 2 computes for 90 of them, the others for 50 and wait.
      const blocked = ranks.rank === 2 ? 10 : 50;
      group.noteExchange({ name: 'x', begun: 0, read: 0, needed: 100 - blocked, done: 100, written: 100 });
      clock += 100;
      await group.endStep(step + 1);
    }
  });
  const line = `0: slowest of the last ${reportEvery} steps: rank 2 on host host-2, compute 1.80 × the median · ranks compute 50 %, wait 40 %, communicate 10 %`;
  expect(lines).toEqual(Array<string>(count).fill(line));
});
