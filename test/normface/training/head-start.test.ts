/** What a model takes of the losses of another one. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/common/json.ts';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { float32Tensor } from '../../../src/normface/training/checkpoint/safetensors.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { goesOnFrom, lossesOf, lossMetadata } from '../../../src/normface/training/run/head-start.node.ts';
import { tinyModel } from './tiny.ts';

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.close());

const learnt = { initial: 16, learn: true };

test.each<[TrainingConfigInput, string[]]>([
  [{ loss: { name: 'adaface', scale: learnt } }, ['loss.norms', 'loss.scale']],
  [{ loss: { name: 'curricularface', classSampling: { rate: 0.5 } } }, ['loss.t']],
  [{ loss: { name: 'uniface', classSampling: { rate: 0.5 } } }, ['loss.bias']],
  [{ loss: { name: 'adacos', dynamic: true } }, ['loss.scale']],
  [{ loss: { name: 'c-contrastive', addIntraMae: true } }, ['loss.running_positive']],
  [
    { loss: { name: 'softmax', bias: true }, auxiliaryLoss: { name: 'sphereface2' } },
    // The biases of softmax belong to its classes: they are class weights.
    ['auxiliary.bias'],
  ],
])('of %o goes on, with class weights that are kept: %o', async (config, state) => {
  const model = tinyModel(device, config, 20);
  const { weights: own } = await model.snapshot();
  const weights = new Map(
    [...own].map(([name, { data, shape }]) => [
      name,
      float32Tensor(new Float32Array(data.length).fill(3), shape),
    ]),
  );
  const names = { source: 'x', net: 'tiny' };
  expect(model.initialise(weights, { ...names, keepHead: false, goesOn: () => true })).toBeNull();
  expect(model.initialise(weights, { ...names, keepHead: true })).toEqual([]);
  const firstOf = async (name: string) => (await model.read(name))[0];
  for (const name of state) expect(await firstOf(name)).not.toBe(3);
  expect(model.initialise(weights, { ...names, keepHead: true, goesOn: () => true })).toEqual(state);
  for (const name of state) expect(await firstOf(name)).toBe(3);
  // Class weights of other people are left, and what belongs to them with them.
  const others = new Map([...weights].filter(([name]) => !/^(loss|auxiliary)\.weight$/.test(name)));
  others.delete('loss.bias');
  expect(model.initialise(others, { ...names, keepHead: true, goesOn: () => true })).toBeNull();
  model.dispose();
});

test('what goes on is of the same loss in the same place, and its start is not written', () => {
  const goesOn = (before: TrainingConfigInput, source: TrainingConfigInput) =>
    goesOnFrom(
      lossesOf('nowhere.safetensors', lossMetadata(parseConfig(before))),
      parseConfig(source),
      source as JsonObject,
    );
  const two = { loss: { name: 'cosface' }, auxiliaryLoss: { name: 'uniface' } } satisfies TrainingConfigInput;
  const same = goesOn(two, two);
  expect(['loss.scale', 'auxiliary.bias'].map(same)).toEqual([true, true]);
  const turned = goesOn(two, { loss: two.auxiliaryLoss, auxiliaryLoss: two.loss });
  expect(['loss.bias', 'auxiliary.scale'].map(turned)).toEqual([false, false]);
  const written = goesOn(two, {
    loss: { name: 'cosface', scale: { initial: 30, learn: true } },
    auxiliaryLoss: { name: 'uniface', bias: { learn: false } },
  });
  expect(['loss.scale', 'auxiliary.bias'].map(written)).toEqual([false, true]);
});

test('a file of an older version does not name its loss: the configuration of its run does, and without that nothing', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-head-start-'));
  const file = path.join(folder, 'ckpt/step-00000001/weights.safetensors');
  const losses = { loss: { name: 'uniface' }, auxiliaryLoss: { name: 'a loss of before' } };
  expect(lossesOf(file, {})).toEqual({});
  fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify(losses));
  expect(lossesOf(file, {})).toEqual({ loss: 'uniface', auxiliaryLoss: 'a loss of before' });
  expect(lossesOf(path.join(folder, 'weights.safetensors'), {})).toEqual({});
  // What the file says is of its step; the run may have gone on with another loss.
  expect(lossesOf(file, { loss: 'cosface' })).toEqual({ loss: 'cosface' });
  fs.rmSync(folder, { recursive: true });
});
