import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile } from '../../../src/common/files.node.ts';
import { readJson } from '../../../src/common/json-file.node.ts';
import { saveCheckpoint } from '../../../src/normface/training/checkpoint/checkpoint.node.ts';
import { float32Tensor } from '../../../src/normface/training/checkpoint/safetensors.ts';
import { parseConfig } from '../../../src/normface/training/config/config.ts';
import { findRunToResume } from '../../../src/normface/training/run/find-run.node.ts';
import { metricsCsv, parseLog } from '../../../src/normface/training/run/log.ts';
import {
  appendLog,
  createRunFolder,
  readLog,
  readRunConfig,
  writeJson,
} from '../../../src/normface/training/run/run-folder.node.ts';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-runs-'));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

function save(run: string, step: number): string {
  const tensors = new Map([['a', float32Tensor(Float32Array.of(1), [1])]]);
  const state = {
    format: 1 as const,
    step,
    totalSteps: 9,
    seed: 1,
    cursor: { epoch: 0, position: 0 },
    configHash: '',
    imagesHash: 'h',
  };
  return saveCheckpoint(run, { weights: tensors, optimiser: tensors, metadata: {}, state });
}

test('runs of one name are numbered', () => {
  const inside = path.join(root, 'deep', 'runs');
  expect(createRunFolder(inside, 'a')).toBe(path.join(inside, 'a-001'));
  expect(createRunFolder(inside, 'a')).toBe(path.join(inside, 'a-002'));
  expect(createRunFolder(inside, 'a-b')).toBe(path.join(inside, 'a-b-001'));
  fs.mkdirSync(path.join(inside, 'a-1041'));
  expect(createRunFolder(inside, 'a')).toBe(path.join(inside, 'a-1042'));
});

test('a root that is a file gets a sentence', () => {
  fs.writeFileSync(path.join(root, 'x'), '');
  expect(() => createRunFolder(path.join(root, 'x'), 'a')).toThrow(
    /cannot make a run folder in .*: .* is a file, not a folder/,
  );
});

/** Says in DONE that a checkpoint was saved at another time. */
function savedAt(checkpoint: string, saved: string): void {
  const file = path.join(checkpoint, 'DONE');
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), saved }));
}

test('auto resumes the unfinished run that was saved last, by what is inside', () => {
  expect(() => findRunToResume('auto', root)).toThrow(/no run with a checkpoint/);
  const [first, second, finished] = [1, 2, 3].map(() => createRunFolder(root, 'a'));
  savedAt(save(second!, 2), '2020-01-01T00:00:00.000Z');
  const checkpoint = save(first!, 1);
  savedAt(save(finished!, 9), '2222-01-01T00:00:00.000Z');
  // Times of files say nothing: copying changes them, and clocks go wrong.
  fs.utimesSync(path.join(checkpoint, 'DONE'), 1, 1);
  createRunFolder(root, 'a');
  expect(findRunToResume('auto', root)).toBe(first);
  fs.rmSync(first!, { recursive: true });
  expect(findRunToResume('auto', root)).toBe(second);
  fs.rmSync(second!, { recursive: true });
  expect(findRunToResume('auto', root)).toBe(finished);
});

test('a damaged run is not passed over', () => {
  const run = createRunFolder(root, 'a');
  fs.writeFileSync(path.join(save(run, 1), 'state.json'), '{');
  expect(findRunToResume('auto', root)).toBe(run);
});

test('a run is named by its folder or by a checkpoint that counts', () => {
  const run = createRunFolder(root, 'a');
  const checkpoint = save(run, 1);
  expect(() => findRunToResume(run, root)).toThrow(/is not the folder of a run/);
  writeJson(path.join(run, 'config.json'), parseConfig({ seed: 5 }));
  expect(findRunToResume(run, root)).toBe(run);
  expect(findRunToResume(checkpoint, root)).toBe(run);
  expect(findRunToResume(`${checkpoint}/`, root)).toBe(run);
  expect(readRunConfig(run).seed).toBe(5);
  const aside = path.join(run, 'ckpt', 'abandoned-001-step-00000001');
  expect(() => findRunToResume(aside, root)).toThrow(
    /was set aside .*start a new run from its weights with --from/,
  );
});

test('the log reads like an uninterrupted run', () => {
  const run = createRunFolder(root, 'a');
  const step = (n: number, loss: number) =>
    ({ event: 'step', step: n, epoch: 0, loss, learningRate: 1, imagesPerSecond: 1, dataWait: 0 }) as const;
  for (const record of [step(1, 5), step(2, 4), step(3, 3)]) appendLog(run, record);
  appendLog(run, { event: 'resume', step: 2 });
  appendLog(run, step(3, 2));
  const file = path.join(run, 'log.jsonl');
  fs.appendFileSync(file, '{"event":"ste');
  const records = parseLog(fs.readFileSync(file, 'utf8'));
  expect(records.map((r) => [r.event, r.step, 'loss' in r ? r.loss : null])).toEqual([
    ['step', 1, 5],
    ['step', 2, 4],
    ['resume', 2, null],
    ['step', 3, 2],
  ]);
});

test("each rank has a log of its own, and that of rank 0 is the run's", () => {
  const run = createRunFolder(root, 'a');
  for (const rank of [0, 3]) appendLog(run, { event: 'start', step: rank }, rank);
  expect(fs.readdirSync(run).sort()).toEqual(['log.jsonl', 'log.rank-3.jsonl']);
  expect(readLog(run)).toMatchObject([{ event: 'start', step: 0 }]);
  expect(readLog(run, 3)).toMatchObject([{ event: 'start', step: 3 }]);
});

test('half a line at the end of the log swallows nothing that follows', () => {
  const run = createRunFolder(root, 'a');
  const file = path.join(run, 'log.jsonl');
  appendLog(run, { event: 'start', step: 0 });
  fs.appendFileSync(file, '{"event":"step","st');
  appendLog(run, { event: 'resume', step: 0 });
  fs.appendFileSync(file, 'null\n5\n');
  expect(parseLog(fs.readFileSync(file, 'utf8')).map(({ event }) => event)).toEqual(['start', 'resume']);
});

test('the curves as comma-separated values', () => {
  const step = {
    epoch: 0.5,
    loss: 2,
    learningRate: 0.1,
    imagesPerSecond: 9,
    dataWait: 0,
    positiveCosine: 0.5,
    featureNorm: 20,
    normDeviation: 4,
    sampleMargin: 0.5,
    lossScale: 32768,
    skipped: 1,
  };
  const table = metricsCsv([
    { event: 'start', step: 0 },
    { event: 'step', step: 1, ...step },
    { event: 'validation', step: 1, protocol: 'lfw-10fold-cos', accuracy: 0.9, threshold: 0.3 },
  ]);
  expect(table).toBe(
    'step,epoch,loss,bound,scale,positiveCosine,negativeCosine,featureNorm,normDeviation,sampleMargin,lossScale,skipped,learningRate,imagesPerSecond,dataWait,protocol,accuracy,threshold\n' +
      '1,0.5,2,,,0.5,,20,4,0.5,32768,1,0.1,9,0,,,\n' +
      '1,,,,,,,,,,,,,,,lfw-10fold-cos,0.9,0.3\n',
  );
});

test('a file that cannot be written whole stays as it was', () => {
  const file = path.join(root, 'report.json');
  replaceFile(file, 'old');
  const full = () => {
    throw Object.assign(new Error(), { code: 'ENOSPC' });
  };
  expect(() => replaceFile(file, 'new', full)).toThrow(`cannot write ${file}: the disk is full`);
  expect(fs.readFileSync(file, 'utf8')).toBe('old');
  expect(fs.readdirSync(root)).toEqual(['report.json']);
});

test('JSON that is missing or broken gets a sentence', () => {
  expect(() => readJson(path.join(root, 'x.json'))).toThrow(/cannot read .*x.json: there is no such file/);
  expect(() => readJson(root)).toThrow(/it is a folder/);
  fs.writeFileSync(path.join(root, 'x.json'), '{"a":');
  expect(() => readJson(path.join(root, 'x.json'))).toThrow(/x.json is not JSON/);
});
