/** The configurations of large data sets can be trained as far as their shapes go: what `train --dry-run` says of their memory. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { globals } from 'webgpu';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { SilentCommunicator } from '../../../src/engine/distributed/silent.ts';
import { openIdle } from '../../../src/inspector/compiled/idle-adapter.ts';
import { adapterOf, cards } from '../../../src/inspector/estimate/cards.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { Model } from '../../../src/normface/training/model.ts';

/** Of docs/training.md#large-data-sets. */
const people = {
  ms1mv2: 85_742,
  ms1mv3: 93_431,
  webface4m: 205_990,
  webface12m: 617_970,
  glint360k: 360_232,
};
const folder = resolve(import.meta.dirname, '../../../configs');
const published = readdirSync(folder)
  .map((file) => basename(file, '.json'))
  .flatMap((name) => {
    const classes = people[name.split('-')[0] as keyof typeof people];
    return classes === undefined ? [] : [[name, classes] as const];
  });

let device: Device;
beforeAll(async () => {
  // The constants of WebGPU, which come with an implementation; nothing is computed.
  Object.assign(globalThis, globals);
  device = await openIdle(adapterOf(cards.h200));
});
afterAll(() => device.close());

/** Memory of the first of eight ranks, which the files of insightface are for. */
function memoryOf(config: TrainingConfigInput, classes: number) {
  const exchange = { communicator: new SilentCommunicator(8) };
  const model = new Model(device, parseConfig(config), classes, exchange);
  const { memory } = model;
  model.dispose();
  return { ...memory, together: Object.values(memory).reduce((sum, bytes) => sum + bytes) };
}

test('none is left out', () => {
  expect(published.length).toBe(12);
});

test.each(published)('%s with %d people', (name, classes) => {
  const config = JSON.parse(readFileSync(resolve(folder, `${name}.json`), 'utf8'));
  const { average, ...memory } = memoryOf(config, classes);
  expect(average).toBe(0);
  for (const [part, bytes] of Object.entries(memory)) expect(bytes, part).toBeGreaterThan(0);
  const { classSampling, ...loss } = config.loss;
  if (!classSampling) return;
  const whole = memoryOf({ ...config, loss }, classes);
  for (const part of ['gradients', 'together'] as const) expect(memory[part], part).toBeLessThan(whole[part]);
});
