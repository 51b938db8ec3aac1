/** The pages of the paper's experiments: their computed parts, and the commands beside the numbers. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandsOf, overridesOf } from '../../scripts/paper-pages/commands.ts';
import { fill, partsOf } from '../../scripts/paper-pages/fill.ts';
import { knownOf, openRecords } from '../../scripts/paper-pages/known.ts';
import { paperParts } from '../../scripts/paper-pages/paper-parts.ts';
import { recipeParts, recipeRows } from '../../scripts/paper-pages/recipes.ts';
import { DivergedError } from '../../src/common/errors.ts';
import type { JsonObject } from '../../src/common/json.ts';
import { findDataSources } from '../../src/normface/paper/data-sources.node.ts';
import type { PlannedExperiment } from '../../src/normface/paper/experiment.ts';
import { experiments } from '../../src/normface/paper/index.node.ts';
import { Jobs } from '../../src/normface/paper/jobs/jobs.node.ts';
import { planMargins } from '../../src/normface/paper/tables/margins.node.ts';
import { comparisonRecipe } from '../../src/normface/paper/tables/presets.ts';
import { planScratch, scratchStage } from '../../src/normface/paper/tables/scratch.node.ts';
import { planTable2 } from '../../src/normface/paper/tables/table2.node.ts';
import { parseConfig, type TrainingConfigInput } from '../../src/normface/training/config/config.ts';
import { applyOverrides, decisiveSettings } from '../../src/normface/training/config/overrides.ts';
import { parsed } from '../cli/parsed.ts';
import { temporaryFolder } from '../normface/data/fixtures.ts';
import { fakeRunner } from '../normface/paper/fake.ts';
import { stubJob, stubMeasure, stubTrainer } from '../normface/paper/jobs/stub.ts';
import { root, textOf } from './pages.ts';

const configuration = 'configs/lfw-losses.json';
const file = JSON.parse(readFileSync(path.join(root, configuration), 'utf8')) as JsonObject;
const places = file.data as { path: string; pairs: string };
const recipe = comparisonRecipe({
  preset: 'medium',
  data: { folder: '-', lfw: places.path, pairs: places.pairs },
});
const plans = {
  recipe,
  scratch: planScratch(recipe, [1], scratchStage(recipe, { pick: ({ medium }) => medium! })),
  table2: planTable2(recipe, [1]),
  margins: planMargins(recipe, [1]),
  seeds: 1,
};

test('only what is between the comments of a part is replaced', () => {
  const page =
    'a\n<!-- computed: x -->\nold\n<!-- end of x -->\nb\n<!-- computed: y -->\n<!-- end of y -->\n';
  expect(partsOf(page)).toEqual(['x', 'y']);
  const filled = fill(page, { x: 'new $1\n', y: '' });
  expect(filled).toContain('a\n<!-- computed: x -->\n\nnew $1\n\n<!-- end of x -->\nb\n');
  expect(fill(filled, { x: 'new $1', y: '' })).toBe(filled);
  expect(() => fill(page, { x: '' })).toThrow('parts without a text or a place: y');
  expect(() => fill(page, { x: '', y: '', z: '' })).toThrow(/: z$/);
});

test('a page of some trainings says how many, who did them and what is missing', async () => {
  const folder = temporaryFolder();
  const { runner } = fakeRunner(folder);
  const trainer = stubTrainer();
  const jobs = new Jobs({ runner, train: trainer.train });
  const measure = stubMeasure('pairs');
  const planned = [1, 2].map((seed) => ({
    job: stubJob('a', { seed, measures: [measure] }),
    label: 'A',
    seed,
  }));
  const experiment: PlannedExperiment = {
    name: 'table9',
    title: 'Table 9: something',
    paper: '-',
    plan: () => ({
      jobs: planned,
      results: async (known) =>
        (await known.value(planned[0]!.job, measure)) && {
          summary: 'it goes on',
          text: ['Text.'],
          tables: [],
          figures: [],
        },
    }),
  };
  const parts = async () => paperParts(await knownOf([experiment], runner, jobs));
  expect(await parts()).toMatchObject({
    state: expect.stringContaining('**0 of 2 trainings so far**'),
    summary: 'Nothing yet: no experiment has enough trainings for a sentence.',
    progress: expect.stringContaining('| Table 9: something | 0 of 2 |'),
    sections: '',
  });
  await jobs.do(planned[0]!.job);
  const { state, summary, progress, sections } = await parts();
  expect(state).toContain('**1 of 2 trainings so far**');
  expect(state).toContain('Training and measuring took: 20s');
  expect(summary).toContain('- Table 9 (1 of 2 trainings so far): it goes on.');
  expect(progress).toContain('| [Table 9: something](#table-9-something) | 1 of 2 |');
  expect(sections).toContain('Not all of it is there: 1 of 2 trainings are done and measured.');
  // What diverged gives no numbers, and is not done.
  trainer.state.fail = new DivergedError('the run diverged: the loss of step 3 is NaN');
  await jobs.do(planned[1]!.job);
  const diverged = await parts();
  expect(diverged.state).toContain('**1 of 2 trainings so far**');
  expect(diverged.state).toContain('1 record is of before');
  const whole = new Jobs({ runner, folder: temporaryFolder(), train: stubTrainer().train });
  for (const { job } of planned) await whole.do(job);
  expect(paperParts(await knownOf([experiment], runner, whole)).state).toContain(
    '**All 2 trainings are done.**',
  );
});

describe('commands', () => {
  const labels = recipeRows(recipe).map(({ loss }) => loss);
  const planned = [plans.scratch, plans.table2, plans.margins].flatMap(({ jobs }) => jobs);
  const jobs = [...new Map(planned.map(({ job }) => [job.key, job])).values()];

  test.each(jobs.map((job) => [job.key, job] as const))('train %s with its own settings', async (_, job) => {
    const settings = applyOverrides(file, overridesOf(job, file));
    const { seed, ...own } = job.config;
    const decisive = (config: object) => decisiveSettings(parseConfig(config as TrainingConfigInput));
    expect(decisive(settings)).toEqual(decisive({ ...own, seed: parseConfig(settings).seed }));
    expect(seed).toBe(1);
    const commands = commandsOf(job, configuration, file);
    expect(commands).toHaveLength(1 + (job.start ? 1 : 0) + (job.start?.job.start ? 1 : 0));
    for (const command of commands) await parsed(command.replace('npx normface ', ''));
  });

  test('stand beside every loss, by every way that it is trained', async () => {
    const parts = await recipeParts(plans, { value: async () => undefined }, configuration, file);
    expect(parts.losses.match(/^### .*$/gm)).toHaveLength(labels.length);
    expect(parts.losses).toContain('--name scratch-uniface ');
    expect(parts.losses).toContain('--name margins-arcface --from runs/before-arcface-001');
    expect(parts.losses).not.toContain(places.path);
    expect(parts.table.split('\n')).toHaveLength(2 + labels.length);
    expect(Object.values(parts).join()).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test('the pages have a place for every part', async () => {
  const empty = { sections: [], done: 0, of: 0, seconds: 0, trainedBy: [], withoutTrainer: 0, seeds: 3 };
  expect(partsOf(textOf('docs/paper.md')).sort()).toEqual(Object.keys(paperParts(empty)).sort());
  const parts = await recipeParts(plans, { value: async () => undefined }, configuration, file);
  expect(partsOf(textOf('docs/recipes.md')).sort()).toEqual(Object.keys(parts).sort());
});

// The images decide which records are whose.
const data = findDataSources();
const records = path.join(root, 'bench/results/paper-medium');
const isThere = existsSync(records) && readdirSync(records).some((name) => /^[0-9a-f]{16}$/.test(name));

test.skipIf(!isThere || !data.lfw || !data.pairs || !data.blufr)(
  'docs/paper.md says what the committed records say',
  async () => {
    const { runner, jobs } = await openRecords(records, data);
    const page = textOf('docs/paper.md');
    const known = await knownOf(experiments, runner, jobs);
    expect(page, '`npm run docs:paper` writes it again').toBe(fill(page, paperParts(known)));
    await runner.close();
  },
  120_000,
);
