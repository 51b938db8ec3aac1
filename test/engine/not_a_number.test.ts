/** A feature that is not a number makes a loss that is none: a diverged run must not look healthy. */

import { expect, test } from 'vitest';
import { operators } from '../../src/engine/ops/index.ts';
import { sampleInput, sampleTensor } from '../../src/engine/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

const hinges = /"mining"|"addCenterLoss"|"adjacent"|"maxNegativeOnly"|"circle"|"angle"/;
const samples = operators
  .filter(({ name }) => name.endsWith('_loss'))
  .flatMap(({ name, cases }) =>
    cases
      .filter(({ inputs, label }, i) => inputs[0]!.shape[0]! < 20 && (i === 0 || hinges.test(label)))
      .map((sample) => [`${name} ${sample.label}`, sample] as const),
  );

test.each(samples)('%s', async (_, sample) => {
  await device.scope(async () => {
    const arrays = sample.inputs.map((spec, i) => sampleInput(spec, 1000 + i));
    arrays[0]!.data[0] = Number.NaN;
    const loss = sample.apply(arrays.map((array, i) => sampleTensor(device, sample.inputs[i]!, array)));
    expect(await loss.item()).toBeNaN();
  });
});
