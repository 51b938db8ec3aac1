import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { RunLock } from '../../../src/normface/training/run/run-lock.node.ts';

let run: string;
beforeEach(() => {
  run = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-lock-'));
});
afterEach(() => fs.rmSync(run, { recursive: true, force: true }));

const file = () => path.join(run, 'lock.json');
const holder = () => JSON.parse(fs.readFileSync(file(), 'utf8'));

/** Leaves the lock of another process, as it would have written it. */
function leave(changes: object): void {
  const lock = new RunLock(run);
  const own = holder();
  lock.release();
  fs.writeFileSync(file(), JSON.stringify({ ...own, ...changes }));
}

/** The number of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  return child.pid!;
}

test('a second lock is refused with process and host until the first is released', () => {
  const first = new RunLock(run);
  expect(() => new RunLock(run)).toThrow(UserError);
  expect(() => new RunLock(run)).toThrow(
    `the run ${run} is in use by process ${process.pid} on ${os.hostname()} since `,
  );
  first.release();
  const second = new RunLock(run);
  first.release();
  expect(fs.existsSync(file())).toBe(true);
  second.release();
  expect(fs.readdirSync(run)).toEqual([]);
});

test('the lock of a process that is gone is taken over', async () => {
  leave({ pid: await deadProcess() });
  const lock = new RunLock(run);
  expect(holder().pid).toBe(process.pid);
  lock.release();
  expect(fs.readdirSync(run)).toEqual([]);
});

test.skipIf(process.platform !== 'linux')(
  'the lock of a process whose number another process has now is taken over',
  () => {
    leave({ began: '1' });
    new RunLock(run).release();
    expect(fs.readdirSync(run)).toEqual([]);
  },
);

test('the lock of another machine stands, whatever its process', async () => {
  leave({ pid: await deadProcess(), host: 'elsewhere' });
  expect(() => new RunLock(run)).toThrow(
    /process \d+ on elsewhere .*if that process is gone, remove .*lock.json/,
  );
});

test('an empty lock stands while it may be being written, and is taken over later', () => {
  fs.writeFileSync(file(), '');
  expect(() => new RunLock(run)).toThrow(/in use by another process/);
  fs.utimesSync(file(), 1, 1);
  new RunLock(run).release();
});

test('a folder that cannot be written gets a sentence', () => {
  expect(() => new RunLock(path.join(run, 'gone'))).toThrow(
    /cannot write .*lock.json: there is no such file/,
  );
});
