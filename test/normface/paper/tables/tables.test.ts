import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type { ExperimentResults, NamedTable, Plan } from '../../../../src/normface/paper/experiment.ts';
import { Jobs } from '../../../../src/normface/paper/jobs/jobs.node.ts';
import { writeResults } from '../../../../src/normface/paper/results-files.node.ts';
import { openBlufr } from '../../../../src/normface/paper/tables/blufr-trials.node.ts';
import { planCenterBaseline } from '../../../../src/normface/paper/tables/center-baseline.node.ts';
import { planDistances } from '../../../../src/normface/paper/tables/distances.node.ts';
import { planFig8 } from '../../../../src/normface/paper/tables/fig8.node.ts';
import { planMirror } from '../../../../src/normface/paper/tables/mirror.node.ts';
import { planNorms } from '../../../../src/normface/paper/tables/norms.node.ts';
import { planPrecision } from '../../../../src/normface/paper/tables/precision.node.ts';
import { planTable1 } from '../../../../src/normface/paper/tables/table1.node.ts';
import { planTable2, table2Blocks } from '../../../../src/normface/paper/tables/table2.node.ts';
import { planTable3 } from '../../../../src/normface/paper/tables/table3.node.ts';
import { planTable4 } from '../../../../src/normface/paper/tables/table4.node.ts';
import { planTable5 } from '../../../../src/normface/paper/tables/table5.node.ts';
import { generatedVideos } from '../../../../src/normface/paper/tables/video-sets.node.ts';
import { temporaryFolder } from '../../data/fixtures.ts';
import { fakeRunner } from '../fake.ts';
import { smallRecipe } from './small.ts';

// The first step waits for the compilation of its kernels.
vi.setConfig({ testTimeout: 600_000 });

const out = process.env.TABLES_OUT ?? temporaryFolder();
const { runner, close } = fakeRunner(out, { seeds: 2 });
const jobs = new Jobs({ runner });
const seeds = [1, 2];
afterAll(close);

/** Does the jobs of a plan, and tells what came out. */
async function run(plan: Plan): Promise<ExperimentResults> {
  for (const { job } of plan.jobs) await jobs.do(job);
  return (await plan.results(jobs))!;
}

/** Values of one column. */
function column({ columns, rows }: NamedTable, name: string) {
  return rows.map((row) => row[columns.indexOf(name)]);
}

/** Every accuracy is a share, every file can be written, and text and table agree in their width. */
async function checkFindings(
  name: string,
  results: ExperimentResults,
  accuracies: readonly string[] = ['accuracy'],
) {
  for (const table of results.tables) {
    for (const accuracy of accuracies.flatMap((key) => column(table, key)) as number[]) {
      expect(accuracy).toBeGreaterThanOrEqual(0);
      expect(accuracy).toBeLessThanOrEqual(1);
    }
    for (const row of table.rows) expect(row).toHaveLength(table.columns.length);
    for (const row of table.display?.rows ?? []) expect(row).toHaveLength(table.display!.columns.length);
  }
  for (const sentence of results.text) expect(sentence).not.toMatch(/NaN|undefined|Infinity/);
  const experiment = { name, title: name, paper: '-', run: async () => results };
  const files = await writeResults(join(out, name), experiment, { settings: {}, seconds: 1, results });
  expect(files.some((file) => file.endsWith('.png'))).toBe(true);
}

const kept = join(out, 'jobs');
const runs = () => (existsSync(kept) ? readdirSync(kept).length : 0);

test('table 1 scores the baseline of each seed by four similarities', async () => {
  const results = await run(planTable1(smallRecipe, seeds));
  await checkFindings('table1', results);
  expect(column(results.tables[0]!, 'seed')).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
  // Cosine and normalised Euclidean distance order pairs alike.
  const [, , c1, c2, , , e1, e2] = column(results.tables[0]!, 'accuracy');
  expect([c1, c2]).toEqual([e1, e2]);
  expect(runs()).toBe(2);
});

test('table 2 trains every row once for each seed from the same baselines', async () => {
  const results = await run(planTable2(smallRecipe, seeds));
  await checkFindings('table2', results, ['accuracy', 'auc']);
  const rows = table2Blocks(smallRecipe).flatMap((block) => block.rows);
  const [table] = results.tables;
  expect(column(table!, 'row')).toEqual(rows.flatMap(({ key }) => [key, key]));
  expect(column(table!, 'seed')).toEqual(rows.flatMap(() => [1, 2]));
  expect(column(table!, 'step')).toEqual(rows.flatMap(() => [4, 4]));
  expect(runs()).toBe(2 + 2 * rows.length);
});

test('the mirror table needs no further training', async () => {
  const before = runs();
  const results = await run(planMirror(smallRecipe, seeds));
  await checkFindings('mirror', results);
  expect(results.tables[0]!.rows).toHaveLength(2 * 2 * 4 * 2);
  expect(runs()).toBe(before);
});

test('figure 8 takes over the weight that table 2 has trained', async () => {
  const before = runs();
  const results = await run(planFig8(smallRecipe, seeds, [0.01, 0.1]));
  await checkFindings('fig8', results);
  expect(results.tables[0]!.rows).toHaveLength((2 + 2 * 2) * 2);
  expect(runs()).toBe(before + 4);
});

test('losses of distances are trained with another weight beside those of table 2', async () => {
  const plan = planDistances(smallRecipe, [1], 16);
  for (const { job } of plan.jobs) if (!job.key.includes('-weight-16-')) await jobs.do(job);
  const before = runs();
  const results = await run(plan);
  await checkFindings('distances', results, ['accuracy', 'auc']);
  expect(column(results.tables[0]!, 'weight')).toEqual([1, 16, 1, 16, 1, 16]);
  expect(runs()).toBe(before + 3);
});

test('a baseline with center loss is trained, then its further steps and three losses from it', async () => {
  const before = runs();
  const results = await run(planCenterBaseline(smallRecipe, [1]));
  await checkFindings('center-baseline', results, ['accuracy', 'auc']);
  expect(column(results.tables[0]!, 'row')).toEqual([
    ...['baseline', 'softmax-center', 'normface', 'normface-center', 'normface-c-contrastive'],
  ]);
  expect(results.text[0]).toContain('a softmax + center baseline of 4 steps');
  expect(results.text[1]).toMatch(/^Less "further steps", in percentage points/);
  expect(runs()).toBe(before + 5);
});

test('half precision trains the baseline and its fine-tunes again in f16, and nothing in f32', async () => {
  const plan = planPrecision(smallRecipe, seeds);
  for (const { job, label } of plan.jobs) if (label.endsWith('f32')) await jobs.do(job);
  const before = runs();
  const results = await run(plan);
  await checkFindings('precision', results, ['accuracy', 'auc']);
  expect(column(results.tables[0]!, 'precision')).toEqual(Array(3).fill(['f32', 'f32', 'f16', 'f16']).flat());
  expect(results.text[1]).toMatch(/^f16 less f32, in percentage points, .* over 2 seeds\./);
  expect(runs()).toBe(before + 2 * 3);
});

test('lengths by quality are measured of nets that are trained from the beginning', async () => {
  const plan = planNorms(smallRecipe, [1], smallRecipe.baseline, ['control', 'magface']);
  for (const { job, label } of plan.jobs) if (label === 'softmax') await jobs.do(job);
  const before = runs();
  const results = await run(plan);
  await checkFindings('norms', results, []);
  const [table] = results.tables;
  // Two rows by blur and by resolution, six levels each; softmax is the baseline.
  expect(table!.rows).toHaveLength(2 * 2 * 6);
  expect(runs()).toBe(before + 1);
  expect(column(table!, 'level').slice(0, 6)).toEqual([0, 10, 20, 40, 60, 100]);
  for (const length of column(table!, 'mean log length') as number[])
    expect(Number.isFinite(length)).toBe(true);
});

test('table 3 judges each row by an open set of strangers', async () => {
  const keys = ['normface'];
  const results = await run(
    planTable3({ recipe: smallRecipe, keys, trials: [1] }, seeds, await openBlufr(runner.data)),
  );
  await checkFindings('table3', results, ['verification rate', 'detection rate']);
  const rows = ['control', 'control-rate-10', 'normface'];
  expect(column(results.tables[0]!, 'row')).toEqual(rows.flatMap((row) => [row, row]));
});

test('table 4 evaluates the control with and without mirror images', async () => {
  const light = {
    ...smallRecipe,
    name: 'light',
    net: 'light-cnn-small',
    protocol: 'normface-nopca',
  } as const;
  const results = await run(planTable4(light, seeds));
  await checkFindings('table4', results, ['accuracy', 'auc']);
  expect(column(results.tables[0]!, 'merge')).toEqual(
    ['front', ...Array(6).fill('sum')].flatMap((merge) => [merge, merge]),
  );
});

test('table 5 judges pairs of videos by mean score and by histogram', async () => {
  const spec = { first: 6, folds: 2, peoplePerFold: 4, perPerson: 2, frames: 2, pairsPerFold: 4 };
  const set = await generatedVideos(spec);
  expect(set.pairs.fold).toHaveLength(16);
  const personOf = (video: number) => Math.floor(video / spec.perPerson);
  set.pairs.a.forEach((a, k) => {
    const [first, second] = [personOf(a), personOf(set.pairs.b[k]!)];
    expect(first === second).toBe(set.pairs.same[k] === 1);
    for (const person of [first, second])
      expect(Math.floor(person / spec.peoplePerFold)).toBe(set.pairs.fold[k]! - 1);
  });
  const results = await run(planTable5(smallRecipe, seeds, set));
  await checkFindings('table5', results);
  // Four rows of the paper and three controls, by two rules, with two seeds.
  expect(results.tables[0]!.rows).toHaveLength((4 + 3) * 2 * 2);
});
