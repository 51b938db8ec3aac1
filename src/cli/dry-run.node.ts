/** `normface train --dry-run`: what a training would do and take, without training. */

import { grouped } from '../common/format.ts';
import { DeviceError } from '../engine/core/errors.ts';
import type { Device } from '../engine/core/tensor.ts';
import { describeNet } from '../normface/nets/describe.ts';
import { netOf } from '../normface/nets/index.ts';
import { imagesPerStep, inputSize, type TrainingConfig } from '../normface/training/config/config.ts';
import { doubtfulSettings } from '../normface/training/config/doubtful-settings.ts';
import { configHash } from '../normface/training/config/overrides.ts';
import { describeSchedule } from '../normface/training/config/schedule.ts';
import { Objective } from '../normface/training/objective.ts';
import type { MatchedPattern, MatchedRule, RuledParameters } from '../normface/training/parameter-rules.ts';
import { duration } from '../normface/training/progress.ts';
import { type Forecast, forecast } from '../normface/training/run/forecast.node.ts';
import { stepCount, stepsInEpoch, type TrainingData } from '../normface/training/training-data.node.ts';
import type { Context } from './context.node.ts';

export async function dryRun(context: Context, config: TrainingConfig, data: TrainingData) {
  const { dataset, excluded, warnings } = data;
  const steps = stepCount(config, dataset.samples.length);
  const perEpoch = stepsInEpoch(config, dataset.samples.length);
  for (const warning of [...warnings, ...doubtfulSettings(config, steps, perEpoch)]) context.warn(warning);
  const net = netOf(config.net);
  const { parameters, macs, output } = describeNet(net, [...inputSize(config.data), net.input[2]]);
  const schedule = describeSchedule(config.schedule, config.optimiser.learningRate, steps, perEpoch);
  context.say(JSON.stringify(config, null, 2));
  const summary = {
    configHash: configHash(config),
    images: dataset.samples.length,
    identities: dataset.identities.length,
    excludedIdentities: excluded,
    steps,
    netParameters: parameters,
    classWeights: dataset.identities.length * output[0]!,
    gigaflopsPerStep: (6 * macs * imagesPerStep(config)) / 1e9,
  };
  for (const [name, value] of Object.entries(summary)) context.say(`${name}: ${value}`);
  const rates = schedule.map(({ step, learningRate }) => `${rounded(learningRate)} at step ${step}`);
  context.say(`learningRate: ${rates.join(', ')}`);
  const { freeze, rules } = await rulesOf(config, dataset.identities.length);
  for (const line of [...freeze.map(frozenText), ...rules.map(ruleText)]) context.say(line);
  const measured = await measure(context, config, data);
  if ('unknown' in measured) {
    context.say(`memory and time: unknown, ${measured.unknown}`);
    return { event: 'dry-run', config, ...summary, schedule, freeze, rules };
  }
  const { memoryBytes, secondsPerStep } = measured;
  const seconds = steps * secondsPerStep;
  context.say(`memory: ${Math.round(memoryBytes / 2 ** 20)} MiB of GPU memory`);
  context.say(
    `time: about ${duration(seconds)} for steps of ${rounded(secondsPerStep)} s, checkpoints and evaluations not counted`,
  );
  return {
    event: 'dry-run',
    config,
    ...summary,
    schedule,
    freeze,
    rules,
    memoryBytes,
    secondsPerStep,
    seconds,
  };
}

/** What is frozen, and whose rates are others: found on a device that does nothing, so that no GPU is needed. */
async function rulesOf(config: TrainingConfig, classes: number): Promise<RuledParameters> {
  const [{ adapterOf, cards }, { openIdle }, { globals }] = await Promise.all([
    import('../inspector/estimate/cards.ts'),
    import('../inspector/compiled/idle-adapter.ts'),
    import('webgpu'),
  ]);
  // The constants of WebGPU, which come with an implementation.
  Object.assign(globalThis, globals);
  const device: Device = await openIdle(adapterOf(cards['rtx-4090']));
  const objective = new Objective(device, config, classes);
  objective.dispose();
  device.close();
  return objective.ruled;
}

function frozenText({ pattern, names, count }: MatchedPattern): string {
  return `frozen by "${pattern}": ${grouped(count)} values of ${names.join(', ')}`;
}

function ruleText({ pattern, names, learningRateMultiplier, decayMultiplier }: MatchedRule): string {
  return `parameters "${pattern}": learning rate × ${learningRateMultiplier}, weight decay × ${decayMultiplier} for ${names.join(', ')}`;
}

/** What the training takes on this GPU, or why that is unknown. */
async function measure(
  context: Context,
  config: TrainingConfig,
  data: TrainingData,
): Promise<Forecast | { unknown: string }> {
  try {
    const device = await context.openDevice();
    return await forecast(device, config, data, (name, reason) =>
      context.warn(`the image ${name} is left out: ${reason}`),
    );
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return { unknown: error.message };
  }
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
