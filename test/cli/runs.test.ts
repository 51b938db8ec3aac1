import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { at, finishedLog, makeEvaluation, makeRun } from '../normface/overview/made-runs.ts';
import { normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const runs = path.join(root, 'runs');
const losses = [4, 3, 2.5, 2.25, 2];
let [a, b] = ['', ''];

beforeAll(() => {
  a = makeRun(runs, 'plain-001', { config: { net: 'tiny', seed: 1 }, log: finishedLog(losses) });
  b = makeRun(runs, 'demo/faster-001', {
    config: { net: 'tiny', seed: 2, optimiser: { learningRate: 0.1 } },
    log: finishedLog(
      losses.map((loss) => loss - 0.5),
      { first: 30 },
    ),
  });
  makeRun(runs, 'torn-001', { files: { 'config.json': '{' } });
  const right = (share: number) => Array.from({ length: 40 }, (_, k) => Number(k % 10 < 10 * share));
  makeEvaluation(runs, 'eval-001', {
    runs: [
      { name: 'plain', weights: path.join(a, 'ckpt', 'w'), right: right(0.7) },
      { name: 'faster', weights: path.join(b, 'ckpt', 'w'), right: right(0.8) },
    ],
  });
});

test('runs lists all of a folder; a broken one has its reason', async () => {
  const { exitCode, stdout, stderr } = await normface('runs', runs);
  expect([exitCode, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n');
  expect(
    lines
      .slice(2, 5)
      .map((line) => line.split(/ {2,}/)[0])
      .sort(),
  ).toEqual([path.join('demo', 'faster-001'), 'plain-001', 'torn-001']);
  expect(stdout).toMatch(/^plain-001 .* 70\.00 normface-pca \(sum\) +5m00s +finished /m);
  expect(stdout).toMatch(/^torn-001: .*config\.json is not JSON: .*; .*log\.jsonl is empty$/m);
  expect(stdout).toMatch(/^1 folder of 3 runs cannot be read as a run$/m);
});

test('runs --json prints a line for each, in the order asked for', async () => {
  const { exitCode, stdout } = await normface('runs', runs, '--sort', 'metric', '--json');
  expect(exitCode).toBe(0);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ folder, state }) => `${path.basename(folder)} ${state}`)).toEqual([
    'faster-001 finished',
    'plain-001 finished',
    'torn-001 broken',
  ]);
  expect(rows[1]).toMatchObject({ started: at(0), seconds: 300, lastLoss: 2, best: { accuracy: 0.7 } });
});

test('runs of a folder without any, of none, and in an unknown order', async () => {
  const empty = path.join(root, 'empty');
  fs.mkdirSync(empty);
  expect(await normface('runs', empty)).toMatchObject({
    exitCode: 0,
    stdout: `there are no runs in ${empty}\n`,
  });
  const missing = await normface('runs', path.join(root, 'missing'));
  expect([missing.exitCode, missing.stderr]).toEqual([
    1,
    expect.stringMatching(/^normface: there is no folder .*missing\n$/),
  ]);
  expect((await normface('runs', runs, '--sort', 'colour')).exitCode).toBe(2);
});

test('compare says what differs, what came out and whether it is noise, and writes a page', async () => {
  const html = path.join(root, 'pages', 'compare.html');
  const { exitCode, stdout, stderr } = await normface('compare', a, b, '--html', html, '--evaluations', runs);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^setting +plain-001 +faster-001$/m);
  expect(stdout).toMatch(/^optimiser\.learningRate +0\.05 +0\.1$/m);
  expect(stdout).toMatch(/^seed +1 +2$/m);
  expect(stdout).toMatch(/^last loss +2 +1\.5$/m);
  expect(stdout).toMatch(/on the same 40 pairs \(pairs\.txt\) plain-001 reaches 70\.00 %\.$/m);
  expect(stdout).toMatch(
    /^faster-001 reaches 80\.00 %, \+10\.00 points \(.*\): within the noise\. Only faster-001 is right on 4 pairs, only plain-001 on 0\.$/m,
  );
  expect(stdout).toContain(`report  ${html}`);
  const page = fs.readFileSync(html, 'utf8');
  expect(page).toContain('<title>plain-001 and faster-001</title>');
  // Loss, learning rate and speed.
  expect(page.match(/<svg/g)).toHaveLength(3);
  expect(page).toContain('within the noise');
  expect(page).toContain('prefers-color-scheme: dark');
  expect(page).not.toMatch(/(src|href)="(?!#|data:)/);
  const again = await normface('compare', a, b, '--html', html);
  expect([again.exitCode, again.stdout, again.stderr]).toEqual([
    1,
    '',
    `normface: ${html} exists already; --force replaces it\n`,
  ]);
  expect((await normface('compare', a, b, '--html', html, '--force')).exitCode).toBe(0);
});

test('compare --json, and evaluations beside the runs', async () => {
  const c = makeRun(runs, 'plain-002', { config: { net: 'tiny', seed: 1 }, log: finishedLog(losses) });
  const { exitCode, stdout } = await normface('compare', a, c, '--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    runs: [{ name: 'plain-001' }, { name: 'plain-002' }],
    settings: [],
    verification: [],
    report: null,
  });
  makeEvaluation(runs, 'eval-002', {
    runs: [{ name: 'again', weights: path.join(c, 'ckpt', 'w'), right: Array<number>(40).fill(1) }],
  });
  const judged = JSON.parse((await normface('compare', a, c, '--json')).stdout);
  expect(judged.verification).toEqual([
    expect.objectContaining({
      reference: 'plain-001',
      differences: [expect.objectContaining({ onlyThis: 12, onlyFirst: 0, isNoise: false })],
    }),
  ]);
});

test('compare refuses one run, the same twice, too many, and what is no run', async () => {
  const refused = async (...words: string[]) => {
    const { exitCode, stderr } = await normface('compare', ...words);
    return [exitCode, stderr];
  };
  expect(await refused(a)).toEqual([2, 'normface: name at least two runs to compare\n']);
  expect(await refused(a, b, `${a}/.`)).toEqual([2, expect.stringMatching(/the run .* is named twice/)]);
  expect(await refused(...Array.from({ length: 11 }, (_, k) => `r${k}`))).toEqual([
    2,
    'normface: at most 10 runs can be compared at once\n',
  ]);
  expect(await refused(a, path.join(runs, 'eval-001'))).toEqual([
    1,
    expect.stringMatching(
      /eval-001 is not the folder of a run: cannot read .*config\.json: there is no such file\n$/,
    ),
  ]);
});

test('a page that cannot be written is said after the numbers, with exit status 1', async () => {
  const file = path.join(root, 'a-file');
  fs.writeFileSync(file, '');
  const html = path.join(file, 'x.html');
  const { exitCode, stdout, stderr } = await normface('compare', a, b, '--html', html);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^last loss /m);
  expect(stderr).toMatch(/^warning: not stored: cannot write .*x\.html: /m);
});
