import { expect, test } from 'vitest';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { doubtfulSettings } from '../../../src/normface/training/config/doubtful-settings.ts';
import { describeSchedule } from '../../../src/normface/training/config/schedule.ts';

const said = (config: TrainingConfigInput, steps = 240) => doubtfulSettings(parseConfig(config), steps);

test('milestones given as epochs', () => {
  const schedule = { kind: 'multistep', milestones: [4, 8] } satisfies TrainingConfigInput['schedule'];
  expect(said({ epochs: 12, schedule })).toEqual([
    'schedule.milestones [4, 8] counts steps, not epochs: of 240 steps the rate drops at steps 4 and 8; for epochs of 12 write [0.3333, 0.6667], or schedule.unit "epoch"',
  ]);
  expect(said({ epochs: 12, schedule: { kind: 'step', every: 4 } })[0]).toMatch(
    /^schedule.every 4 counts steps, not epochs: of 240 steps the rate drops at steps 4, 8, 12 and so on; for epochs of 12 write 0.3333, or schedule.unit "epoch"$/,
  );
  expect(said({ epochs: 12, schedule: { kind: 'multistep', milestones: [80, 160] } })).toEqual([]);
  expect(said({ epochs: 12, schedule: { kind: 'multistep', milestones: [0.3, 0.6] } })).toEqual([]);
  // Said to be epochs, they are: 20 steps each.
  const inEpochs = { epochs: 12, schedule: { ...schedule, unit: 'epoch' } } satisfies TrainingConfigInput;
  expect(doubtfulSettings(parseConfig(inEpochs), 240, 20)).toEqual([]);
  const late = { epochs: 12, schedule: { ...inEpochs.schedule, milestones: [4, 13] } };
  expect(doubtfulSettings(parseConfig(late), 240, 20)).toEqual([
    'schedule.milestones [4, 13] is past the end of the run, which has 240 steps: the rate drops only at step 80',
  ]);
  // Without epochs nobody means them; and where a step is an epoch they are the same.
  expect(said({ steps: 240, schedule })).toEqual([]);
  expect(said({ epochs: 12, schedule }, 12)).toEqual([]);
});

test('drops past the end', () => {
  expect(said({ schedule: { kind: 'multistep', milestones: [100, 300] } })).toEqual([
    'schedule.milestones [100, 300] is past the end of the run, which has 240 steps: the rate drops only at step 100',
  ]);
  expect(said({ schedule: { kind: 'multistep', milestones: [240] } })).toEqual([
    'schedule.milestones [240] is past the end of the run, which has 240 steps: the rate never drops',
  ]);
  expect(said({ schedule: { kind: 'step', every: 240 } })[0]).toMatch(
    /schedule.every 240 .*the rate never drops$/,
  );
});

test('warm-up that the run, or the way to the first drop, does not outlast', () => {
  expect(said({ schedule: { warmupSteps: 960 } })).toEqual([
    'schedule.warmupSteps 960 is not shorter than the run, which has 240 steps: the rate still rises at its end, to 0.0125 of 0.05',
  ]);
  const schedule = {
    kind: 'multistep',
    milestones: [0.5],
    warmupSteps: 150,
  } satisfies TrainingConfigInput['schedule'];
  expect(said({ schedule })[0]).toMatch(/longer than the way to the first drop of the rate at step 120$/);
  expect(said({ schedule: { ...schedule, warmupSteps: 100 } })).toEqual([]);
});

test('settings without effect', () => {
  const schedule = {
    milestones: [0.5],
    every: 5,
    gamma: 0.5,
    final: 0.1,
    power: 2,
    unit: 'epoch',
  } satisfies TrainingConfigInput['schedule'];
  expect(said({ schedule })).toEqual([
    'schedule.milestones has no effect with schedule.kind "constant"',
    'schedule.every has no effect with schedule.kind "constant"',
    'schedule.gamma has no effect with schedule.kind "constant"',
    'schedule.final has no effect with schedule.kind "constant"',
    'schedule.power has no effect with schedule.kind "constant"',
    'schedule.unit has no effect with schedule.kind "constant"',
  ]);
  expect(said({ data: { pairs: 'p' }, evaluation: { everySteps: 500 } })[0]).toMatch(
    /there will be no evaluation/,
  );
});

test.each<[TrainingConfigInput, string[], string]>([
  [{ schedule: { kind: 'cosine', gamma: 0.5 } }, ['schedule.gamma'], 'schedule.kind "cosine"'],
  [{ schedule: { kind: 'polynomial', gamma: 0.5 } }, ['schedule.gamma'], 'schedule.kind "polynomial"'],
  [{ optimiser: { name: 'adam', momentum: 0.5 } }, ['optimiser.momentum'], 'optimiser.name "adam"'],
  [{ optimiser: { name: 'adamw', momentum: 0 } }, ['optimiser.momentum'], 'optimiser.name "adamw"'],
  [
    {
      loss: {
        name: 'arcface',
        scale: { initial: 30, minimum: 1, learningRateMultiplier: 2, decayMultiplier: 0 },
      },
    },
    ['loss.scale.minimum', 'loss.scale.learningRateMultiplier', 'loss.scale.decayMultiplier'],
    'loss.scale.learn false',
  ],
  [
    { loss: { name: 'normface', normalise: 'weights', scale: { minimum: 1 } } },
    ['loss.scale.minimum'],
    'loss.scale.learn false',
  ],
  [
    { auxiliaryLoss: { name: 'uniface', bias: { initial: 3, learn: false, learningRateMultiplier: 2 } } },
    ['auxiliaryLoss.bias.learningRateMultiplier'],
    'auxiliaryLoss.bias.learn false',
  ],
  [
    { loss: { name: 'sphereface2', bias: { learn: false, decayMultiplier: 1 } } },
    ['loss.bias.decayMultiplier'],
    'loss.bias.learn false',
  ],
  [
    { loss: { name: 'elasticface', deviation: 0, assignment: 'sorted', clamped: true } },
    ['loss.assignment', 'loss.clamped'],
    'loss.deviation 0',
  ],
])('settings without effect: %o', (config, keys, beside) => {
  expect(said(config)).toEqual(keys.map((key) => `${key} has no effect with ${beside}`));
});

test.each<TrainingConfigInput>([
  { optimiser: { name: 'adam' }, schedule: { kind: 'cosine', final: 0.1 } },
  { optimiser: { name: 'sgd', momentum: 0.5 }, schedule: { kind: 'step', every: 50, gamma: 0.5 } },
  { loss: { name: 'arcface', scale: { initial: 30 } } },
  { loss: { name: 'arcface', scale: { learn: true, minimum: 1, decayMultiplier: 0 } } },
  { loss: { name: 'normface', scale: { learn: false } } },
  { loss: { name: 'uniface', bias: { learn: false } }, auxiliaryLoss: { name: 'center' } },
  { loss: { name: 'elasticface', deviation: 0 }, auxiliaryLoss: { name: 'elasticface', clamped: true } },
])('nothing to say of defaults, and of settings that have an effect: %o', (config) => {
  expect(said(config)).toEqual([]);
});

test('a schedule is told by the steps at which something happens', () => {
  const describe = (config: TrainingConfigInput, steps: number) =>
    describeSchedule(parseConfig(config).schedule, 1, steps).map(({ step, learningRate }) => [
      step,
      Number(learningRate.toPrecision(3)),
    ]);
  const schedule = {
    kind: 'multistep',
    milestones: [0.5, 90],
    warmupSteps: 4,
  } satisfies TrainingConfigInput['schedule'];
  expect(describe({ schedule }, 100)).toEqual([
    [1, 0.25],
    [4, 1],
    [51, 0.1],
    [91, 0.01],
    [100, 0.01],
  ]);
  expect(describe({ schedule: { kind: 'cosine' } }, 100).map(([step]) => step)).toEqual([1, 26, 51, 76, 100]);
  expect(describe({ schedule: { kind: 'step', every: 1 } }, 1000)).toHaveLength(11);
});
