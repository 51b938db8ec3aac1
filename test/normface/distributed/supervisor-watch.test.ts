import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { watchSupervisor } from '../../../src/normface/distributed/supervisor-watch.node.ts';

const times = { look: 10, elsewhere: 40 };
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Counts how often a supervisor is said to be gone. */
function watch(pid: number, host = os.hostname()) {
  const seen = { gone: 0 };
  const end = watchSupervisor({ pid, host }, () => seen.gone++, times);
  onTestFinished(end);
  return { seen, end };
}

test('a supervisor that runs is not gone although its pipe has ended, until it ends', async () => {
  const child = spawn('sleep', ['60']);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  const { seen } = watch(child.pid!);
  await wait(100);
  expect(seen.gone).toBe(0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await wait(100);
  expect(seen.gone).toBe(1);
  // Known at once from then on.
  expect(watch(child.pid!).seen.gone).toBe(1);
});

test('of another host it is known only by the time', async () => {
  const { seen } = watch(process.pid, 'elsewhere.lan');
  const other = watch(process.pid, 'elsewhere.lan');
  other.end();
  expect(seen.gone).toBe(0);
  await wait(150);
  expect([seen.gone, other.seen.gone]).toEqual([1, 0]);
});
