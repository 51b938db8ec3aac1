import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../../../src/normface/training/config/config.ts';
import type { StepRecord } from '../../../src/normface/training/run/log.ts';
import { EventFile } from '../../../src/normface/training/tensorboard/event-file.node.ts';
import { flatSettings } from '../../../src/normface/training/tensorboard/run-events.ts';
import { tfRecord } from '../../../src/normface/training/tensorboard/tf-record.ts';
import { dividedCrc32c, readEvent, readRecords, shownCurves } from './event-reader.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-events-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const config = parseConfig({ loss: { name: 'normface' }, data: { excludeFolds: [9, 10], pairs: 'p.txt' } });

const step = (number: number, loss: number, more: Partial<StepRecord> = {}): StepRecord => ({
  event: 'step',
  step: number,
  epoch: number / 4,
  loss,
  learningRate: 0.125,
  imagesPerSecond: 50,
  dataWait: 0.25,
  ...more,
});

const filesOf = () =>
  fs
    .readdirSync(folder)
    .sort()
    .map((name) => ({ name, bytes: new Uint8Array(fs.readFileSync(path.join(folder, name))) }));

test('the reader has the published checksum, and event files of TensorFlow begin with these bytes', () => {
  expect(dividedCrc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  // A first event of 24 bytes, a time and "brain.Event:2", as TensorFlow writes it.
  const start = [0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22];
  expect([...tfRecord(new Uint8Array(24)).subarray(0, 12)]).toEqual(start);
});

test('a run as events: version, beginning, settings, curves', () => {
  const file = new EventFile(folder, config, 0, () => 1_700_000_000_500);
  file.add({ event: 'start', step: 0 });
  file.add(step(10, 2.5, { scale: 16, bound: 1.5, positiveCosine: 0.5, negativeCosine: -0.25 }));
  file.add({ event: 'validation', step: 10, protocol: 'lfw-10fold-cos', accuracy: 0.75, threshold: 0.5 });
  file.close();
  const [{ name, bytes }] = filesOf() as [ReturnType<typeof filesOf>[number]];
  expect(name).toMatch(/^events\.out\.tfevents\.1700000000\.[A-Za-z0-9._-]+\.\d+$/);
  const { records, fault } = readRecords(bytes);
  expect(fault).toBeNull();
  const events = records.map(readEvent);
  expect(events.map(({ wallTime }) => wallTime)).toEqual(Array(6).fill(1_700_000_000.5));
  expect(events[0]).toMatchObject({ step: 0, version: 'brain.Event:2' });
  expect(events[1]).toMatchObject({ step: 0, isStart: true, version: null });
  expect(JSON.parse(events[2]!.texts.configuration!)).toEqual(JSON.parse(JSON.stringify(config)));
  expect(events[2]!.texts.configuration).toMatch(/^ {4}\{\n {6}"name": "train",$/m);
  expect(events[3]!.settings).toMatchObject({
    'loss.name': 'normface',
    batchSize: 64,
    'optimiser.learningRate': 0.05,
    'augmentation.mirror': true,
    'data.resize': true,
    'data.strict': false,
    'data.excludeFolds': '[9,10]',
  });
  expect(events[4]).toMatchObject({ step: 10, isStart: false });
  expect(events[4]!.scalars).toEqual({
    'train/loss': 2.5,
    'train/loss_bound': 1.5,
    'train/learning_rate': 0.125,
    'train/scale': 16,
    'train/cosine_own_class': 0.5,
    'train/cosine_other_classes': -0.25,
    'train/epoch': 2.5,
    'speed/images_per_second': 50,
    'speed/share_of_time_waiting_for_images': 0.25,
  });
  expect(events[5]!.scalars).toEqual({
    'validation/accuracy lfw-10fold-cos': 0.75,
    'validation/threshold lfw-10fold-cos': 0.5,
  });
});

test('numbers that are none, and such as no f32 holds', () => {
  const file = new EventFile(folder, config, 0);
  for (const loss of [Number.NaN, Number.POSITIVE_INFINITY, 1e300, 2 ** 40]) file.add(step(2 ** 40, loss));
  file.close();
  const events = readRecords(filesOf()[0]!.bytes).records.map(readEvent).slice(4);
  expect(events.map(({ scalars }) => scalars['train/loss'])).toEqual([
    Number.NaN,
    Infinity,
    Infinity,
    2 ** 40,
  ]);
  expect(events[0]!.step).toBe(2 ** 40);
});

test('a run that goes on writes another file, and no step is shown twice, whatever the clock says', () => {
  const clocks = [1_700_000_000_000, 1_700_000_000_000, 1_600_000_000_000];
  const attempts = [
    { from: 0, losses: [9, 8, 7, 6] },
    { from: 2, losses: [5, 4] },
    { from: 3, losses: [3] },
  ];
  for (const [k, { from, losses }] of attempts.entries()) {
    const file = new EventFile(folder, config, from, () => clocks[k]!);
    losses.forEach((loss, i) => {
      file.add(step(from + i + 1, loss));
    });
    file.close();
  }
  const files = filesOf();
  expect(files.map(({ name }) => name.split('.')[3])).toEqual(['1700000000', '1700000001', '1700000002']);
  expect(shownCurves(files).curve('train/loss')).toEqual([
    [1, 9],
    [2, 8],
    [3, 5],
    [4, 3],
  ]);
  const again = new EventFile(folder, config, 0);
  again.add(step(1, 1));
  again.close();
  expect(shownCurves(filesOf()).curve('train/loss')).toEqual([[1, 1]]);
});

test('every event is in the file at once, and a file that is cut off anywhere is readable up to there', () => {
  const file = new EventFile(folder, config, 0);
  const ends: number[] = [];
  const size = () => filesOf()[0]!.bytes.length;
  for (let number = 1; number <= 3; number++) {
    file.add(step(number, number));
    ends.push(size());
  }
  const { bytes } = filesOf()[0]!;
  file.close();
  expect(size()).toBe(ends[2]);
  // Two lengths in each field of a record, and its very end.
  const cuts = ends.flatMap((end) => [
    end - 100,
    end - 20,
    end - 5,
    end - 3,
    end - 1,
    end,
    end + 1,
    end + 7,
    end + 9,
    end + 13,
  ]);
  for (const length of cuts.filter((one) => one <= bytes.length)) {
    const { records, fault } = readRecords(bytes.slice(0, length));
    expect(records.length).toBe(4 + ends.filter((end) => end <= length).length);
    expect(fault === null).toBe(ends.includes(length));
  }
  const flipped = bytes.slice();
  flipped[ends[1]! - 6]! ^= 1;
  expect(readRecords(flipped)).toMatchObject({ records: { length: 5 }, fault: 'checksum of a record' });
});

test('a folder that cannot be written gets a sentence', () => {
  expect(() => new EventFile(path.join(folder, 'none'), config, 0)).toThrow(
    /^cannot write an event file into .*none: there is no such file/,
  );
});

test('a net as data is one setting', () => {
  const flat = flatSettings({ net: { name: 'own', layers: [{ kind: 'flatten' }] }, a: { b: null, c: [1] } });
  expect([...flat]).toEqual([
    ['net', '{"name":"own","layers":[{"kind":"flatten"}]}'],
    ['a.c', '[1]'],
  ]);
});
