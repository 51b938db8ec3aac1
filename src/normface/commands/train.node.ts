/** `normface train`: train a net from a configuration file and flags, or resume a run. */

import { UsageError } from '../errors.ts';
import { describeNet } from '../nets/describe.ts';
import { findNet } from '../nets/index.ts';
import { findCheckpoint, readCheckpoint } from '../training/checkpoint.node.ts';
import { inputSize, type TrainingConfig } from '../training/config.ts';
import { INTERRUPTED, Interrupt } from '../training/interrupt.node.ts';
import { configHash, type JsonObject } from '../training/overrides.ts';
import { type ResolvedConfig, resolveConfig, resolveResumed } from '../training/resolve-config.node.ts';
import { type FinishedRun, trainRun } from '../training/run.node.ts';
import { findRunToResume, readRunConfig } from '../training/run-folder.node.ts';
import { openTrainingData, stepCount, type TrainingData } from '../training/training-data.node.ts';
import type { Context } from './context.node.ts';

interface TrainOptions {
  readonly data?: string;
  readonly pairs?: string;
  readonly net?: string;
  readonly loss?: string;
  readonly batch?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly lr?: number;
  readonly seed?: number;
  readonly mirror?: boolean;
  readonly from?: string;
  readonly name?: string;
  readonly output?: string;
  readonly strict?: boolean;
  readonly set: string[];
  readonly resume?: string | true;
  readonly force?: boolean;
  readonly overfitBatch?: boolean;
  readonly dryRun?: boolean;
}

export async function train(context: Context, file: string | undefined, options: TrainOptions) {
  const { resume, ...resolved } = resolve(file, options);
  const config = options.overfitBatch ? forOneBatch(resolved.config) : resolved.config;
  const data = await openTrainingData(config);
  if (options.dryRun) return dryRun(context, config, data);
  const device = await context.openDevice();
  const interrupt = new Interrupt(() =>
    context.warn('stopping after this step; once more ends at once without saving'),
  );
  let outcome: FinishedRun;
  try {
    outcome = await trainRun({
      device,
      config,
      data,
      resume,
      source: resolved.source,
      reporter: context,
      overfitBatch: options.overfitBatch,
      shouldStop: () => interrupt.requested,
    });
  } finally {
    interrupt.dispose();
  }
  context.say(`saved   ${outcome.checkpoint}`);
  if (outcome.finished) context.say(`next    normface eval ${outcome.folder}`);
  else {
    context.exitCode = INTERRUPTED;
    context.say(`stopped after step ${outcome.step} of ${outcome.totalSteps}; continue with:`);
    context.say(`        normface train --resume ${outcome.folder}`);
  }
  return { event: 'result', ...outcome };
}

/** The configuration of the run, and of a resumed one its folder and checkpoint. */
function resolve(file: string | undefined, options: TrainOptions) {
  const flags = settingsOf(options);
  if (options.resume === undefined)
    return { ...resolveConfig({ file, flags, set: options.set }), resume: undefined };
  if (file !== undefined)
    throw new UsageError('--resume takes the configuration of its run; leave the file out');
  if (options.overfitBatch) throw new UsageError('--overfit-batch cannot resume');
  const named = options.resume === true ? 'auto' : options.resume;
  const folder = findRunToResume(named, options.output ?? 'runs');
  const { output: _, ...changes } = flags;
  const resolved: ResolvedConfig = resolveResumed(
    readRunConfig(folder),
    { flags: changes, set: options.set },
    options.force ?? false,
  );
  const checkpoint = readCheckpoint(findCheckpoint(named === 'auto' ? folder : named));
  return { ...resolved, resume: { folder, checkpoint } };
}

/** The settings that flags stand for. */
function settingsOf(options: TrainOptions): JsonObject {
  const group = (entries: Record<string, unknown>): JsonObject | undefined => {
    const given = Object.entries(entries).filter(([, value]) => value !== undefined);
    return given.length > 0 ? (Object.fromEntries(given) as JsonObject) : undefined;
  };
  const { name, output, seed, net, batch: batchSize, epochs, steps } = options;
  const settings = group({
    name,
    output,
    seed,
    net,
    batchSize,
    epochs,
    steps,
    data: group({ path: options.data, pairs: options.pairs, strict: options.strict }),
    loss: group({ name: options.loss }),
    initialise: group({ from: options.from }),
    optimiser: group({ learningRate: options.lr }),
    augmentation: group({ mirror: options.mirror }),
  });
  return settings ?? {};
}

/** The same batch in every step needs no augmentation, no evaluation and few steps. */
function forOneBatch(config: TrainingConfig): TrainingConfig {
  return {
    ...config,
    name: `${config.name}-overfit`,
    augmentation: { mirror: false, shift: 0, randomCrop: false },
    evaluation: { ...config.evaluation, everySteps: 0 },
    steps: config.steps ?? 100,
    epochs: undefined,
  };
}

function dryRun(context: Context, config: TrainingConfig, data: TrainingData) {
  const { dataset, excluded, warnings } = data;
  for (const warning of warnings) context.warn(warning);
  const net = findNet(config.net);
  const { parameters, macs, output } = describeNet(net, [...inputSize(config.data), net.input[2]]);
  const summary = {
    configHash: configHash(config),
    images: dataset.samples.length,
    identities: dataset.identities.length,
    excludedIdentities: excluded,
    steps: stepCount(config, dataset.samples.length),
    netParameters: parameters,
    classWeights: dataset.identities.length * output[0],
    gigaflopsPerStep: (6 * macs * config.batchSize) / 1e9,
  };
  context.say(JSON.stringify(config, null, 2));
  for (const [name, value] of Object.entries(summary)) context.say(`${name}: ${value}`);
  return { event: 'dry-run', config, ...summary };
}
