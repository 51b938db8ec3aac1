import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Jobs } from '../../../../src/normface/paper/jobs/jobs.node.ts';
import { pairsMeasure } from '../../../../src/normface/paper/tables/comparison.node.ts';
import { paperRows, rowsOf } from '../../../../src/normface/paper/tables/loss-rows.ts';
import { fineTuneJob } from '../../../../src/normface/paper/tables/recipe.ts';
import { errorOf, temporaryFolder } from '../../data/fixtures.ts';
import { fakeRunner } from '../fake.ts';
import { smallRecipe } from '../tables/small.ts';

const recipe = { ...smallRecipe, snapshots: { count: 1, everySteps: 2 } };
const measure = pairsMeasure(recipe);
const [row] = rowsOf(paperRows(recipe.head), ['normface']);
const job = fineTuneJob(recipe, row!, 1, [measure]);

const { runner: device, close } = fakeRunner(temporaryFolder());
const openDevice = () => device.openDevice();
afterAll(close);

/** A process of its own, as far as jobs are concerned. */
function opened(out: string, emit: (record: { event: string; step: number }) => void = () => {}) {
  const { runner, said } = fakeRunner(out, { openDevice });
  const reporter = {
    ...runner.reporter,
    emit: (record: unknown) => emit(record as { event: string; step: number }),
  };
  Object.assign(runner, { reporter });
  return { jobs: new Jobs({ runner }), said, close: () => runner.close() };
}

/** What is left of a job: its weights, and its record without times. */
async function traces(jobs: Jobs) {
  const identity = await jobs.identities.of(job);
  const { checkpoint } = jobs.store.findRun(identity)!;
  return {
    weights: readFileSync(join(checkpoint!, 'weights.safetensors')),
    value: await jobs.value(job, measure),
  };
}

test('a training that is torn down behind a checkpoint, and gone on with, ends with the bits of one that was not', async () => {
  const whole = opened(temporaryFolder());
  await whole.jobs.do(job);
  const expected = await traces(whole.jobs);
  await whole.close();

  const out = temporaryFolder();
  let saved = 0;
  // The baseline saves at steps 2 and 4, then the row at step 2.
  const torn = opened(out, ({ event }) => {
    if (event === 'checkpoint' && ++saved === 3) throw new Error('the power is gone');
  });
  expect((await errorOf(torn.jobs.do(job))).message).toBe('the power is gone');
  await torn.close();
  const next = opened(out);
  await next.jobs.do(job);
  expect(next.said.filter((line) => line.includes('begun before'))).toEqual([
    '\njob     small-normface-s1, which was begun before',
  ]);
  expect(await traces(next.jobs)).toEqual(expected);
  expect(readdirSync(join(out, 'jobs'))).toHaveLength(2);
  await next.close();
});
