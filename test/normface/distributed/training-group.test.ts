import { expect, test } from 'vitest';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { TrainingGroup } from '../../../src/normface/distributed/training-group.ts';

test('who is asked to stop stops all ranks after the same step', async () => {
  const stops = await runInProcess(3, async (ranks) => {
    const group = new TrainingGroup(ranks, { host: 'here', reportEvery: 100 });
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
    const group = new TrainingGroup(ranks, { host: 'here', reportEvery: 100 });
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
      const group = new TrainingGroup(ranks, { host: 'here', reportEvery: 100 });
      await group.onFirst(() => Promise.reject(new Error('no room')));
    }),
  ).rejects.toThrow(/no room|rank 0 failed/);
});

test('what rank 0 makes is given to all', async () => {
  const made = await runInProcess(3, (ranks) =>
    new TrainingGroup(ranks, { host: 'here', reportEvery: 100 }).fromFirst(() => `runs/${ranks.rank}`),
  );
  expect(made).toEqual(['runs/0', 'runs/0', 'runs/0']);
});

test('from time to time rank 0 tells which rank computes longest', async () => {
  const lines: string[] = [];
  await runInProcess(3, async (ranks) => {
    let clock = 0;
    const group = new TrainingGroup(ranks, { host: `host-${ranks.rank}`, reportEvery: 5, now: () => clock });
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
  expect(lines).toHaveLength(2);
  expect(lines[0]).toBe(
    '0: slowest of the last 5 steps: rank 2 on host host-2, compute 1.80 × the median · ranks compute 50 %, wait 40 %, communicate 10 %',
  );
});
