import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { InterruptedError } from '../../../src/normface/paper/experiment-runner.node.ts';
import type { TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { errorOf, temporaryFolder } from '../data/fixtures.ts';
import { fakeRunner } from './fake.ts';

const input: TrainingConfigInput = {
  net: 'tiny',
  data: { path: 'generated:identities=4,samples=4', imageSize: [16, 16] },
  evaluation: { data: 'generated:identities=20,samples=3,first=4', pairsPerFold: 2 },
  batchSize: 8,
  steps: 4,
  log: { everySteps: 1 },
};

// The first step waits for the compilation of its kernels.
vi.setConfig({ testTimeout: 300_000 });

const out = temporaryFolder();
let stop = false;
const { runner, said, close } = fakeRunner(out, { shouldStop: () => stop });
afterAll(close);
const folders = () => readdirSync(join(out, 'runs')).sort();

test('the same settings are trained once, whatever the key', async () => {
  const first = await runner.train(input, 'baseline');
  expect(first.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  const again = await runner.train({ ...input, log: { everySteps: 2 } }, 'other');
  expect(again.folder).toBe(first.folder);
  expect(again.steps).toEqual(first.steps);
  expect(said.at(-1)).toBe(`run     ${first.folder} · trained before`);
  expect(folders()).toEqual(['baseline-001']);
});

test('other settings or other images are trained again', async () => {
  await runner.train({ ...input, seed: 2 }, 'baseline');
  const other = { ...input, data: { ...input.data, path: 'generated:identities=4,samples=5' } };
  await runner.train(other, 'baseline');
  expect(folders()).toEqual(['baseline-001', 'baseline-002', 'baseline-003']);
});

test('an interrupted run goes on from where it was and gives the same numbers', async () => {
  const settings = { ...input, seed: 3 };
  const openDevice = () => runner.openDevice();
  const whole = fakeRunner(temporaryFolder(), { openDevice });
  const expected = await whole.runner.train(settings, 'run');
  await whole.close();
  let asked = 0;
  const halted = fakeRunner(out, { openDevice, shouldStop: () => asked++ > 2 });
  const error = await errorOf(halted.runner.train(settings, 'halted'));
  await halted.close();
  expect(error).toBeInstanceOf(InterruptedError);
  expect(error.message).toMatch(/stopped at step [123] of 4/);
  const run = await runner.train(settings, 'again');
  expect(run.folder).toBe(join(out, 'runs', 'halted-001'));
  expect(run.steps.map(({ step, loss }) => [step, loss])).toEqual(
    expected.steps.map(({ step, loss }) => [step, loss]),
  );
});

test('nothing is trained once Ctrl-C was pressed', async () => {
  stop = true;
  expect(await errorOf(runner.train({ ...input, seed: 4 }, 'late'))).toBeInstanceOf(InterruptedError);
  stop = false;
  expect(folders().some((name) => name.startsWith('late'))).toBe(false);
});

test('a run is evaluated on the pairs of its configuration, and embeds images', async () => {
  const run = await runner.train(input, 'baseline');
  const { evaluation } = await runner.evaluate(run);
  expect(evaluation.pairs.a).toHaveLength(40);
  const { dataset } = run.data;
  const indices = Uint32Array.of(5, 0);
  const { values, dimension } = await runner.features(run, dataset, indices);
  const mirrored = await runner.mirroredFeatures(run, dataset, indices);
  expect(values).toHaveLength(2 * dimension);
  expect(mirrored.front.values).toEqual(values);
  expect(mirrored.mirrored!.values).not.toEqual(values);
});
