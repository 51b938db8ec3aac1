/** `normface train`: train a net from a configuration file and flags, or resume a run. */

import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { lossNames } from '../losses/index.ts';
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
import { type AddCommand, examples, finiteNumber, repeated, wholeNumber } from './command.ts';
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

export const addTrain: AddCommand = (program, run) => {
  const command: Command = program
    .command('train')
    .description('train a net; without a configuration: the small net on generated faces with softmax')
    .argument('[config.json]', 'a configuration file; flags and --set win over it')
    .option(
      '--data <data>',
      'a folder identity/image.jpg, an archive of one (.tar, .tar.gz, .zip), a folder of MNIST, or generated:identities=200,samples=20',
    )
    .option('--pairs <file>', 'pairs whose folds are left out (data.excludeFolds) and evaluated')
    .option('--net <name>', 'see `normface nets`')
    .option('--loss <name>', `one of ${lossNames.join(', ')}`)
    .option('--batch <n>', 'images in a step', wholeNumber(1))
    .option('--epochs <n>', 'passes over the images', finiteNumber)
    .option('--steps <n>', 'optimiser steps, instead of --epochs', wholeNumber(1))
    .option('--lr <rate>', 'learning rate', finiteNumber)
    .option('--seed <n>', 'decides initial weights, order of images and augmentation', wholeNumber(0))
    .option('--mirror', 'mirror images at random')
    .option('--no-mirror', 'do not')
    .option('--from <checkpoint>', 'start from the weights of another run')
    .option('--name <name>', 'the run goes to <output>/<name>-NNN')
    .option('--output <folder>', 'where runs go (default: runs)')
    .option('--strict', 'stop at the first image that cannot be read instead of leaving it out')
    .option(
      '--set <key=value>',
      'any other setting, such as loss.scale.initial=24; may be repeated',
      repeated,
      [],
    )
    .option(
      '--resume [run]',
      'continue a run: its folder, one of its checkpoints, or auto (default) for the newest',
    )
    .option('--force', 'with --resume: accept settings that change the numbers of the run')
    .option(
      '--overfit-batch',
      'train on the first batch only, without augmentation: the loss must go to zero',
    )
    .option('--dry-run', 'print the resolved configuration and what would be trained, and stop')
    .addHelpText(
      'after',
      examples(
        'normface train',
        'normface train configs/lfw-small.json --seed 2',
        'normface train --data faces/ --loss normface --from runs/softmax-001 --lr 0.01 --epochs 5',
        'normface train --set loss.name=normface --set loss.scale.initial=24 --set loss.scale.learn=false',
        'normface train --resume',
      ),
    )
    .action(
      run((context: Context, file: string | undefined, options: TrainOptions) =>
        train(context, file, options),
      ),
    );
  return command;
};

async function train(context: Context, file: string | undefined, options: TrainOptions) {
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
