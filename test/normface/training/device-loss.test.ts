/** A run whose device is lost goes on with another one, and nothing but its log shows it. */

import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeviceLostError } from '../../../src/engine/core/errors.ts';
import { hash32 } from '../../../src/engine/core/random.ts';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import type { DeviceOptions } from '../../../src/engine/runtime/options.ts';
import { latestCheckpoint } from '../../../src/normface/training/checkpoint/checkpoint.node.ts';
import { readCheckpoint } from '../../../src/normface/training/checkpoint/read-checkpoint.node.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import type { Reporter } from '../../../src/normface/training/reporter.ts';
import { trainRun } from '../../../src/normface/training/run/run.node.ts';
import { readLog } from '../../../src/normface/training/run/run-folder.node.ts';
import { openTrainingData } from '../../../src/normface/training/training-data.node.ts';
import { encode, temporaryFolder, writeTree } from '../data/fixtures.ts';
import { type Calls, loseAt, type Moment } from './lose-device.ts';

const root = temporaryFolder();
const images = path.join(root, 'images');
const pairs = path.join(root, 'pairs.txt');

/** So few kernels that a device costs little. */
const net = {
  name: 'least',
  input: [8, 8, 3],
  layers: [
    { kind: 'flatten', name: 'flatten' },
    { kind: 'dropout', name: 'dropout', rate: 0.25 },
    { kind: 'fullyConnected', name: 'fc', outputs: 4 },
  ],
} as const;

beforeAll(async () => {
  const names = ['a', 'b', 'c'].flatMap((person) =>
    [1, 2, 3].map((image) => `${person}/${person}_000${image}.png`),
  );
  const pictures = await Promise.all(names.map((_, i) => encode('png', 8, 8, i + 1)));
  writeTree(images, Object.fromEntries(names.map((name, i) => [name, pictures[i]!])));
  fs.writeFileSync(pairs, '2\t1\na\t1\t2\na\t1\tb\t1\nb\t1\t3\nb\t2\tc\t3\n');
});

const opened: Device[] = [];
afterAll(() => {
  for (const device of opened) device.close();
});

async function open(options: DeviceOptions = {}): Promise<Device> {
  const device = await openDevice({ tune: 'off', ...options });
  opened.push(device);
  return device;
}

/** A run on the devices that `next` gives one after the other. */
async function train(name: string, next: () => Promise<Device>, settings: TrainingConfigInput = {}) {
  const source = {
    name,
    output: root,
    net: net as never,
    batchSize: 4,
    data: { path: images, pairs },
    steps: 6,
    log: { everySteps: 3 },
    checkpoint: { everySteps: 1 },
    ...settings,
  } satisfies TrainingConfigInput;
  const config = parseConfig(source);
  const warnings: string[] = [];
  const silent = { live: false, columns: 80, show() {}, keep() {}, clear() {} };
  const reporter: Reporter = {
    say() {},
    emit() {},
    warn: (text) => warnings.push(text),
    progressSink: silent,
  };
  const folder = path.join(root, `${name}-001`);
  const outcome = await trainRun({
    device: await next(),
    reopenDevice: next,
    config,
    source: source as never,
    data: await openTrainingData(config),
    reporter,
  }).catch((error: Error) => error);
  return { outcome, folder, warnings };
}

/** What a run has learnt and told, but for the times. */
function resultOf(folder: string) {
  const curve = readLog(folder)
    .filter(({ event }) => event === 'step' || event === 'validation')
    .map((record) => ({ ...record, imagesPerSecond: 0, dataWait: 0, time: '' }));
  const last = fs.readdirSync(path.join(folder, 'ckpt')).sort().at(-1)!;
  const { weights, optimiser, state } = readCheckpoint(path.join(folder, 'ckpt', last));
  return { curve, weights, optimiser, state: { ...state, configHash: '' } };
}

/** Lines of the log as they were written, those included that later ones make void. */
function written(folder: string): { event: string; step: number; lostAfter?: number; message?: string }[] {
  const lines = fs.readFileSync(path.join(folder, 'log.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

const everything: TrainingConfigInput = { steps: 17, evaluation: { everySteps: 4 } };

/** The run without a loss, and the calls that it took. */
const uninterrupted = once(async () => {
  const calls: Calls[] = [];
  const { outcome, folder } = await train(
    'whole',
    async () => {
      const device = await open();
      calls.push(loseAt(device));
      return device;
    },
    everything,
  );
  expect(outcome).toMatchObject({ step: 17, finished: true });
  const { names } = calls[0]!;
  // The first step is what is submitted first.
  const making = names.indexOf('submit');
  return { result: resultOf(folder), making, perStep: (names.length - making) / 17 };
});

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Calls at which devices were lost, over all runs. */
const places: string[] = [];
const losses = 10;

test.each([0, 1, 2, 3, 4])(
  'ten losses at any call leave loss curve, validations, weights and optimiser bit for bit (seed %d)',
  async (run) => {
    const { result, making, perStep } = await uninterrupted();
    const folder = path.join(root, `broken-${run}-001`);
    let number = 0;
    const broken = await train(
      `broken-${run}`,
      async () => {
        const device = await open();
        const serial = number++;
        if (serial >= losses) return device;
        const random = (stream: number, below: number) => hash32(run, serial, stream, 7) % Math.floor(below);
        const moment = (['before', 'after', 'later'] as Moment[])[random(1, 3)]!;
        // Every other device is lost while the model is made or at its first step, the others once they have saved a checkpoint, so
        // that the run gets on.
        const isEarly = serial % 2 === 0;
        const before = latestCheckpoint(folder);
        const hasSaved = () => latestCheckpoint(folder) !== before;
        const at = random(2, isEarly ? making + perStep : 2 * perStep);
        const seen = loseAt(device, at, moment, isEarly ? undefined : hasSaved);
        device.gpu.lost.then(() => {
          if (seen.names.length > at) places.push(seen.names[at]!);
        });
        return device;
      },
      everything,
    );
    expect(broken.outcome).toMatchObject({ step: 17, finished: true });
    expect(broken.folder).toBe(folder);
    expect(resultOf(folder)).toEqual(result);
    expect(broken.warnings.filter((text) => text.startsWith('the GPU device was lost'))).toHaveLength(losses);
    expect(written(folder).filter(({ event }) => event === 'device-lost')).toHaveLength(losses);
  },
);

test('these were calls of every kind', () => {
  expect(places).toHaveLength(5 * losses);
  const kinds = new Set(places);
  for (const kind of ['createBuffer', 'createBindGroup', 'writeBuffer', 'submit', 'mapAsync'])
    expect(kinds).toContain(kind);
});

/** A device that is lost at one of its submissions, of which every step makes one and every read another. */
async function lostAtSubmission(number: number, options: DeviceOptions = {}): Promise<Device> {
  const device = await open(options);
  const { queue } = device.gpu;
  const submit = queue.submit.bind(queue);
  let submissions = 0;
  queue.submit = (buffers) => {
    if (++submissions === number) device.gpu.destroy();
    return submit(buffers);
  };
  return device;
}

/** Gives devices one after the other, and from then on the last kind. */
function devices(...kinds: (() => Promise<Device>)[]): () => Promise<Device> {
  let number = 0;
  return () => kinds[Math.min(number++, kinds.length - 1)]!();
}

test('without a checkpoint the run begins again with the same seed', async () => {
  const settings: TrainingConfigInput = { checkpoint: { everySteps: 0 } };
  const whole = await train('first', open, settings);
  // In the fifth step: the first record is written by then.
  const again = await train(
    'again',
    devices(() => lostAtSubmission(5), open),
    settings,
  );
  expect(again.outcome).toMatchObject({ step: 6, finished: true });
  expect(resultOf(again.folder)).toEqual(resultOf(whole.folder));
  expect(again.warnings).toEqual([
    expect.stringMatching(/^the GPU device was lost: .*; another one is opened, and the run begins again$/),
  ]);
  expect(written(again.folder).map(({ event, step }) => `${event} ${step}`)).toEqual([
    ...['start 0', 'step 3', 'device-lost 0', 'start 0', 'step 3', 'step 6', 'checkpoint 6', 'done 6'],
  ]);
  expect(written(again.folder)[2]).toMatchObject({
    lostAfter: expect.any(Number),
    message: expect.any(String),
  });
});

test('a device that is lost again and again at one place ends the run with a sentence, and what was saved stays', async () => {
  const settings: TrainingConfigInput = { checkpoint: { everySteps: 2 } };
  const { outcome, folder } = await train(
    'hopeless',
    // The first device lasts beyond the checkpoint of step 2, the others not to the next one.
    devices(
      () => lostAtSubmission(20),
      () => lostAtSubmission(1),
    ),
    settings,
  );
  expect(outcome).toBeInstanceOf(DeviceLostError);
  expect((outcome as Error).message).toMatch(
    /^the GPU device was lost: .*, 3 times in a row since the checkpoint of step 2, .*step-00000002, which is intact; when the GPU works again: normface train --resume .*hopeless-001$/,
  );
  expect(fs.readdirSync(path.join(folder, 'ckpt'))).toEqual(['step-00000002']);
  expect(readCheckpoint(path.join(folder, 'ckpt', 'step-00000002')).state.step).toBe(2);
});

test('before anything is saved it leaves nothing', async () => {
  const { outcome, folder } = await train('nothing', () => lostAtSubmission(1));
  expect((outcome as Error).message).toMatch(
    /, 3 times in a row before the first checkpoint; nothing was saved$/,
  );
  expect(fs.existsSync(folder)).toBe(false);
});

test('while variants are measured, too', async () => {
  const { outcome, warnings } = await train(
    'tuned',
    devices(() => lostAtSubmission(3, { tune: 'full' }), open),
    { steps: 2 },
  );
  expect(outcome).toMatchObject({ step: 2, finished: true });
  expect(warnings).toEqual([expect.stringMatching(/the run begins again$/)]);
});
