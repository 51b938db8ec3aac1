import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  kill,
  processesOf,
  removeSegments,
  removeSession,
} from '../../../src/normface/distributed/job-processes.node.ts';

test.skipIf(!fs.existsSync('/proc/self/environ'))(
  'processes of a job are found by its name, and ended',
  async () => {
    const job = `test-${process.pid}`;
    const child = spawn('sleep', ['60'], { env: { ...process.env, NORMFACE_JOB: job } });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    expect(processesOf(job)).toEqual([child.pid]);
    expect(processesOf(`${job}0`)).toEqual([]);
    kill(processesOf(job));
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    expect(processesOf(job)).toEqual([]);
  },
);

test('shared memory that the job left goes, older files and those of others stay', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-shm-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const others = ['sem.other', 'vader_segment.a.0.1.1', 'vader_segment.ab.0.1.0', 'vader_segment.b.0.1.0'];
  for (const name of ['vader_segment.a.0.1.0', ...others]) fs.writeFileSync(path.join(folder, name), '');
  const began = Date.now() - 1000;
  fs.utimesSync(path.join(folder, 'vader_segment.a.0.1.1'), 0, 0);
  expect(removeSegments(began, { folder, host: 'a.lan' })).toEqual(['vader_segment.a.0.1.0']);
  expect(fs.readdirSync(folder).sort()).toEqual(others);
  const [own = ''] = os.hostname().split('.');
  fs.writeFileSync(path.join(folder, `vader_segment.${own}.0.1.0`), '');
  expect(removeSegments(began, { folder })).toHaveLength(1);
  expect(removeSegments(0, { folder: path.join(folder, 'nowhere') })).toEqual([]);
});

test("a launcher's folder goes, those of others stay", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-session-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const others = ['ompi.ab.0', 'ompi.ab.0/pid.12', 'other', 'other/pid.12'];
  for (const name of ['ompi.a.0/pid.12/0', 'ompi.a.0/pid.123', ...others])
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  const left = () => (fs.readdirSync(folder, { recursive: true }) as string[]).sort();
  removeSession(12, { folder, host: 'a' });
  expect(left()).toEqual(['ompi.a.0', 'ompi.a.0/pid.123', ...others]);
  removeSession(123, { folder, host: 'a.lan' });
  expect(left()).toEqual(others);
  removeSession(123, { folder: path.join(folder, 'nowhere') });
});
