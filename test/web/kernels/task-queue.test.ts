import { expect, test } from 'vitest';
import { isAbort, TaskQueue } from '../../../src/web/kernels/task-queue.ts';

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test('tasks run one after the other, and the later one asks the earlier one to stop', async () => {
  const queue = new TaskQueue();
  const log: string[] = [];
  const first = queue.run(async (signal) => {
    log.push('first begins');
    for (let i = 0; i < 5; i++) await tick();
    log.push('first is done');
    signal.throwIfAborted();
  });
  await tick();
  expect(queue.busy).toBe(true);
  const second = queue.run(async () => {
    log.push('second');
    return 2;
  });
  await expect(first).rejects.toSatisfy(isAbort);
  expect(await second).toBe(2);
  expect(log).toEqual(['first begins', 'first is done', 'second']);
  expect(queue.busy).toBe(false);
});

test('a task that has not begun when another one comes never begins', async () => {
  const queue = new TaskQueue();
  const running = queue.run(() => tick());
  let begun = false;
  const waiting = queue.run(async () => {
    begun = true;
  });
  const last = queue.run(async () => 'last');
  await running.catch(() => {});
  await expect(waiting).rejects.toSatisfy(isAbort);
  expect(await last).toBe('last');
  expect(begun).toBe(false);
});

test('a failure is told to the caller who asked and does not block the queue', async () => {
  const queue = new TaskQueue();
  await expect(queue.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(queue.busy).toBe(false);
  expect(await queue.run(async () => 1)).toBe(1);
});

test('stopping aborts what runs', async () => {
  const queue = new TaskQueue();
  const task = queue.run(async (signal) => {
    await tick();
    signal.throwIfAborted();
  });
  queue.stop();
  await expect(task).rejects.toSatisfy(isAbort);
  expect(isAbort(new Error('AbortError'))).toBe(false);
});
