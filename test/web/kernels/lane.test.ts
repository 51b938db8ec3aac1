import { expect, test } from 'vitest';
import { isAbort, Lane } from '../../../src/web/kernels/lane.ts';

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test('tasks run one after the other, and the later one asks the earlier one to stop', async () => {
  const lane = new Lane();
  const log: string[] = [];
  const first = lane.run(async (signal) => {
    log.push('first begins');
    for (let i = 0; i < 5; i++) await tick();
    log.push('first is done');
    signal.throwIfAborted();
  });
  await tick();
  expect(lane.busy).toBe(true);
  const second = lane.run(async () => {
    log.push('second');
    return 2;
  });
  await expect(first).rejects.toSatisfy(isAbort);
  expect(await second).toBe(2);
  expect(log).toEqual(['first begins', 'first is done', 'second']);
  expect(lane.busy).toBe(false);
});

test('a task that has not begun when another one comes never begins', async () => {
  const lane = new Lane();
  const running = lane.run(() => tick());
  let begun = false;
  const waiting = lane.run(async () => {
    begun = true;
  });
  const last = lane.run(async () => 'last');
  await running.catch(() => {});
  await expect(waiting).rejects.toSatisfy(isAbort);
  expect(await last).toBe('last');
  expect(begun).toBe(false);
});

test('a failure is told to whoever asked and does not block the lane', async () => {
  const lane = new Lane();
  await expect(lane.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(lane.busy).toBe(false);
  expect(await lane.run(async () => 1)).toBe(1);
});

test('stopping aborts what runs', async () => {
  const lane = new Lane();
  const task = lane.run(async (signal) => {
    await tick();
    signal.throwIfAborted();
  });
  lane.stop();
  await expect(task).rejects.toSatisfy(isAbort);
  expect(isAbort(new Error('AbortError'))).toBe(false);
});
