import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { saveCheckpoint } from '../../../src/normface/training/checkpoint.node.ts';
import { parseConfig } from '../../../src/normface/training/config.ts';
import { replaceFile } from '../../../src/normface/training/files.node.ts';
import { metricsCsv, parseLog } from '../../../src/normface/training/log.ts';
import {
  appendLog,
  createRunFolder,
  findRunToResume,
  readJson,
  readRunConfig,
  writeJson,
} from '../../../src/normface/training/run-folder.node.ts';
import { float32Tensor } from '../../../src/normface/training/safetensors.ts';

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
    /cannot make a run folder in .*: it exists already/,
  );
});

test('auto resumes the run whose checkpoint is the most recent', () => {
  expect(() => findRunToResume('auto', root)).toThrow(/no run with a checkpoint/);
  const [first, second] = [createRunFolder(root, 'a'), createRunFolder(root, 'a')];
  const done = path.join(save(second, 2), 'DONE');
  fs.utimesSync(done, 1, 1);
  const checkpoint = save(first, 1);
  createRunFolder(root, 'a');
  expect(findRunToResume('auto', root)).toBe(first);
  expect(() => findRunToResume(second, root)).toThrow(/is not the folder of a run/);
  for (const run of [first, second]) writeJson(path.join(run, 'config.json'), parseConfig({ seed: 5 }));
  expect(findRunToResume(second, root)).toBe(second);
  expect(findRunToResume(checkpoint, root)).toBe(first);
  expect(readRunConfig(first).seed).toBe(5);
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

test('the curves as comma-separated values', () => {
  const step = {
    epoch: 0.5,
    loss: 2,
    learningRate: 0.1,
    imagesPerSecond: 9,
    dataWait: 0,
    positiveCosine: 0.5,
  };
  const table = metricsCsv([
    { event: 'start', step: 0 },
    { event: 'step', step: 1, ...step },
    { event: 'validation', step: 1, protocol: 'lfw-10fold-cos', accuracy: 0.9, threshold: 0.3 },
  ]);
  expect(table).toBe(
    'step,epoch,loss,bound,scale,positiveCosine,negativeCosine,learningRate,imagesPerSecond,dataWait,protocol,accuracy,threshold\n' +
      '1,0.5,2,,,0.5,,0.1,9,0,,,\n' +
      '1,,,,,,,,,,lfw-10fold-cos,0.9,0.3\n',
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
