/** A run with accumulated gradients, an average and early stopping: where it ends, what it keeps, and how it goes on. */

import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { bestCheckpoint, markBest } from '../../../src/normface/training/checkpoint/best-checkpoint.node.ts';
import {
  completeCheckpoints,
  findCheckpoint,
  findWeights,
  pruneCheckpoints,
  saveCheckpoint,
  stepOf,
} from '../../../src/normface/training/checkpoint/checkpoint.node.ts';
import { readCheckpoint } from '../../../src/normface/training/checkpoint/read-checkpoint.node.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { configHash } from '../../../src/normface/training/config/overrides.ts';
import type { Reporter } from '../../../src/normface/training/reporter.ts';
import { findRunToResume } from '../../../src/normface/training/run/find-run.node.ts';
import type { RunRecord, ValidationRecord } from '../../../src/normface/training/run/log.ts';
import { openResumed } from '../../../src/normface/training/run/resume.node.ts';
import { trainRun } from '../../../src/normface/training/run/run.node.ts';
import { readLog } from '../../../src/normface/training/run/run-folder.node.ts';
import { openTrainingData } from '../../../src/normface/training/training-data.node.ts';
import { encode, temporaryFolder, writeTree } from '../data/fixtures.ts';

const root = temporaryFolder();
const images = path.join(root, 'images');
const pairs = path.join(root, 'pairs.txt');

let device: Device;
beforeAll(async () => {
  device = await openDevice({ tune: 'off' });
  const names = ['a', 'b', 'c'].flatMap((person) =>
    [1, 2, 3].map((image) => `${person}/${person}_000${image}.png`),
  );
  const pictures = await Promise.all(names.map((_, i) => encode('png', 8, 8, i + 1)));
  writeTree(images, Object.fromEntries(names.map((name, i) => [name, pictures[i]!])));
  fs.writeFileSync(pairs, '2\t1\na\t1\t2\na\t1\tb\t1\nb\t1\t3\nb\t2\tc\t3\n');
});
afterAll(() => device.close());

const source = {
  output: root,
  net: {
    name: 'least',
    input: [8, 8, 3],
    layers: [
      { kind: 'flatten', name: 'flatten' },
      { kind: 'dropout', name: 'dropout', rate: 0.25 },
      { kind: 'fullyConnected', name: 'fc', outputs: 4 },
    ],
  },
  batchSize: 2,
  accumulate: 2,
  average: { decay: 0.5 },
  parameters: [{ match: 'loss.weight', learningRateMultiplier: 2 }],
  schedule: { kind: 'polynomial', unit: 'epoch' },
  data: { path: images, pairs },
  steps: 60,
  log: { everySteps: 4 },
  checkpoint: { everySteps: 5, keep: 1 },
  evaluation: { everySteps: 2 },
  stopEarly: { metric: 'areaUnderCurve', patience: 4 },
} satisfies TrainingConfigInput;

const warnings: string[] = [];
const shown: string[] = [];
const reporter: Reporter = {
  say() {},
  emit() {},
  warn: (text) => void warnings.push(text),
  progressSink: { live: false, columns: 80, show: (text) => void shown.push(text), keep() {}, clear() {} },
};

/** @param stopAfter steps after which it is interrupted */
async function start(name: string, stopAfter = Number.POSITIVE_INFINITY) {
  const config = parseConfig({ ...source, name });
  let steps = 0;
  const shouldStop = () => steps++ >= stopAfter;
  const data = await openTrainingData(config);
  return trainRun({ device, config, source: { ...source, name } as never, data, reporter, shouldStop });
}

/** @param stopAfter steps after which it is interrupted */
async function resume(named: string, set: string[] = [], stopAfter = Number.POSITIVE_INFINITY) {
  const resolved = openResumed(named, {
    ...{ root, changes: { flags: {}, set }, force: false, lock: true },
    warn: (text) => void warnings.push(text),
  });
  const data = await openTrainingData(resolved.config);
  let steps = 0;
  const shouldStop = () => steps++ >= stopAfter;
  return trainRun({ device, reporter, data, shouldStop, ...resolved });
}

const validations = (folder: string) =>
  readLog(folder).filter(({ event }) => event === 'validation') as ValidationRecord[];

test('a run ends where evaluations get no better, keeps the best checkpoint, and goes on to the same end and bits', async () => {
  const whole = await start('whole');
  expect(whole).toMatchObject({ finished: true, totalSteps: 60 });
  expect(whole.step).toBeLessThan(60);
  const found = validations(whole.folder);
  const values = found.map(({ areaUnderCurve }) => areaUnderCurve!);
  const best = found[values.indexOf(Math.max(...values))]!;
  // Four evaluations behind the last gain, which is the first of the largest values.
  expect(whole.step).toBe(best.step + 4 * 2);
  expect(readLog(whole.folder).at(-1)).toMatchObject({ event: 'done', step: whole.step });
  expect((readLog(whole.folder).at(-1) as RunRecord).reason).toMatch(
    /^areaUnderCurve has not gained for 4 evaluations in a row, its best is /,
  );

  // Of one checkpoint to keep: the newest, and the best one beside it.
  expect(completeCheckpoints(whole.folder).map(stepOf)).toEqual([best.step, whole.step]);
  expect(stepOf(whole.best!)).toBe(best.step);
  for (const name of ['best', path.join('ckpt', 'best')]) {
    expect(findCheckpoint(path.join(whole.folder, name))).toBe(whole.best);
    expect(findWeights(path.join(whole.folder, name))).toBe(path.join(whole.best!, 'weights.safetensors'));
    expect(findRunToResume(path.join(whole.folder, name), root)).toBe(whole.folder);
  }

  // Interrupted between a checkpoint and an evaluation, and right after one.
  for (const [name, after] of [
    ['odd', 3],
    ['even', 4],
  ] as const) {
    const part = await start(name, after);
    expect(part).toMatchObject({ finished: false, step: after });
    const rest = await resume(part.folder);
    expect(rest).toMatchObject({ finished: true, step: whole.step });
    expect(stepOf(rest.best!)).toBe(best.step);
    const bits = (folder: string) => {
      const { weights, trained, optimiser } = readCheckpoint(folder);
      return { weights, trained, optimiser };
    };
    expect(bits(rest.checkpoint)).toEqual(bits(whole.checkpoint));
    expect(bits(rest.best!)).toEqual(bits(whole.best!));
    expect(validations(rest.folder).map(({ step, accuracy }) => [step, accuracy])).toEqual(
      found.map(({ step, accuracy }) => [step, accuracy]),
    );
  }

  // What has ended stays so, which is said, unless it gets more patience; then it goes on from its newest checkpoint.
  shown.length = 0;
  expect(await resume(whole.folder)).toMatchObject({ finished: true, step: whole.step, best: whole.best });
  expect(shown).toContainEqual(
    expect.stringMatching(
      /^areaUnderCurve has not gained for 4 evaluations in a row, .*: the training has ended; --set stopEarly\.patience=… goes on with it$/,
    ),
  );
  const more = await resume(whole.folder, ['stopEarly.patience=6']);
  expect(more.step).toBeGreaterThan(whole.step);

  // From the best one on: later evaluations are forgotten.
  const again = await resume(path.join(path.join(root, 'odd-001'), 'best'));
  expect(again.step).toBe(whole.step);
  expect(stepOf(again.best!)).toBe(best.step);
  expect(warnings.filter((text) => /best evaluation/.test(text))).toEqual([]);
});

test('a best checkpoint that is gone, or a damaged mark, is told', async () => {
  const folder = path.join(root, 'even-001');
  const marked = bestCheckpoint(folder)!;
  const mark = path.join(folder, 'ckpt', 'best.json');
  fs.writeFileSync(mark, '{"format":1,"step":-3}');
  expect(() => findCheckpoint(path.join(folder, 'best'))).toThrow(
    /best\.json is damaged: it does not name the step/,
  );
  expect(pruneCheckpoints(folder, 1)[0]).toMatch(/best\.json is damaged/);
  expect(completeCheckpoints(folder)).toContain(marked);
  fs.rmSync(marked, { recursive: true });
  warnings.length = 0;
  await resume(folder);
  expect(warnings.filter((text) => /best evaluation/.test(text))).toEqual([
    expect.stringMatching(
      /^the checkpoint of the best evaluation, that of step \d+, is gone; the best one left is that of step \d+$/,
    ),
  ]);
  markBest(folder, 1);
  expect(() => findCheckpoint(path.join(folder, 'best'))).toThrow(
    /the best checkpoint of .*, that of step 1, is gone$/,
  );
  markBest(folder, undefined);
  expect(() => findCheckpoint(path.join(folder, 'best'))).toThrow(
    /has no best checkpoint: it is kept by runs with stopEarly$/,
  );
  expect(() => findCheckpoint(path.join(root, 'nothing', 'best'))).toThrow(/there is no checkpoint/);
});

test('a run of a version that knew fewer settings goes on, wherever it is stopped', async () => {
  const part = await start('older', 3);
  const file = path.join(part.folder, 'config.json');
  const { loss, ...others } = JSON.parse(fs.readFileSync(file, 'utf8'));
  expect(loss).toHaveProperty('labelSmoothing', 0);
  const { labelSmoothing: _, ...olderLoss } = loss;
  const older = JSON.stringify({ ...others, loss: olderLoss });
  fs.writeFileSync(file, older);
  const { state, ...checkpoint } = readCheckpoint(part.checkpoint);
  const configHashThen = configHash(JSON.parse(older));
  expect(configHashThen).not.toBe(state.configHash);
  saveCheckpoint(part.folder, { ...checkpoint, state: { ...state, configHash: configHashThen } });

  // Stopped before it saves anything, then behind a checkpoint of this version, and from the older one again.
  for (const [named, after, step] of [
    [part.folder, 0, 3],
    [part.folder, 1, 4],
    [part.folder, 0, 4],
    [part.checkpoint, 0, 3],
  ] as const)
    expect(await resume(named, [], after)).toMatchObject({ finished: false, step });
  expect(fs.readFileSync(file, 'utf8')).toBe(older);
  const edited = JSON.stringify({ ...JSON.parse(older), seed: 7 });
  fs.writeFileSync(file, edited);
  await expect(resume(part.folder)).rejects.toThrow(/the settings in .*config\.json are not those/);
});
