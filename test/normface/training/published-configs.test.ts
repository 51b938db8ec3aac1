/** The configurations of large data sets follow the files of their authors: docs/training.md#large-data-sets says which. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { imagesPerStep, parseConfig } from '../../../src/normface/training/config/config.ts';
import { doubtfulSettings } from '../../../src/normface/training/config/doubtful-settings.ts';
import { scheduleOf } from '../../../src/normface/training/config/schedule.ts';
import { stepCount, stepsInEpoch } from '../../../src/normface/training/training-data.node.ts';

const read = (name: string) =>
  parseConfig(
    JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../configs', `${name}.json`), 'utf8')),
    name,
  );

const images = {
  ms1mv2: 5_822_653,
  ms1mv3: 5_179_510,
  webface4m: 4_235_242,
  webface12m: 12_720_066,
  glint360k: 17_091_657,
};
const arcface = { name: 'arcface', margin: 0.5 };
const cosface = { name: 'cosface', margin: 0.4 };

test.each([
  ['ms1mv2-iresnet-50-arcface', 'ms1mv2', arcface, 1024, 0.1, 1e-4, 20],
  ['ms1mv2-iresnet-100-arcface', 'ms1mv2', arcface, 1024, 0.1, 5e-4, 20],
  ['ms1mv3-iresnet-50-arcface', 'ms1mv3', arcface, 128, 0.02, 5e-4, 20],
  ['ms1mv3-iresnet-100-arcface', 'ms1mv3', arcface, 1024, 0.2, 5e-4, 25],
  ['webface4m-iresnet-50-cosface', 'webface4m', cosface, 1024, 0.1, 5e-4, 20],
  ['webface4m-iresnet-100-cosface', 'webface4m', cosface, 1024, 0.1, 5e-4, 20],
  ['webface12m-iresnet-50-cosface', 'webface12m', cosface, 1024, 0.1, 5e-4, 20],
  [
    'webface12m-iresnet-100-cosface',
    'webface12m',
    { ...cosface, classSampling: { rate: 0.2 } },
    1024,
    0.1,
    5e-4,
    20,
  ],
  ['glint360k-iresnet-50-cosface', 'glint360k', cosface, 1024, 0.1, 1e-4, 20],
  ['glint360k-iresnet-100-cosface', 'glint360k', cosface, 1024, 0.1, 1e-4, 20],
] as const)("%s is that of insightface's arcface_torch", (name, data, loss, batch, rate, decay, epochs) => {
  const config = read(name);
  expect(config).toMatchObject({
    net: /^\w+-(iresnet-\d+)/.exec(name)![1],
    data: { imageSize: [112, 112], minimumImages: 1 },
    loss: { ...loss, scale: { initial: 64, learn: false } },
    optimiser: { name: 'sgd', momentum: 0.9, weightDecay: decay, clipNorm: 5 },
    epochs,
  });
  expect(imagesPerStep(config)).toBe(batch);
  const steps = stepCount(config, images[data]);
  expect(steps).toBe(Math.round((epochs * images[data]) / batch));
  const perEpoch = stepsInEpoch(config, images[data]);
  const rateOf = scheduleOf(config.schedule, config.optimiser.learningRate, steps, perEpoch);
  expect(rateOf(0)).toBe(rate);
  expect(rateOf(steps / 2)).toBeCloseTo(rate / 4, 12);
  expect(doubtfulSettings(config, steps, perEpoch)).toEqual([]);
});

test.each([
  ['ms1mv2-iresnet-50-adaface', 'ms1mv2', 256],
  ['glint360k-iresnet-100-adaface', 'glint360k', 128],
] as const)('%s is that of the scripts of AdaFace', (name, data, batch) => {
  const config = read(name);
  expect(config).toMatchObject({
    loss: {
      name: 'adaface',
      margin: 0.4,
      concentration: 0.333,
      alpha: 0.01,
      scale: { initial: 64, learn: false },
    },
    optimiser: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4 },
    batchSize: batch,
    epochs: 26,
    augmentation: {
      mirror: true,
      crop: { probability: 0.2, area: [0.2, 1] },
      lowResolution: { probability: 0.2, minimum: 0.2 },
      photometric: { probability: 0.2, brightness: 0.5, contrast: 0.5, saturation: 0.5 },
    },
  });
  const steps = stepCount(config, images[data]);
  const perEpoch = stepsInEpoch(config, images[data]);
  const rate = scheduleOf(config.schedule, config.optimiser.learningRate, steps, perEpoch);
  const rates = [11.5, 12.5, 19.5, 20.5, 23.5, 25.5].map((epoch) => rate(Math.round(epoch * perEpoch)));
  [0.1, 0.01, 0.01, 1e-3, 1e-3, 1e-4].forEach((expected, i) => {
    expect(rates[i]).toBeCloseTo(expected, 12);
  });
  expect(doubtfulSettings(config, steps, perEpoch)).toEqual([]);
});
