import { expect, test } from 'vitest';
import { netOf } from '../../../../src/normface/nets/index.ts';
import type { Preset } from '../../../../src/normface/paper/experiment-runner.node.ts';
import { control, type LossRow, withTheirControls } from '../../../../src/normface/paper/tables/loss-rows.ts';
import { comparisonRecipe, lightRecipe } from '../../../../src/normface/paper/tables/presets.ts';
import { baselineJob, fineTuneJob, type Recipe } from '../../../../src/normface/paper/tables/recipe.ts';
import { recipeText } from '../../../../src/normface/paper/tables/recipe-text.ts';
import { table2Blocks } from '../../../../src/normface/paper/tables/table2.node.ts';
import { table3Plan } from '../../../../src/normface/paper/tables/table3.node.ts';
import { parseConfig } from '../../../../src/normface/training/config/config.ts';

const everything = {
  folder: '/d',
  lfw: '/d/lfw.tar',
  pairs: '/d/pairs.txt',
  blufr: '/d/blufr.mat',
  casia: '/d/casia',
};
const rowsOf = (recipe: Recipe): LossRow[] => table2Blocks(recipe).flatMap(({ rows }) => rows);

for (const preset of ['quick', 'medium', 'full'] as Preset[]) {
  const plan = table3Plan({ preset, data: everything });
  const recipes = {
    comparison: comparisonRecipe({ preset, data: everything }),
    light: lightRecipe({ preset, data: everything }),
    blufr: plan.recipe,
  };
  for (const [name, recipe] of Object.entries(recipes)) {
    test(`${preset}: the baseline of ${name} is a configuration`, () => {
      const config = parseConfig(baselineJob(recipe, 2).config);
      expect(config).toMatchObject({ seed: 2, loss: { name: 'softmax', bias: true } });
      expect(netOf(config.net).name).toBe(recipe.net);
    });

    test.each(rowsOf(recipe).map((row) => [row.key, row] as const))(
      `${preset}: %s of ${name} is a configuration`,
      (_, row) => {
        const { config: input, start } = fineTuneJob(recipe, row, 3);
        const config = parseConfig(input);
        expect(config).toMatchObject({ seed: 3 });
        expect([config.steps, config.epochs]).toEqual([recipe.fineTune.steps, recipe.fineTune.epochs]);
        expect(start!.job).toEqual(baselineJob(recipe, 3));
        // As many steps of as many images as the control.
        expect(config.batchSize).toBe(recipe.fineTune.batchSize);
        const isAnew = preset === 'full' && row.normalisation !== 'no';
        expect(start!.head).toBe(isAnew ? 'new' : 'keep');
      },
    );
  }
}

test('the control goes on with the loss of the baseline', () => {
  const recipe = comparisonRecipe({ preset: 'quick', data: everything });
  const baseline = parseConfig(baselineJob(recipe, 1).config);
  const further = parseConfig(fineTuneJob(recipe, control, 1).config);
  expect(further.loss).toEqual(baseline.loss);
  expect(further.auxiliaryLoss).toBeUndefined();
});

test('every row has a control whose class weights learn as fast, and which differs from it in the loss alone', () => {
  const recipe = comparisonRecipe({ preset: 'quick', data: everything });
  const rows = rowsOf(recipe).map((row) => ({ row, label: row.key, values: [0.5] }));
  const rate = (row: LossRow) => {
    const { loss } = parseConfig(fineTuneJob(recipe, row, 1).config);
    return 'learningRateMultiplier' in loss ? loss.learningRateMultiplier : 1;
  };
  for (const {
    row: { row },
    control: own,
  } of withTheirControls(rows)) {
    if (row.key.startsWith('control')) continue;
    expect(rate(own.row), row.key).toBe(rate(row));
    expect(own.row.config.loss).toMatchObject({ name: 'softmax', bias: true });
  }
  expect(new Set(rows.map(({ row }) => rate(row)))).toEqual(new Set([1, 10, 100]));
});

test('the text of a section names every setting in which its rows differ from the paper or from the control', () => {
  const text = recipeText(comparisonRecipe({ preset: 'quick', data: everything }), [1, 2, 3]);
  for (const words of [
    'with a bias',
    'mirrored at random and shifted by up to 2 pixels',
    'fixed at 16',
    'the paper learns it, alone from 10, beside a second loss from 4',
    'at 10 times the rate of the net',
    'at 100 times',
  ])
    expect(text).toContain(words);
  const full = recipeText(comparisonRecipe({ preset: 'full', data: everything }), [1, 2, 3]);
  expect(full).toContain('learnt from 10, and beside a second loss learnt from 4');
  expect(full).toContain('Class weights learn at the rate of the net.');
});

test('keys of rows are distinct, and so are their configurations', () => {
  const rows = rowsOf(comparisonRecipe({ preset: 'quick', data: everything }));
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  expect(new Set(rows.map(({ config }) => JSON.stringify(config))).size).toBe(rows.length);
});

test('quick trains on nobody who judges', () => {
  const config = parseConfig(baselineJob(comparisonRecipe({ preset: 'quick', data: everything }), 1).config);
  expect(config.data.excludeFolds).toEqual([6, 7, 8, 9, 10]);
  expect(config.evaluation.folds).toEqual(config.data.excludeFolds);
});

test('full has the schedule of docs/reference.md#schedules and evaluates five snapshots', () => {
  const recipe = comparisonRecipe({ preset: 'full', data: everything });
  const baseline = parseConfig(baselineJob(recipe, 1).config);
  expect(baseline).toMatchObject({
    net: 'center-face-resnet',
    batchSize: 256,
    steps: 28_000,
    optimiser: { learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4 },
    schedule: { kind: 'multistep', milestones: [16_000, 24_000], gamma: 0.1 },
  });
  const fineTune = parseConfig(fineTuneJob(recipe, control, 1).config);
  expect(fineTune).toMatchObject({
    steps: 10_000,
    optimiser: { learningRate: 1e-3 },
    checkpoint: { everySteps: 1000, keep: 5 },
  });
});

test('without CASIA or LFW full stops with one sentence, quick takes generated faces and says so', () => {
  const { casia: _, ...withoutCasia } = everything;
  expect(() => comparisonRecipe({ preset: 'full', data: withoutCasia })).toThrow(
    'the full preset trains on CASIA-WebFace and is judged by LFW; /d lacks CASIA-WebFace in casia/',
  );
  expect(() => lightRecipe({ preset: 'full', data: { folder: '/d' } })).toThrow(
    '/d lacks CASIA-WebFace in casia/ and LFW in lfw/',
  );
  const { blufr: __, ...withoutBlufr } = everything;
  expect(() => table3Plan({ preset: 'full', data: withoutBlufr })).toThrow(/BLUFR.*\/d lacks lfw\/blufr/);
  for (const recipe of [
    comparisonRecipe({ preset: 'quick', data: { folder: '/d' } }),
    table3Plan({ preset: 'quick', data: withoutBlufr }).recipe,
  ])
    expect(recipe.faces.description).toMatch(/generated faces .* not found/);
});
