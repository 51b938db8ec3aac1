import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { normface, temporaryFolder } from './run.ts';

test('normface paper fig5 writes its files, the report and the page', async () => {
  const out = join(temporaryFolder(), 'paper');
  const { exitCode, stdout, stderr } = await normface(
    'paper',
    'fig5',
    '--out',
    out,
    '--data',
    temporaryFolder(),
  );
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('1 of 1 done');
  for (const file of [
    'fig5/fig5.csv',
    'fig5/fig5.svg',
    'fig5/fig5.png',
    'fig5/fig5.md',
    'report.html',
    'paper.md',
  ])
    expect(existsSync(join(out, file)), file).toBe(true);
  expect(readFileSync(join(out, 'paper.md'), 'utf8')).toContain('Data found: none');
  const again = await normface('--json', 'paper', 'fig5', '--out', out, '--data', temporaryFolder());
  const records = again.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records.map(({ event }) => event)).toEqual(['experiment', 'result']);
  expect(records[1]).toMatchObject({ finished: [{ name: 'fig5' }], failed: [], interrupted: false });
});

test('in pieces, a figure that is done with the same settings is kept, and not without', async () => {
  const [out, data] = [temporaryFolder(), temporaryFolder()];
  const call = (...words: string[]) => normface('paper', 'fig5', '--out', out, '--data', data, ...words);
  expect((await call('--minutes', '9')).stdout).not.toContain('done before');
  expect((await call('--minutes', '9')).stdout).toContain('done before');
  expect((await call()).stdout).not.toContain('done before');
});

test.each([
  [['paper', 'fig55'], /there is no experiment "fig55", did you mean "fig5"\?/],
  [['paper'], /name an experiment or give --all/],
  [['paper', 'fig5', '--all'], /names or --all, not both/],
  [['paper', 'fig5', '--preset', 'fast'], /quick, medium, full/],
  [['paper', 'fig5', '--seeds', '0'], /at least 1/],
  [['paper', 'fig5', '--minutes', '0'], /a number above 0/],
  [['paper', '--only', 'fig5, fig55'], /there is no experiment "fig55", did you mean "fig5"\?/],
  [['paper', '--all', '--only', 'fig5'], /names or --all, not both/],
])('%j is refused in one sentence', async (words, message) => {
  const { exitCode, stderr } = await normface(...words);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('a data folder that is not there is refused', async () => {
  const out = join(temporaryFolder(), 'paper');
  const { exitCode, stderr } = await normface('paper', 'fig5', '--data', '/nowhere', '--out', out);
  expect(exitCode).toBe(1);
  expect(stderr).toBe('normface: there is no data folder /nowhere\n');
  expect(existsSync(out)).toBe(false);
});

test('--list names every experiment', async () => {
  const { stdout } = await normface('paper', '--list');
  expect(stdout).toMatch(/^fig5 +Figure 5/m);
});

test('--jobs lists the trainings of a table with their states, and trains nothing', async () => {
  const [out, data] = [temporaryFolder(), temporaryFolder()];
  const words = ['paper', '--only', 'table1', '--seeds', '2', '--jobs', '--out', out, '--data', data];
  // The time of a step, which is known here: another call would try some.
  const kind = 'tiny 56×48, batches of 32';
  mkdirSync(join(out, 'jobs'));
  writeFileSync(join(out, 'jobs', 'probe.json'), JSON.stringify({ [kind]: 0.1 }));
  const { exitCode, stdout, stderr } = await normface(...words);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^tables-baseline-s1 +table1 +open +600 +– +1m/m);
  expect(stdout).toMatch(/^0 of 2 jobs are done; they took 0s\.$/m);
  expect(stdout).toMatch(
    /^Left: 1,200 steps and what judges them, about 2m\d+s, by a probe of some steps \(tiny 56×48/m,
  );
  const json = await normface('--json', ...words);
  const records = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records).toMatchObject([
    { event: 'job', key: 'tables-baseline-s1', state: 'open', steps: 600 },
    { event: 'job', key: 'tables-baseline-s2' },
    { event: 'result', unplanned: [], probed: [kind] },
  ]);
});

test('time that is over before the first job ends the call, all kept, with status 0', async () => {
  const [out, data] = [temporaryFolder(), temporaryFolder()];
  const { exitCode, stdout } = await normface(
    ...['paper', 'table1', '--minutes', '0.0001', '--out', out, '--data', data],
  );
  expect(exitCode).toBe(0);
  expect(stdout).toContain('0 of 1 done; ');
  expect(stdout).toContain(
    'The 0.0001 minutes are over, and all that was done is kept: the same command goes on',
  );
});
