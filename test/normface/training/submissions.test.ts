/** A training step is one submission and one wait: everything else of it would be the host's time. */

import { expect, test } from 'vitest';
import { testDevice } from '../../engine/open.ts';
import { countTraffic } from '../../engine/traffic.ts';
import { batch, tinyModel } from './tiny.ts';

test.each([{}, { checkFinite: true, checkLabels: true }])('with the checks %o', async (debug) => {
  const device = await testDevice({ debug });
  const traffic = countTraffic(device.gpu);
  const model = tinyModel(device, { loss: { name: 'normface' } });
  await model.step(batch, 0.02, 0);
  Object.assign(traffic, { submissions: 0, maps: 0 });
  for (let step = 1; step < 4; step++) await model.step(batch, 0.02, step);
  expect(traffic).toEqual({ submissions: 3, maps: 3 });
  const embedder = await model.embedder();
  await embedder.embed(batch.pixels);
  Object.assign(traffic, { submissions: 0, maps: 0 });
  await embedder.embed(batch.pixels);
  expect(traffic).toEqual({ submissions: 1, maps: 1 });
  model.dispose();
});
