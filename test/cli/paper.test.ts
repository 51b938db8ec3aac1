import { existsSync, readFileSync } from 'node:fs';
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

test.each([
  [['paper', 'fig55'], /there is no experiment "fig55", did you mean "fig5"\?/],
  [['paper'], /name an experiment or give --all/],
  [['paper', 'fig5', '--all'], /names or --all, not both/],
  [['paper', 'fig5', '--preset', 'fast'], /quick, full/],
  [['paper', 'fig5', '--seeds', '0'], /at least 1/],
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
