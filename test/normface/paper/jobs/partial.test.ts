import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DivergedError } from '../../../../src/common/errors.ts';
import type { PlannedExperiment } from '../../../../src/normface/paper/experiment.ts';
import { packBits } from '../../../../src/normface/paper/jobs/bits.ts';
import { Jobs } from '../../../../src/normface/paper/jobs/jobs.node.ts';
import { runExperiments } from '../../../../src/normface/paper/run-experiments.node.ts';
import type { PairsMeasure } from '../../../../src/normface/paper/tables/comparison.node.ts';
import { paperRows, rowsOf } from '../../../../src/normface/paper/tables/loss-rows.ts';
import { planTable2 } from '../../../../src/normface/paper/tables/table2.node.ts';
import { writePaper } from '../../../../src/normface/paper/write-paper.node.ts';
import { temporaryFolder } from '../../data/fixtures.ts';
import { fakeRunner } from '../fake.ts';
import { smallRecipe } from '../tables/small.ts';
import { stubTrainer } from './stub.ts';

const seeds = [1, 2, 3];
const recipe = { ...smallRecipe, head: { ...smallRecipe.head, agents: {}, distanceAgents: {} } };
const rows = rowsOf(paperRows(recipe.head), ['control', 'softmax-dropout', 'normface']);

/** Table 2 of three rows; what judges a net is made up from its key and seed. */
function table2(): PlannedExperiment {
  return {
    name: 'table2',
    title: 'Table 2: three rows',
    paper: '-',
    plan: () => {
      const plan = planTable2(recipe, seeds, [{ title: 'rows', rows }]);
      for (const { job } of plan.jobs) {
        const [measure] = job.measures as [PairsMeasure];
        Object.assign(measure, {
          subject: async () => ({ fingerprint: 'pairs', images: 1 }),
          measure: async (
            _: unknown,
            { key, config: { seed } }: { key: string; config: { seed: number } },
          ) => {
            const right = Array.from({ length: 40 }, (__, k) => Number((k * (seed + key.length)) % 7 > 1));
            const accuracy = right.reduce((sum, bit) => sum + bit, 0) / 40;
            const kept = { pairs: 40, decisions: packBits(right) };
            return {
              measurements: [{ seed, step: 4, merge: 'front', accuracy, areaUnderCurve: accuracy, ...kept }],
            };
          },
        });
      }
      return plan;
    },
  };
}

/** One call of the command, which is stopped before the training of that number. */
async function call(out: string, stopBefore = Number.POSITIVE_INFINITY, reportOnly = false) {
  const trainer = stubTrainer();
  const shouldStop = () => trainer.trained.length >= stopBefore;
  const { runner, said } = fakeRunner(out, { shouldStop });
  const jobs = new Jobs({ runner, train: trainer.train });
  const experiment = table2();
  const outcome = await runExperiments([experiment], runner, { jobs, reportOnly });
  const [, page] = writePaper([experiment], runner);
  return { outcome, said, trained: trainer.trained, page: readFileSync(page!, 'utf8') };
}

test('a stopped table tells what it knows and what it lacks; the next calls end with the bits of one that was not stopped', async () => {
  const out = temporaryFolder();
  // A baseline and three rows of seed 1, the baseline and one row of seed 2, and another one that is not measured any more.
  const first = await call(out, 7);
  expect(first.outcome).toMatchObject({ interrupted: true, finished: [], failed: [] });
  expect(first.page).toContain('Table 2 (4 of 9 trainings so far): ');
  expect(first.page).toContain(
    'Not all of it is there: 4 of 9 trainings are done and measured. What follows is of those that can be compared; seeds are missing of: ' +
      'control (2 of 3 seeds); softmax + dropout (1 of 3 seeds); softmax, normalised (1 of 3 seeds).',
  );
  expect(first.page).toMatch(
    /^\| softmax, further steps \(control\) \| no \| [\d.]+ ± [\d.]+ \(2 of 3 seeds\) \|/m,
  );
  expect(first.page).toMatch(/^\| softmax \| yes \| [\d.]+ \(1 of 3 seeds\) \|/m);
  expect(first.page).not.toMatch(/NaN|undefined|Infinity/);
  const second = await call(out, 3);
  expect(second.trained.map(({ key }) => key)).toEqual([
    'small-normface-s2',
    'small-baseline-s3',
    'small-control-s3',
  ]);
  const last = await call(out);
  expect(last.outcome).toMatchObject({ interrupted: false, finished: [{ name: 'table2' }] });
  expect(last.page).not.toContain('Not all of it is there');
  const whole = temporaryFolder();
  await call(whole);
  const csv = (folder: string) => readFileSync(join(folder, 'table2', 'table2.csv'), 'utf8');
  expect(csv(out)).toBe(csv(whole));
  expect(csv(whole).trim().split('\n')).toHaveLength(1 + 9);
});

test('a report is written of what is done, and nothing is trained for it', async () => {
  const out = temporaryFolder();
  const nothing = await call(out, undefined, true);
  expect(nothing.trained).toEqual([]);
  expect(nothing.page).not.toContain('Table 2');
  expect(existsSync(join(out, 'table2'))).toBe(false);
  await call(out, 3);
  const report = await call(out, undefined, true);
  expect(report.trained).toEqual([]);
  expect(report.page).toContain('softmax, normalised (0 of 3 seeds)');
  expect(report.page).toContain('No row shares a seed with its control so far.');
});

test('a row whose loss was not finite is no reason to wait: the table is finished, and says so', async () => {
  const out = temporaryFolder();
  const trainer = stubTrainer();
  const { runner } = fakeRunner(out);
  const fails = (key: string) =>
    key === 'small-normface-s2' ? new DivergedError('the loss is NaN') : undefined;
  const train: typeof trainer.train = (input, place) => {
    trainer.state.fail = fails(place.key);
    return trainer.train(input, place);
  };
  const experiment = table2();
  const { finished } = await runExperiments([experiment], runner, { jobs: new Jobs({ runner, train }) });
  expect(finished.map(({ name }) => name)).toEqual(['table2']);
  const [, page] = writePaper([experiment], runner);
  const text = readFileSync(page!, 'utf8');
  expect(text).toContain(
    'Without numbers, since their loss was not finite: softmax, normalised, seed 2: the loss is NaN.',
  );
  expect(text).toMatch(/^\| softmax \| yes \| [\d.]+ ± [\d.]+ \(2 of 3 seeds\) \|/m);
  expect(text).toContain('over the seeds that row and control share, 2 to 3.');
});
