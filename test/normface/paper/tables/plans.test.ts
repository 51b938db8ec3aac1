import { expect, test } from 'vitest';
import type { Device } from '../../../../src/engine/core/tensor.ts';
import { netOf } from '../../../../src/normface/nets/index.ts';
import { baselineConfig } from '../../../../src/normface/paper/baseline.ts';
import type { KnownValues, Plan } from '../../../../src/normface/paper/experiment.ts';
import { packBits } from '../../../../src/normface/paper/jobs/bits.ts';
import type { Job } from '../../../../src/normface/paper/jobs/job.ts';
import { listJobs } from '../../../../src/normface/paper/jobs/job-list.node.ts';
import { Jobs } from '../../../../src/normface/paper/jobs/jobs.node.ts';
import { runExperiments } from '../../../../src/normface/paper/run-experiments.node.ts';
import { planBaselineLength } from '../../../../src/normface/paper/tables/baseline-length.node.ts';
import { planCenterBaseline } from '../../../../src/normface/paper/tables/center-baseline.node.ts';
import { planDistances } from '../../../../src/normface/paper/tables/distances.node.ts';
import { planFig8 } from '../../../../src/normface/paper/tables/fig8.node.ts';
import { planMargins } from '../../../../src/normface/paper/tables/margins.node.ts';
import { planMirror } from '../../../../src/normface/paper/tables/mirror.node.ts';
import { planNorms } from '../../../../src/normface/paper/tables/norms.node.ts';
import { planPrecision } from '../../../../src/normface/paper/tables/precision.node.ts';
import { comparisonRecipe, lightRecipe } from '../../../../src/normface/paper/tables/presets.ts';
import { lengthened } from '../../../../src/normface/paper/tables/recipe.ts';
import {
  planScratch,
  scratchKeys,
  scratchStage,
} from '../../../../src/normface/paper/tables/scratch.node.ts';
import { planTable1 } from '../../../../src/normface/paper/tables/table1.node.ts';
import { planTable2, table2 } from '../../../../src/normface/paper/tables/table2.node.ts';
import { table3, table3Plan } from '../../../../src/normface/paper/tables/table3.node.ts';
import { planTable4 } from '../../../../src/normface/paper/tables/table4.node.ts';
import { table5 } from '../../../../src/normface/paper/tables/table5.node.ts';
import { parseConfig } from '../../../../src/normface/training/config/config.ts';
import { temporaryFolder } from '../../data/fixtures.ts';
import { fakeRunner } from '../fake.ts';
import { smallRecipe } from './small.ts';

const everything = { folder: '/d', lfw: '/d/lfw.tar', pairs: '/d/pairs.txt', blufr: '/d/blufr.mat' };
const medium = { preset: 'medium', data: everything } as const;
const seeds = [1, 2];

/** Hashes of the jobs of some plans on generated faces, those that they start from included. */
async function hashesOf(...plans: readonly Plan[]): Promise<string[]> {
  const { runner } = fakeRunner(temporaryFolder());
  const jobs = new Jobs({ runner });
  await jobs.expect(plans.flatMap((plan) => plan.jobs.map(({ job }) => job)));
  return jobs.all().map(({ identity }) => identity.hash);
}

test('tables share their baselines, controls and rows', async () => {
  const table2 = planTable2(smallRecipe, seeds);
  const own = await hashesOf(table2);
  expect(own).toHaveLength(2 + table2.jobs.length);
  const others = [planTable1(smallRecipe, seeds), planMirror(smallRecipe, seeds)];
  expect(await hashesOf(table2, ...others)).toHaveLength(own.length);
  // Of two kinds with two weights one weight is that of Table 2.
  expect(await hashesOf(table2, planFig8(smallRecipe, seeds, [0.01, 0.1]))).toHaveLength(own.length + 2 * 2);
  // What is as long as the baseline and has no warm-up is the baseline itself.
  expect(await hashesOf(table2, planScratch(smallRecipe, seeds, smallRecipe.baseline))).toHaveLength(
    own.length + 2 * (scratchKeys.length - 1),
  );
  const lengths = planBaselineLength(smallRecipe, seeds, [1, 2]);
  expect(await hashesOf(table2, lengths)).toHaveLength(own.length + 2);
  // Control and softmax over cosines go on from rows of Table 2; the other losses need something before, which most of them share.
  expect(await hashesOf(table2, planMargins(smallRecipe, seeds))).toHaveLength(own.length + 2 * (2 + 5 + 3));
});

test('medium is the recipe of configs/lfw-small*.json, with three seeds and on people whom nobody judges', () => {
  const recipe = comparisonRecipe(medium);
  const [first] = planTable2(recipe, [3]).jobs;
  const config = parseConfig(first!.job.start!.job.config);
  expect(config).toMatchObject({
    net: 'small',
    seed: 3,
    epochs: 10,
    batchSize: 64,
    optimiser: { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 },
    schedule: { kind: 'multistep', milestones: [0.5, 0.8] },
    augmentation: { mirror: true, shift: 2 },
  });
  expect(parseConfig(first!.job.config)).toMatchObject({ epochs: 5, optimiser: { learningRate: 0.01 } });
  expect(config.evaluation.folds).toEqual(config.data.excludeFolds);
  expect(config.checkpoint.everySteps).toBeGreaterThan(0);
  const { runner } = fakeRunner(temporaryFolder(), { preset: 'medium', seeds: undefined });
  for (const own of [runner.seeds, runner.comparisonSeeds, runner.costlySeeds])
    expect(own).toEqual([1, 2, 3]);
  // Figures are as in quick: they need no net that learns for hours.
  expect(baselineConfig(runner).net).toBe('tiny');
});

test('medium: every seed of table 3 has a trial of its own, to train on and to be judged by', () => {
  const { trials, keys } = table3Plan(medium);
  expect(keys).toContain('normface');
  if (typeof trials !== 'function') throw new Error('every seed has the same trials');
  const own = [1, 2, 3, 11].map(trials);
  expect(own.map((one) => one.trials)).toEqual([[1], [2], [3], [1]]);
  expect(own[1]!.recipe.faces.data).toMatchObject({ blufr: { trial: 2 } });
  const { blufr: _, ...without } = everything;
  expect(table3Plan({ preset: 'medium', data: without }).trials).toEqual([1]);
});

test('medium: rows with a margin take it after as many steps without it, and their control takes as many', () => {
  const { jobs } = planMargins(comparisonRecipe(medium), [1]);
  expect(jobs.length).toBeGreaterThan(4);
  for (const { job } of jobs) {
    const before = job.start!.job;
    expect(parseConfig(before.config).epochs).toBe(5);
    expect(before.start!.job.key).toBe('tables-baseline-s1');
    expect(parseConfig(job.config).epochs).toBe(5);
  }
  const arcface = jobs.find(({ label }) => label === 'ArcFace')!.job;
  expect(parseConfig(arcface.config).loss).toMatchObject({ margin: 0.5, scale: { initial: 64 } });
  expect(parseConfig(arcface.start!.job.config).loss).toMatchObject({
    name: 'normface',
    scale: { initial: 64 },
  });
});

test('medium: the Light CNN is trained as far as the other net', () => {
  const { jobs } = planTable4(lightRecipe(medium), [1]);
  const config = parseConfig(jobs[0]!.job.start!.job.config);
  expect(netOf(config.net).name).toBe('light-cnn-small');
  expect(config.epochs).toBeGreaterThanOrEqual(10);
});

test('losses of distances: those of Table 2, and three of another weight', async () => {
  const table2 = planTable2(smallRecipe, seeds);
  const plan = planDistances(smallRecipe, seeds, 16);
  expect(await hashesOf(table2, plan)).toHaveLength((await hashesOf(table2)).length + 2 * 3);
  const heavy = plan.jobs.filter(({ job: { key } }) => key.includes('-weight-16-'));
  expect(heavy).toHaveLength(2 * 3);
  for (const { job } of heavy) expect(parseConfig(job.config).loss).toMatchObject({ weight: 16 });
});

test('losses of distances: what the weight brings, over the control, and to the order of the rows', async () => {
  const accuracies: Record<string, number> = {
    'normface-c-contrastive': 0.84,
    'c-triplet-center': 0.79,
    'c-triplet': 0.79,
    'c-contrastive': 0.79,
    softmax: 0.82,
    'feature-only': 0.82,
    'weight-only': 0.82,
    normface: 0.83,
    control: 0.8,
  };
  const plan = planDistances(smallRecipe, [1, 2, 3], 16);
  const known: KnownValues = {
    value: async <T extends object>({ key, config: { seed } }: Job) => {
      const row = key.replace('small-', '').replace(/-s\d$/, '');
      const name = Object.keys(accuracies).find((one) => row.startsWith(one))!;
      const accuracy = (row.includes('weight-16') ? 0.85 : accuracies[name]!) + 0.001 * seed!;
      const right = Math.round(200 * accuracy);
      const decisions = packBits(Array.from({ length: 200 }, (_, k) => Number(k < right)));
      const one = { seed: seed!, step: 4, merge: 'front', accuracy, areaUnderCurve: accuracy };
      return { measurements: [{ ...one, pairs: 200, decisions }] } as unknown as T;
    },
  };
  const { text, tables, summary } = (await plan.results(known))!;
  const [, gained, over, order] = text;
  expect(gained).toMatch(/^Weight 16 less weight 1, .* over 3 seeds\. Above: C-contrastive.*\+6\.00/);
  expect(over).toMatch(/^Weight 16 less the control whose class weights .* Above: C-contrastive.*\+5\.00/);
  expect(summary).toContain('3 of 3 rows are above the same of weight 1');
  const counts = (one: string) => /put (\d+) in the same order and (\d+)/.exec(one)!.slice(1).map(Number);
  // All three are above softmax now, as in the paper, and were below it.
  expect(order).toMatch(/^In Table 2 these rows have weight 1\. .* place: of the \d+ pairs/);
  const table2 = (await planTable2(smallRecipe, [1, 2, 3]).results(known))!;
  const before = table2.text.find((one) => one.startsWith('Of the '))!;
  expect(counts(order!)[0]).toBeGreaterThan(counts(before)[0]!);
  expect(tables[0]!.display!.rows[0]).toEqual([
    ...['C-contrastive', '79.20 ± 0.10', '85.20 ± 0.10'],
    ...['+6.00 ± 0.00', '+5.00 ± 0.00', '85.20', '99.15'],
  ]);
});

test('from a baseline with center loss: every row but the baseline starts there, the control with the same losses', async () => {
  const plan = planCenterBaseline(smallRecipe, seeds);
  const byLabel = (label: string) => plan.jobs.filter((one) => one.label === label).map(({ job }) => job);
  const baselines = byLabel('baseline');
  expect(
    baselines.map(({ config, start }) => [config.loss!.name, config.auxiliaryLoss!.name, start]),
  ).toEqual(seeds.map(() => ['softmax', 'center', undefined]));
  for (const label of ['further steps', 'softmax, normalised', 'softmax + C-contrastive, normalised'])
    expect(byLabel(label).map(({ start }) => start?.job.config)).toEqual(
      baselines.map(({ config }) => config),
    );
  expect(byLabel('further steps').map(({ config }) => config.auxiliaryLoss)).toEqual(
    baselines.map(({ config }) => config.auxiliaryLoss),
  );
  // None of it is a training of Table 2.
  const table2 = planTable2(smallRecipe, seeds);
  expect(await hashesOf(table2, plan)).toHaveLength((await hashesOf(table2)).length + plan.jobs.length);
});

test('medium: from the beginning every loss takes the steps of baseline and fine-tune together, after a warm-up', async () => {
  const { runner } = fakeRunner(temporaryFolder(), { preset: 'medium' });
  const { jobs } = planScratch(comparisonRecipe(medium), [1], scratchStage(comparisonRecipe(medium), runner));
  expect(jobs.map(({ job }) => job.key)).toContain('tables-scratch-magface-s1');
  for (const { job } of jobs) {
    expect(job.start).toBeUndefined();
    expect(parseConfig(job.config)).toMatchObject({
      epochs: 10 + 5,
      schedule: { kind: 'multistep', milestones: [0.5, 0.8], warmupSteps: 120 },
    });
  }
});

test('lengths by quality are of the trainings from the beginning, and of no others', async () => {
  const stage = lengthened(smallRecipe.baseline, 2);
  const scratch = planScratch(smallRecipe, seeds, stage);
  const norms = planNorms(smallRecipe, seeds, stage);
  expect(norms.jobs).toHaveLength(2 * 5);
  expect(await hashesOf(scratch, norms)).toHaveLength((await hashesOf(scratch)).length);
});

test('a threshold starts elsewhere where class weights go on from softmax, and at its default where they are new', () => {
  const recipe = comparisonRecipe(medium);
  const lossOf = (plan: Plan, key: string) =>
    parseConfig(plan.jobs.find(({ job }) => job.key.includes(key))!.job.config).loss;
  const fineTuned = planTable2(recipe, [1]);
  expect(lossOf(fineTuned, '-uniface-')).toMatchObject({ s: 30, margin: 0.3, bias: { initial: 13 } });
  expect(lossOf(fineTuned, '-sphereface2-')).toMatchObject({ weight: 50, bias: { initial: -1.7 } });
  const fromTheBeginning = lossOf(planScratch(recipe, [1], recipe.baseline), '-uniface-');
  expect(fromTheBeginning).toMatchObject({ s: 30, margin: 0.3 });
  expect(fromTheBeginning).not.toHaveProperty('bias.initial');
});

test.each([
  { adaface: [0.5, 0.6, 0.55], said: 'AdaFace, normalised by blur +0.550', verdict: 'longer' },
  { adaface: [-0.5, -0.6, -0.55], said: 'AdaFace, normalised by blur −0.550', verdict: 'shorter' },
  { adaface: [-0.5, 0.6, 0.05], said: 'AdaFace, normalised by blur +0.050', verdict: 'indistinct' },
])('the sign of the correlation of length and quality is tested over the seeds: $verdict', async (made) => {
  const plan = planNorms(smallRecipe, [1, 2, 3], smallRecipe.baseline, ['control', 'adaface']);
  const known: KnownValues = {
    value: async <T extends object>({ key, config: { seed } }: Job) => {
      const blur = key.includes('adaface') ? made.adaface[seed! - 1]! : 0.9 + 0.01 * seed!;
      const course = (correlation: number) => ({ correlation, levels: [0, 10], means: [3, 2.5] });
      return { blur: course(blur), detail: course(0.8 + 0.01 * seed!) } as unknown as T;
    },
  };
  const { summary, text } = (await plan.results(known))!;
  const part = summary!.split('; ').find((one) => one.includes(made.said))!;
  expect(part).toMatch(
    {
      longer: /^better pictures have longer features in 4 of 4 \(/,
      shorter: /^better pictures have shorter features in 1 of 4 \(/,
      indistinct: /^which have the longer ones is not distinguishable in 1 of 4 \(/,
    }[made.verdict]!,
  );
  expect(summary).toContain('softmax by blur +0.920');
  const difference = text.find((one) => one.startsWith('Correlation by blur, less that of softmax'))!;
  expect(difference).toMatch(made.verdict === 'indistinct' ? /not distinguishable\.$/ : /: below\.$/);
});

test('without any data tables that judge by pairs, an open set and videos stand beside each other', async () => {
  const { runner } = fakeRunner(temporaryFolder());
  const jobs = new Jobs({ runner });
  const planned = await Promise.all([table2, table3, table5].map(({ plan }) => plan(runner)));
  for (const plan of planned) await jobs.expect(plan.jobs.map(({ job }) => job));
  for (const plan of planned)
    for (const { job } of plan.jobs)
      expect((await jobs.openOf(job)).measures.map(({ measure }) => measure.name)).toEqual(
        expect.arrayContaining(job.measures.map(({ name }) => name)),
      );
});

test('half precision: what is in f32 is trained for other tables anyway, what is in f16 differs in that alone', async () => {
  const others = [planTable2(smallRecipe, seeds), planBaselineLength(smallRecipe, seeds, [1])];
  const own = planPrecision(smallRecipe, seeds);
  expect(await hashesOf(...others, own)).toHaveLength((await hashesOf(...others)).length + 2 * 3);
  const configs = (one: Job) => [one, ...(one.start ? [one.start.job] : [])].map(({ config }) => config);
  const of = (ending: string) => own.jobs.filter(({ label }) => label.endsWith(ending));
  const [full, half] = ['f32', 'f16'].map(of);
  expect(half!.map(({ job }) => job.key)).toContain('small-f16-normface-s2');
  expect(half!.map(({ job }) => configs(job))).toEqual(
    full!.map(({ job }) => configs(job).map((config) => ({ ...config, precision: 'f16' }))),
  );
});

test('half precision is planned out where the adapter has none, unless all of it is done', async () => {
  const report = { features: ['subgroups'], description: 'a small adapter', vendor: 'v' };
  const openDevice = async () => ({ report }) as unknown as Device;
  const folder = temporaryFolder();
  const { runner } = fakeRunner(folder, { openDevice });
  const plan = planPrecision(smallRecipe, [1]);
  const experiment = { name: 'precision', title: 'Half precision', paper: '-', plan: () => plan };
  const jobs = new Jobs({ runner });
  const sentence =
    'half precision needs the feature shader-f16, which this device of the adapter a small adapter lacks';
  expect((await listJobs([experiment], runner, jobs, async () => 1)).unplanned).toEqual([
    { name: 'precision', reason: sentence },
  ]);
  const { failed } = await runExperiments([experiment], runner, { jobs });
  expect(failed.map(({ error }) => error.message)).toEqual([sentence]);
  for (const { job } of plan.jobs) {
    const identity = await jobs.identities.of(job);
    const { hash, images } = await jobs.identities.measure(job, job.measures[0]!);
    const kept = {
      seed: 1,
      step: 4,
      merge: 'front',
      accuracy: 0.5,
      areaUnderCurve: 0.5,
      pairs: 2,
      decisions: 'AQ==',
    };
    jobs.store.write(identity, {
      ...jobs.store.begin(identity, job.key),
      trained: { steps: 4, seconds: 1 },
      measures: { [hash]: { name: 'pairs', images, seconds: 1, value: { measurements: [kept] } } },
    });
  }
  const { finished } = await runExperiments([experiment], runner, { jobs });
  expect(finished.map(({ name }) => name)).toEqual(['precision']);
});

test('a longer stage drops its rate at the same fractions', () => {
  const stage = { batchSize: 8, learningRate: 0.1 };
  const schedule = { kind: 'multistep', milestones: [100, 0.8] } as const;
  expect(lengthened({ ...stage, steps: 150, schedule: { ...schedule, milestones: [100, 0.8] } }, 2)).toEqual({
    ...stage,
    steps: 300,
    schedule: { kind: 'multistep', milestones: [200, 0.8] },
  });
  expect(lengthened({ ...stage, epochs: 10 }, 0.5)).toEqual({ ...stage, epochs: 5 });
  const drops = { kind: 'step', every: 40 } as const;
  expect(lengthened({ ...stage, steps: 200, schedule: drops }, 0.5)).toEqual({
    ...stage,
    steps: 100,
    schedule: { kind: 'step', every: 20 },
  });
});
