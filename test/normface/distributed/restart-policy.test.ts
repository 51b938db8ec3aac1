import { expect, test } from 'vitest';
import { LauncherText, OutputFilter } from '../../../src/normface/distributed/launcher-text.ts';
import { messageLine, splitMessage } from '../../../src/normface/distributed/messages.ts';
import { type JobEnd, judge } from '../../../src/normface/distributed/restart-policy.ts';

const start = (rank: number) => ({ kind: 'start', rank, host: 'a', pid: 100 + rank }) as const;
const end = (rank: number, status: number, reason?: string) =>
  ({ kind: 'end', rank, host: 'a', status, ...(reason && { reason }) }) as const;
const job = (changes: Partial<JobEnd>): JobEnd => ({
  ...{ status: 0, signal: null, starts: [start(0), start(1)], ends: [], said: [] },
  ...changes,
});
const verdict = (changes: Partial<JobEnd>, wasAsked = false) => judge(job(changes), { ranks: 2, wasAsked });

test('done when all ranks end well, whatever the launcher says', () => {
  expect(verdict({ ends: [end(0, 0), end(1, 0)] }).action).toBe('done');
  expect(verdict({ status: 1, ends: [end(1, 0), end(0, 0)] }).action).toBe('done');
});

test('a launcher that says all is well although a rank is missing is not believed', () => {
  expect(verdict({ status: 0, ends: [end(0, 0)] }).action).toBe('restart');
});

test.each([
  [1, 1],
  [2, 2],
  [3, 3],
  [130, 130],
  [64, 2],
])('status %i of a rank is final and becomes %i', (status, becomes) => {
  expect(verdict({ status: 9, ends: [end(1, status, 'why')] })).toEqual({
    action: 'stop',
    status: becomes,
    reason: 'rank 1 on a: why',
  });
});

test.each([70, 75, 137, 139])('status %i is not', (status) => {
  expect(verdict({ status, ends: [end(1, status)] }).action).toBe('restart');
});

test('ranks that were ended because of another one are not the reason', () => {
  expect(verdict({ status: 1, ends: [end(0, 143), end(1, 2, 'unknown key')] })).toMatchObject({
    status: 2,
    reason: 'rank 1 on a: unknown key',
  });
});

test('who was killed, as the launchers say it', () => {
  const openMpi = 'mpirun noticed that process rank 1 with PID 0 on node a exited on signal 9 (Killed).';
  expect(verdict({ status: 137, said: [openMpi], ends: [end(0, 143)] }).reason).toMatch(
    /^rank 1 on a ended by signal 9/,
  );
  const lost = [
    'ORTE has lost communication with a remote daemon.',
    'HNP daemon   : [[9047,0],0] on node a',
    'Remote daemon: [[9047,0],1] on node b',
  ];
  expect(verdict({ status: 205, said: lost }).reason).toBe(
    'the connection to b is lost; the launcher ended with status 205',
  );
  expect(verdict({ status: null, signal: 'SIGKILL' }).reason).toBe('the launcher was ended by SIGKILL');
  const mpich = [
    'BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES',
    'PID 101 RUNNING AT a',
    'EXIT CODE: 9',
  ];
  expect(verdict({ status: 9, said: mpich }).reason).toMatch(/^a rank on a ended with code 9/);
});

test('where no rank ran there is no second try, and after a request to stop neither', () => {
  expect(verdict({ status: 1, starts: [], said: ['There are not enough slots'] })).toEqual({
    action: 'stop',
    status: 1,
    reason: 'no rank was started: There are not enough slots',
  });
  expect(verdict({ status: 137 }, true).action).toBe('stop');
});

test('messages among text', () => {
  const message = start(3);
  const line = messageLine(message).trimEnd();
  expect(splitMessage(line)).toEqual({ text: '', message });
  expect(splitMessage(`half a line${line}`)).toEqual({ text: 'half a line', message });
  for (const text of ['a', '\u001e{', '\u001e{"kind":"start"}', '\u001e{"kind":"other","rank":1}'])
    expect(splitMessage(text)).toEqual({ text });
});

test("the launcher's banners are told from what ranks write", () => {
  const text = new LauncherText();
  const lines = [
    'normface: a',
    '-'.repeat(74),
    'There are not enough slots',
    '-'.repeat(74),
    'normface: b',
    '='.repeat(80),
    '=   EXIT CODE: 9',
    '='.repeat(80),
    'YOUR APPLICATION TERMINATED WITH THE EXIT STRING: Killed (signal 9)',
    '[proxy:0:0@a] HYD_pmcd_pmip_control_cmd_cb: assert failed',
    'normface: c',
  ];
  expect(lines.filter((line) => !text.takes(line))).toEqual(['normface: a', 'normface: b', 'normface: c']);
  expect(text.said).toContain('There are not enough slots');
  expect(text.said).toContain('EXIT CODE: 9');
});

test('from an output that comes in pieces only the banner is taken, and unfinished lines do not wait', () => {
  let passed = '';
  const filter = new OutputFilter((text) => {
    passed += text;
  });
  filter.take('step 1');
  expect(passed).toBe('step 1');
  filter.take('0\n\n= a line\n\n=====');
  expect(passed).toBe('step 10\n\n= a line\n');
  filter.take(`${'='.repeat(60)}\n=   PID 12 RUNNING AT a\n${'='.repeat(65)}\nThe end`);
  expect(passed).toBe('step 10\n\n= a line\n');
  filter.end();
  expect(passed).toBe('step 10\n\n= a line\nThe end');
  expect(filter.text.said).toEqual(['PID 12 RUNNING AT a']);
});
