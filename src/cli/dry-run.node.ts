/** `normface train --dry-run`: what a training would do and take, without training. */

import fs from 'node:fs';
import os from 'node:os';
import { UsageError, UserError } from '../common/errors.ts';
import { bytesText, grouped } from '../common/format.ts';
import { formatTable } from '../common/table.ts';
import { DeviceError } from '../engine/core/errors.ts';
import type { CardName } from '../inspector/estimate/card-names.ts';
import { checkImages } from '../normface/distributed/launch-line.ts';
import { describeNet } from '../normface/nets/describe.ts';
import { netOf } from '../normface/nets/index.ts';
import { imagesPerStep, inputSize, type TrainingConfig } from '../normface/training/config/config.ts';
import { doubtfulSettings } from '../normface/training/config/doubtful-settings.ts';
import { configHash } from '../normface/training/config/overrides.ts';
import { describeSchedule } from '../normface/training/config/schedule.ts';
import type { ModelMemory } from '../normface/training/model-memory.ts';
import type { MatchedPattern, MatchedRule } from '../normface/training/parameter-rules.ts';
import { duration } from '../normface/training/progress.ts';
import { forecast, randomImages, trialImages } from '../normface/training/run/forecast.node.ts';
import {
  openTrainingData,
  stepCount,
  stepsInEpoch,
  type TrainingData,
} from '../normface/training/training-data.node.ts';
import type { Context } from './context.node.ts';
import { type Estimated, estimateTraining } from './estimate-training.node.ts';

/** What is trained on. */
export interface DryRunSize {
  readonly images: number;
  readonly people: number;
  readonly excluded: number;
  readonly warnings: readonly string[];
  /** The images, where they are there. */
  readonly data?: TrainingData;
}

export interface DryRunOptions {
  readonly ranks?: number;
  /** Estimate for this card instead of trying it here. */
  readonly card?: CardName;
}

/** The card of an estimate where none is named. */
const usualCard: CardName = 'rtx-4090';

/** Arithmetic of a step that a software driver is not tried with, in GFLOP: it would take minutes. */
const mostGigaflops = 1000;

/** The images of a configuration. @throws UserError which says how to do without them where they are not here */
export async function imagesOf(config: TrainingConfig): Promise<DryRunSize> {
  const data = await openTrainingData(config).catch((error) => {
    if (!(error instanceof UserError) || error instanceof UsageError || fs.existsSync(config.data.path))
      throw error;
    throw new UserError(
      `${error.message}; where the images are elsewhere, --images and --classes say how many there are`,
    );
  });
  const { dataset, excluded, warnings } = data;
  return {
    images: dataset.samples.length,
    people: dataset.identities.length,
    ...{ excluded, warnings, data },
  };
}

export async function dryRun(
  context: Context,
  config: TrainingConfig,
  size: DryRunSize,
  options: DryRunOptions = {},
) {
  const { ranks = 1 } = options;
  checkImages(ranks, config.batchSize);
  const steps = stepCount(config, size.images);
  const perEpoch = stepsInEpoch(config, size.images);
  for (const warning of [...size.warnings, ...doubtfulSettings(config, steps, perEpoch)])
    context.warn(warning);
  const net = netOf(config.net);
  const { parameters, macs, output } = describeNet(net, [...inputSize(config.data), net.input[2]]);
  const schedule = describeSchedule(config.schedule, config.optimiser.learningRate, steps, perEpoch);
  context.say(JSON.stringify(config, null, 2));
  const summary = {
    configHash: configHash(config),
    images: size.images,
    identities: size.people,
    excludedIdentities: size.excluded,
    steps,
    netParameters: parameters,
    classWeights: size.people * output[0]!,
    gigaflopsPerStep: (6 * macs * imagesPerStep(config)) / 1e9,
  };
  for (const [name, value] of Object.entries(summary)) context.say(`${name}: ${value}`);
  const rates = schedule.map(({ step, learningRate }) => `${rounded(learningRate)} at step ${step}`);
  context.say(`learningRate: ${rates.join(', ')}`);
  const about = { event: 'dry-run', config, ...summary, schedule, ranks };
  let estimated: Estimated;
  try {
    estimated = await estimateTraining(config, size.people, { ranks, card: options.card ?? usualCard });
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    context.say(
      `memory and time: unknown, ${error.message}; more --ranks have a smaller part of the classes each`,
    );
    return { ...about, why: error.message };
  }
  const { freeze, rules } = estimated.ruled;
  for (const line of [...freeze.map(frozenText), ...rules.map(ruleText)]) context.say(line);
  const tried = await tryHere(context, config, size, options, estimated, summary.gigaflopsPerStep);
  const isMeasured = 'secondsPerStep' in tried;
  const { memory, secondsPerStep } = isMeasured ? tried : estimated;
  const memoryBytes = Object.values(memory).reduce((sum, bytes) => sum + bytes, 0);
  const seconds = steps * secondsPerStep;
  context.say();
  context.say(memoryTable(memory, isMeasured ? 'on this GPU' : `on ${estimated.card}, by its limits`, ranks));
  context.say();
  const time = `time: about ${duration(seconds)} for steps of ${rounded(secondsPerStep)} s`;
  if (isMeasured) context.say(`${time}, ${tried.how}, checkpoints and evaluations not counted`);
  else {
    context.say(
      `${time}${ranks > 1 ? ' of each rank' : ''} on ${estimated.card} at best: estimated, not measured, since ${tried.why}${options.card === undefined ? '; --card names another one' : ''}`,
    );
    context.say(
      'to measure it: the same command on a machine with the GPU; `normface tune` with the configuration first finds the fastest kernels there',
    );
  }
  return {
    ...{ ...about, freeze, rules },
    ...{ memoryBytes, memory, secondsPerStep, seconds },
    source: isMeasured ? 'measured' : 'estimated',
    ...(isMeasured ? {} : { card: estimated.card, why: tried.why }),
  };
}

type Tried =
  | { readonly memory: ModelMemory; readonly secondsPerStep: number; readonly how: string }
  | { readonly why: string };

/** What the training takes on this GPU, or why that is not tried or does not work. */
async function tryHere(
  context: Context,
  config: TrainingConfig,
  { people, data }: DryRunSize,
  { ranks = 1, card }: DryRunOptions,
  { memory }: Estimated,
  gigaflops: number,
): Promise<Tried> {
  if (card !== undefined) return { why: 'a card was named' };
  if (ranks > 1) return { why: `it takes ${ranks} processes` };
  const bytes = Object.values(memory).reduce((sum, part) => sum + part, 0);
  try {
    const device = await context.openDevice();
    if (device.report.software && (gigaflops > mostGigaflops || bytes > os.totalmem() / 2))
      return { why: 'only a software driver is here, which would take minutes or too much memory' };
    const images = data
      ? trialImages(config, data, (name, reason) => context.warn(`the image ${name} is left out: ${reason}`))
      : randomImages(config, people);
    const how = data ? 'measured' : 'measured on random images, reading not counted';
    return { ...(await forecast(device, config, people, images)), how };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return { why: `here it does not work: ${error.message}` };
  }
}

function memoryTable(memory: ModelMemory, where: string, ranks: number): string {
  const labels: Readonly<Record<keyof ModelMemory, string>> = {
    net: 'net',
    classes: ranks > 1 ? 'class weights of a rank' : 'class weights',
    gradients: 'gradients',
    optimiser: 'optimiser',
    average: 'average of the net',
    batches: 'images of a step',
    intermediate: 'intermediate results',
  };
  const parts = (Object.keys(labels) as (keyof ModelMemory)[]).filter((part) => memory[part] > 0);
  const sum = parts.reduce((bytes, part) => bytes + memory[part], 0);
  return formatTable({
    columns: [
      { header: `GPU memory ${ranks > 1 ? `of each of ${ranks} ranks ` : ''}${where}` },
      { header: 'bytes', align: 'right' },
    ],
    rows: [...parts.map((part) => [labels[part], bytesText(memory[part])]), ['together', bytesText(sum)]],
  });
}

function frozenText({ pattern, names, count }: MatchedPattern): string {
  return `frozen by "${pattern}": ${grouped(count)} values of ${names.join(', ')}`;
}

function ruleText({ pattern, names, learningRateMultiplier, decayMultiplier }: MatchedRule): string {
  return `parameters "${pattern}": learning rate × ${learningRateMultiplier}, weight decay × ${decayMultiplier} for ${names.join(', ')}`;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
