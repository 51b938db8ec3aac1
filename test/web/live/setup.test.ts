import { describe, expect, test } from 'vitest';
import { findNet } from '../../../src/normface/nets/index.ts';
import { lossChoices } from '../../../src/web/live/choices.ts';
import { onDigits, presetOf, presets } from '../../../src/web/live/presets.ts';
import {
  configOf,
  defaultSetup,
  limits,
  needsRestart,
  netName,
  readSetup,
  type Setup,
  sources,
  writeSetup,
} from '../../../src/web/live/setup.ts';

const read = (address: string) => readSetup(new URLSearchParams(address));
const size = { width: 28, height: 28, mirrored: true };

describe('addresses', () => {
  test('an empty one is the default, which needs none', () => {
    expect(read('')).toEqual({ setup: defaultSetup(), problems: [] });
    expect(writeSetup(defaultSetup()).toString()).toBe('');
  });

  test('every setting survives', () => {
    const setup: Setup = {
      data: 'mnist',
      people: 7,
      dimension: 3,
      net: 'paper',
      loss: 'arcface',
      scale: 'learnt',
      margin: 0.35,
      learningRate: 0.013,
      batchSize: 96,
      softmaxFirst: 12,
      seed: 99,
    };
    expect(read(writeSetup(setup).toString())).toEqual({ setup, problems: [] });
  });

  test('every source with every loss and every preset survives', () => {
    const setups = [
      ...sources.flatMap((data) => lossChoices.map(({ name }) => defaultSetup(data, name))),
      ...presets.map(({ setup }) => setup),
    ];
    for (const setup of setups) expect(read(writeSetup(setup).toString())).toEqual({ setup, problems: [] });
  });

  test('only what differs is written', () => {
    const setup = { ...defaultSetup('faces', 'softmax'), learningRate: 0.5 };
    expect(writeSetup(setup).toString()).toBe('loss=softmax&rate=0.5');
  });

  test.each([
    ['loss=sofmax', /^loss in the address must be one of softmax, .*, not "sofmax"$/],
    ['d=4', /^d in the address must be one of 2, 3, not "4"$/],
    ['s=5', /^s in the address must be one of 1, 4, 10, .*learnt, not "5"$/],
    ['batch=1.5', /^batch in the address must be a whole number from 8 to 512, not "1.5"$/],
    ['rate=', /^rate in the address must be a number from 0.0001 to 10, not ""$/],
    ['rate=fast', /^rate in the address must be a number from .*, not "fast"$/],
    ['seed=-1', /^seed in the address must be .*, not "-1"$/],
  ])('%s is told and the default taken', (address, sentence) => {
    const { setup, problems } = read(address);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(sentence);
    expect(setup).toEqual(defaultSetup());
  });

  test('the fixed features have three numbers and no softmax before', () => {
    expect(read('data=clusters&d=2&first=50').setup).toMatchObject({ dimension: 3, softmaxFirst: 0 });
  });
});

test('only the learning rate can be changed while a training runs', () => {
  const setup = defaultSetup();
  expect(needsRestart(setup, { ...setup, learningRate: 1 })).toBe(false);
  for (const change of [{ seed: 2 }, { scale: 4 }, { dimension: 3 }, { batchSize: 32 }] as const)
    expect(needsRestart(setup, { ...setup, ...change })).toBe(true);
});

test.each(lossChoices.map(({ name }) => [name] as const))('%s becomes a configuration', (loss) => {
  for (const data of sources) {
    const setup = defaultSetup(data, loss);
    const config = configOf(setup, size);
    expect(config.batchSize).toBe(setup.batchSize);
    expect(config.data.imageSize).toEqual([28, 28]);
    expect(config.loss.name).toBe(loss === 'softmax-bias' ? 'softmax' : loss);
  }
});

test('scales and margins reach the loss', () => {
  const lossOf = (change: Partial<Setup>) => configOf({ ...defaultSetup(), ...change }, size).loss;
  expect(lossOf({ scale: 4 })).toMatchObject({ name: 'normface', scale: { initial: 4, learn: false } });
  expect(lossOf({ scale: 'learnt' })).toMatchObject({ scale: { initial: 10, learn: true } });
  expect(lossOf({ loss: 'arcface', scale: 16, margin: 0.3 })).toMatchObject({
    margin: 0.3,
    scale: { initial: 16 },
  });
  expect(lossOf({ loss: 'c-contrastive', margin: 0 })).toMatchObject({ negativeMargin: 0 });
  expect(lossOf({ loss: 'c-triplet', margin: 0.5 })).toMatchObject({ margin: 0.5 });
  expect(lossOf({ loss: 'softmax-bias' })).toMatchObject({ name: 'softmax', bias: true });
});

test('there is a net for each dimension, of that dimension', () => {
  for (const net of ['tiny', 'paper'] as const)
    for (const dimension of [2, 3] as const) {
      const { layers } = findNet(netName({ ...defaultSetup(), net, dimension }));
      expect(layers.at(-1)).toMatchObject({ kind: 'fullyConnected', outputs: dimension });
    }
});

test('presets are within the limits and can be told apart, at any learning rate', () => {
  for (const preset of presets) {
    expect(presetOf({ ...preset.setup, learningRate: 3 })).toBe(preset);
    expect(presetOf(onDigits(preset.setup))).toBe(preset);
    for (const [name, { least, most }] of Object.entries(limits)) {
      const value = preset.setup[name as keyof typeof limits];
      expect(value).toBeGreaterThanOrEqual(least);
      expect(value).toBeLessThanOrEqual(most);
    }
  }
  expect(presetOf({ ...defaultSetup(), seed: 12345 })).toBeUndefined();
});
