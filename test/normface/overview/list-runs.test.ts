import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatTable } from '../../../src/common/table.ts';
import { findRuns } from '../../../src/normface/overview/find-runs.node.ts';
import { listRuns } from '../../../src/normface/overview/list-runs.node.ts';
import { summariseLog } from '../../../src/normface/overview/log-summary.node.ts';
import type { RunOrder } from '../../../src/normface/overview/run-orders.ts';
import { runsTable } from '../../../src/normface/overview/runs-table.ts';
import { RunLock } from '../../../src/normface/training/run/run-lock.node.ts';
import { at, finishedLog, makeEvaluation, makeFiles, makeRun, step } from './made-runs.ts';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-list-'));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const named = (order?: RunOrder) => listRuns(root, order).runs.map(({ folder }) => path.basename(folder));
const row = (name: string) => listRuns(root).runs.find(({ folder }) => path.basename(folder) === name)!;
const validation = (step: number, accuracy: number, protocol = 'lfw-10fold-cos') => ({
  event: 'validation',
  ...{ step, protocol, accuracy, threshold: 0.5 },
});

test('what the folder of a finished run says', () => {
  const folder = makeRun(root, 'demo/a-001', {
    config: {
      data: { path: 'faces.tar' },
      net: 'tiny',
      loss: { name: 'softmax' },
      auxiliaryLoss: { name: 'center' },
    },
    log: finishedLog([3, 2, 1.5]).toSpliced(3, 0, validation(20, 0.75), validation(20, 0.5)),
    files: { 'ckpt/step-00000030/weights.safetensors': 'x'.repeat(5000) },
  });
  const files = ['config.json', 'config.source.json', 'log.jsonl'];
  const bytes = files.reduce((sum, file) => sum + fs.statSync(path.join(folder, file)).size, 5000);
  expect(listRuns(root)).toEqual({
    problems: [],
    runs: [
      {
        ...{ folder, state: 'finished', problem: null, endedEarly: null, name: 'train' },
        ...{ data: 'faces.tar', net: 'tiny', loss: 'softmax + center' },
        ...{ step: 30, totalSteps: 30, lastLoss: 1.5 },
        best: { accuracy: 0.75, protocol: 'lfw-10fold-cos', step: 20, pairs: null, source: 'validation' },
        ...{ started: at(0), updated: at(3), seconds: 180, bytes },
      },
    ],
  });
  expect(listRuns(folder).runs).toHaveLength(1);
});

test('states: by the last beginning or end, and by the lock', () => {
  const begun = finishedLog([3, 2]).slice(0, 3);
  makeRun(root, 'finished-001', { log: finishedLog([3, 2]) });
  makeRun(root, 'interrupted-001', { log: [...begun, { event: 'interrupted', step: 20 }] });
  makeRun(root, 'killed-001', { log: begun });
  makeRun(root, 'diverged-001', { log: [...begun, { event: 'diverged', step: 20, message: 'no' }] });
  makeRun(root, 'again-001', {
    log: [...finishedLog([3, 2]), { event: 'resume', step: 20, totalSteps: 40 }],
  });
  const lock = new RunLock(makeRun(root, 'running-001', { log: begun }));
  const gone = { pid: 2 ** 22 + 1, host: os.hostname(), since: at(0), began: '1' };
  makeRun(root, 'gone-001', { log: begun, files: { 'lock.json': JSON.stringify(gone) } });
  const elsewhere = { ...gone, host: 'another-machine' };
  makeRun(root, 'elsewhere-001', { log: begun, files: { 'lock.json': JSON.stringify(elsewhere) } });
  const states = Object.fromEntries(
    listRuns(root).runs.map(({ folder, state }) => [path.basename(folder), state]),
  );
  lock.release();
  expect(states).toEqual({
    ...{ 'finished-001': 'finished', 'interrupted-001': 'interrupted', 'killed-001': 'interrupted' },
    ...{ 'diverged-001': 'diverged', 'again-001': 'interrupted', 'running-001': 'running' },
    ...{ 'gone-001': 'interrupted', 'elsewhere-001': 'running' },
  });
  expect(row('again-001')).toMatchObject({ step: 20, totalSteps: 40, lastLoss: 2 });
});

test('a run that evaluations have ended is finished early, and says why until it goes on', () => {
  const reason = 'accuracy has not gained for 3 evaluations in a row, its best is 0.9100';
  const ended = finishedLog([3, 2]).with(-1, { event: 'done', step: 20, reason });
  makeRun(root, 'early-001', { log: ended });
  makeRun(root, 'more-001', {
    log: [...ended, { event: 'resume', step: 20, totalSteps: 40 }, { event: 'done', step: 40 }],
  });
  expect(row('early-001')).toMatchObject({ state: 'finished', endedEarly: reason });
  expect(row('more-001')).toMatchObject({ state: 'finished', endedEarly: null });
  const text = formatTable(runsTable(listRuns(root).runs, (folder) => path.basename(folder)));
  expect(text).toMatch(/^early-001 .* finished early +\d/m);
  expect(text).toMatch(/^more-001 .* finished +\d/m);
  expect(text).toContain(`early-001 ended early: ${reason}`);
});

test('what an earlier attempt logged after the step where the next one begins does not count, nor does the pause', () => {
  makeRun(root, 'a-001', {
    log: [
      { event: 'start', step: 0, totalSteps: 40, time: at(0) },
      step(10, 4, { time: at(1) }),
      validation(10, 0.5),
      step(20, 3, { time: at(2) }),
      validation(20, 0.9),
      step(30, 0.1, { time: at(4) }),
      '{"event":"step","step":40,"lo',
      { event: 'resume', step: 10, totalSteps: 40, time: at(30) },
      { event: 'set-aside', step: 10, folders: [], time: at(31) },
    ],
  });
  expect(row('a-001')).toMatchObject({
    ...{ state: 'interrupted', problem: null, step: 10, lastLoss: 4, seconds: 5 * 60 },
    best: { accuracy: 0.5, step: 10 },
  });
});

test('folders that are broken are rows with the reason', () => {
  makeRun(root, 'no-config-001', { log: finishedLog([1]) });
  fs.rmSync(path.join(root, 'no-config-001', 'config.json'));
  makeRun(root, 'bad-json-001', { log: finishedLog([1]), files: { 'config.json': '{"net":' } });
  makeRun(root, 'list-001', { log: finishedLog([1]), files: { 'config.json': '[1]' } });
  makeRun(root, 'newer-001', {
    log: finishedLog([1]),
    files: {
      'config.json': JSON.stringify({ name: 'newer', net: 'tiny', loss: { name: 'softmax' }, warp: 9 }),
    },
  });
  makeRun(root, 'no-log-001', {});
  fs.rmSync(path.join(root, 'no-log-001', 'log.jsonl'));
  makeRun(root, 'empty-log-001', {});
  makeRun(root, 'no-records-001', { log: ['hello', '[]', 'null', '{"step":"3"}'] });
  makeRun(root, 'torn-001', { log: [...finishedLog([1]), 'x', 'y', '{"event":"step",', 'z'] });
  fs.mkdirSync(path.join(root, 'left-at-once-001'));
  fs.mkdirSync(path.join(root, 'empty'));
  const problems = Object.fromEntries(
    listRuns(root).runs.map(({ folder, state, problem }) => [path.basename(folder), `${state}: ${problem}`]),
  );
  expect(problems).toEqual({
    'no-config-001': expect.stringMatching(/^broken: cannot read .*config\.json: there is no such file$/),
    'bad-json-001': expect.stringMatching(/^broken: .*config\.json is not JSON: /),
    'list-001': expect.stringMatching(/^broken: .*config\.json does not hold an object with settings$/),
    'newer-001': expect.stringMatching(/^broken: .*config\.json: .*"warp"/),
    'no-log-001': expect.stringMatching(/^broken: cannot read .*log\.jsonl: there is no such file$/),
    'empty-log-001': expect.stringMatching(/^broken: .*log\.jsonl is empty$/),
    'no-records-001': expect.stringMatching(/^broken: .*log\.jsonl holds no records$/),
    'torn-001': 'finished: 4 lines of log.jsonl are no records',
    'left-at-once-001': expect.stringMatching(
      /^broken: .*config\.json: there is no such file; .*log\.jsonl: there is no such file$/,
    ),
  });
  expect(row('newer-001')).toMatchObject({ name: 'newer', net: 'tiny', loss: 'softmax', step: 10 });
});

test('a process that has just begun is no broken run', () => {
  const folder = makeRun(root, 'a-001', {});
  const lock = new RunLock(folder);
  expect(row('a-001')).toMatchObject({ state: 'running', problem: null, step: null });
  lock.release();
});

test('the best evaluation of a run stands in the place of its validations', () => {
  const folder = makeRun(root, 'a-001', { log: finishedLog([3, 2]).toSpliced(2, 0, validation(10, 0.99)) });
  makeRun(root, 'b-001', { log: finishedLog([3, 2]) });
  const weights = path.join(folder, 'ckpt', 'step-00000020', 'weights.safetensors');
  makeEvaluation(root, 'eval-001', { runs: [{ name: 'a', weights, right: [1, 1, 0, 0] }] });
  makeEvaluation(root, 'eval-002', {
    runs: [
      { name: 'gone', weights: path.join(root, 'gone-001', 'weights.safetensors'), right: [1, 1, 1, 1] },
      { name: 'a', weights, right: [1, 1, 1, 0] },
    ],
  });
  expect(row('a-001').best).toEqual({
    ...{
      accuracy: 0.75,
      protocol: 'normface-pca (sum)',
      pairs: 'pairs.txt',
      source: 'evaluation',
      step: null,
    },
  });
  expect(row('b-001').best).toBeNull();
  fs.writeFileSync(path.join(root, 'eval-001', 'scores.json'), '{"format":2}');
  expect(listRuns(root).problems).toEqual([
    expect.stringMatching(/eval-001.scores\.json is damaged: format: /),
  ]);
});

test('an evaluation finds its run by the checksum of the weights when the run was moved', () => {
  const sha256 = 'b'.repeat(64);
  const done = { format: 1, saved: at(2), sha256: { 'weights.safetensors': sha256 } };
  makeRun(root, 'moved-007', {
    log: finishedLog([3, 2]),
    files: { 'ckpt/step-00000020/DONE': JSON.stringify(done), 'ckpt/step-00000020/state.json': '{}' },
  });
  const folder = makeEvaluation(root, 'eval-001', {
    runs: [{ name: 'a', weights: 'old/place', right: [1, 0] }],
  });
  expect(row('moved-007').best).toBeNull();
  const file = path.join(folder, 'scores.json');
  const index = JSON.parse(fs.readFileSync(file, 'utf8'));
  index.runs[0].weightsSha256 = sha256;
  fs.writeFileSync(file, JSON.stringify(index));
  expect(row('moved-007').best).toMatchObject({ accuracy: 0.5, source: 'evaluation' });
});

/** What `normface import` leaves. */
const importedFiles = (sha256: string) => ({
  'ckpt/step-00000000/DONE': JSON.stringify({
    format: 1,
    saved: at(2),
    sha256: { 'weights.safetensors': sha256 },
  }),
  'ckpt/step-00000000/state.json': '{"format":1,"step":0,"configHash":"imported"}',
  'net.json': '{"name":"w600k","input":[112,112,3],"layers":[]}',
});

test('an imported net has a state of its own, and its evaluations', () => {
  const sha256 = 'c'.repeat(64);
  const folder = makeFiles(root, 'w600k', importedFiles(sha256));
  const evaluation = makeEvaluation(root, 'eval-001', {
    runs: [{ name: 'a', weights: 'elsewhere', right: [1, 0] }],
  });
  const file = path.join(evaluation, 'scores.json');
  const index = JSON.parse(fs.readFileSync(file, 'utf8'));
  index.runs[0].weightsSha256 = sha256;
  fs.writeFileSync(file, JSON.stringify(index));
  expect(row('w600k')).toMatchObject({
    ...{ state: 'imported', problem: null, net: 'w600k', data: null, loss: null, step: 0 },
    best: { accuracy: 0.5, source: 'evaluation' },
  });
  // Of a training whose settings and log are lost it is not said.
  fs.writeFileSync(path.join(folder, 'ckpt/step-00000000/state.json'), '{"configHash":"0a1b"}');
  expect(row('w600k').state).toBe('broken');
});

test('a folder that is named and holds settings alone is a broken run', () => {
  const folder = makeFiles(root, 'lone', { 'config.json': '{}' });
  expect(listRuns(folder).runs).toMatchObject([
    { state: 'broken', problem: expect.stringMatching(/log\.jsonl/) },
  ]);
  expect(listRuns(root).runs).toEqual([]);
});

test('orders: newest, best and largest first; what lacks it last; rules apart', () => {
  makeRun(root, 'a-10', { log: finishedLog([5, 2], { first: 10 }).toSpliced(2, 0, validation(10, 0.5)) });
  makeRun(root, 'a-9', { log: finishedLog([5, 4, 3], { first: 20 }).toSpliced(2, 0, validation(10, 0.7)) });
  makeRun(root, 'b-1', {
    log: finishedLog([1], { first: 5 }).toSpliced(2, 0, validation(10, 0.9, 'best-threshold')),
    files: { large: 'x'.repeat(9999) },
  });
  makeRun(root, 'none', { log: [{ event: 'start', step: 0 }] });
  fs.utimesSync(path.join(root, 'none', 'config.source.json'), 1, 1);
  expect(named()).toEqual(['a-9', 'a-10', 'b-1', 'none']);
  expect(named('name')).toEqual(['a-9', 'a-10', 'b-1', 'none']);
  expect(named('metric')).toEqual(['b-1', 'a-9', 'a-10', 'none']);
  expect(named('loss')).toEqual(['b-1', 'a-10', 'a-9', 'none']);
  expect(named('steps')).toEqual(['a-9', 'a-10', 'b-1', 'none']);
  expect(named('duration')).toEqual(['a-9', 'a-10', 'b-1', 'none']);
  expect(named('size')[0]).toBe('b-1');
});

test('runs are found up to four levels deep, once each, and nothing else is one', () => {
  makeRun(root, 'one/two/three/deep-001', { log: finishedLog([1]) });
  makeRun(root, 'one/two/three/four/deeper-001', { log: finishedLog([1]) });
  makeRun(root, '.hidden/a-001', { log: finishedLog([1]) });
  const run = makeRun(root, 'run-001', {
    log: finishedLog([1]),
    files: { 'ckpt/inner-001/config.json': '{}' },
  });
  fs.symlinkSync(run, path.join(root, 'again-001'));
  fs.symlinkSync(root, path.join(root, 'circle'));
  fs.mkdirSync(path.join(root, 'project'));
  fs.writeFileSync(path.join(root, 'project', 'config.json'), '{}');
  const evaluation = makeEvaluation(root, 'eval-001', { runs: [{ name: 'a', weights: null, right: [1] }] });
  const found = findRuns(root);
  expect(found.runs.map((folder) => path.basename(folder))).toEqual(['again-001', 'deep-001']);
  expect(found.evaluations).toEqual([evaluation]);
  expect(() => findRuns(path.join(root, 'nowhere'))).toThrow(/^there is no folder .*nowhere$/);
  expect(() => findRuns(path.join(run, 'log.jsonl'))).toThrow(/is a file, not a folder with runs$/);
});

test('of a log larger than 16 MiB the middle is not read, and that is said', () => {
  const filler = JSON.stringify(step(10, 4, { time: at(1), padding: 'x'.repeat(2000) }));
  const folder = makeRun(root, 'large-001', {
    log: [
      { event: 'start', step: 0, totalSteps: 99, time: at(0) },
      ...Array<string>(9000).fill(filler),
      ...finishedLog([2], { every: 99 }).slice(1),
    ],
  });
  const { size } = fs.statSync(path.join(folder, 'log.jsonl'));
  expect(size).toBeGreaterThan(17 * 2 ** 20);
  const summary = summariseLog(folder);
  expect(summary).toMatchObject({ totalSteps: 99, step: 99, lastLoss: 2, standing: 'done', damagedLines: 0 });
  expect(summary.skippedBytes).toBeGreaterThan(size - 2 ** 24);
  expect(summary.skippedBytes).toBeLessThan(size - 2 ** 24 + 2 * filler.length + 2);
  expect(row('large-001').problem).toMatch(/^\d+ bytes in the middle of log\.jsonl were not looked at$/);
});

test('a pipe or a device in the place of a file is not read', () => {
  makeRun(root, 'a-001', { log: finishedLog([1]) });
  fs.rmSync(path.join(root, 'a-001', 'log.jsonl'));
  fs.symlinkSync('/dev/zero', path.join(root, 'a-001', 'log.jsonl'));
  fs.symlinkSync('/dev/zero', path.join(root, 'a-001', 'lock.json'));
  expect(row('a-001')).toMatchObject({
    state: 'broken',
    problem: expect.stringMatching(/log\.jsonl: it is not a regular file$/),
  });
});

test('the table', () => {
  makeRun(root, 'a-001', {
    config: { data: { path: `/a/very/long/path/${'x'.repeat(40)}/faces-112x96.tar` }, net: 'tiny' },
    log: finishedLog([3, 0.123456]).toSpliced(2, 0, validation(10, 0.8765)),
  });
  makeRun(root, 'b\n-001', {});
  const text = formatTable(runsTable(listRuns(root).runs, (folder) => path.basename(folder)));
  const [header, , ...rows] = text.split('\n');
  expect(header).toMatch(
    /^run +started +data +net +loss +steps +last loss +verification, % +time +state +size$/,
  );
  const line = rows.find((one) => one.startsWith('a-001'))!;
  expect(line).toMatch(
    /^a-001 +2026-11-30 \d\d:\d\d +\/a\/very\/long\/pa…faces-112x96\.tar +tiny +softmax +20 \/ 20 +0\.1235 +87\.65 lfw-10fold-cos, step 10 +2m00s +finished +\d/,
  );
  expect(rows.at(-1)).toMatch(/^b\\n-001: .*log\.jsonl is empty$/);
  expect(rows).toHaveLength(3);
});
