import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAbandoned, withLock } from '../../scripts/setup/lock.mjs';

const NOBODY = 2 ** 22 + 1; // above Linux' largest process number

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'normface-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a lock is abandoned if its process is gone from this machine, or after half an hour', () => {
  const here = { host: 'a', isAlive: (pid: number) => pid === 7 };
  expect(isAbandoned({ pid: 7, host: 'a', ageMs: 1000 }, here)).toBe(false);
  expect(isAbandoned({ pid: 8, host: 'a', ageMs: 1000 }, here)).toBe(true);
  expect(isAbandoned({ pid: 8, host: 'b', ageMs: 1000 }, here)).toBe(false);
  expect(isAbandoned({ pid: 8, host: 'b', ageMs: 31 * 60_000 }, here)).toBe(true);
  expect(isAbandoned({ pid: 7, host: 'a', ageMs: 31 * 60_000 }, here)).toBe(true);
});

test('one at a time, and those who wait are told by whom', async () => {
  let inside = 0;
  let most = 0;
  const waitedFor: number[] = [];
  const work = async () => {
    most = Math.max(most, ++inside);
    await sleep(30);
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, work, (pid) => waitedFor.push(pid))));
  expect(most).toBe(1);
  expect(waitedFor).toEqual([process.pid, process.pid]);
  expect(existsSync(path)).toBe(false);
});

test('the lock of a process that died is taken over, by one of several that want it', async () => {
  writeFileSync(path, JSON.stringify({ pid: NOBODY, host: hostname() }));
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid);
    await sleep(10);
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, work, () => {})));
  expect(most).toBe(1);
});

test('a failure releases the lock', async () => {
  const failure = withLock(
    path,
    () => Promise.reject(new Error('no')),
    () => {},
  );
  await expect(failure).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});
