/** `normface train`: train a net from a configuration file and flags, or resume a run. */

import fs from 'node:fs';
import os from 'node:os';
import { UsageError, UserError } from '../common/errors.ts';
import { replaceFile } from '../common/files.node.ts';
import type { JsonObject } from '../common/json.ts';
import type { Communicator } from '../engine/distributed/communicator.ts';
import { launchedBy } from '../engine/distributed/mpi/launcher.ts';
import type { CardName } from '../inspector/estimate/card-names.ts';
import { checkImages, parseHosts, rankCount } from '../normface/distributed/launch-line.ts';
import {
  explainEnd,
  joinRanks,
  launchedRank,
  tellRun,
  whenAskedToStop,
} from '../normface/distributed/rank.node.ts';
import { traceOfRanks } from '../normface/distributed/ranks-trace.ts';
import { StepRecorder } from '../normface/distributed/step-recorder.ts';
import { TrainingGroup, type TrainingGroupOptions } from '../normface/distributed/training-group.ts';
import type { TrainingConfig } from '../normface/training/config/config.ts';
import { resolveConfig } from '../normface/training/config/resolve-config.node.ts';
import { findRunToResume } from '../normface/training/run/find-run.node.ts';
import { INTERRUPTED } from '../normface/training/run/interrupt.node.ts';
import { openResumed } from '../normface/training/run/resume.node.ts';
import { trainRun } from '../normface/training/run/run.node.ts';
import { readRunConfig } from '../normface/training/run/run-folder.node.ts';
import { openTrainingData } from '../normface/training/training-data.node.ts';
import type { Context } from './context.node.ts';
import { checkOutput } from './output-file.node.ts';

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
  readonly tensorboard?: boolean;
  readonly set: string[];
  readonly resume?: string | true;
  readonly force?: boolean;
  readonly overfitBatch?: boolean;
  readonly verifyData?: boolean;
  readonly dryRun?: boolean;
  readonly images?: number;
  readonly classes?: number;
  readonly card?: CardName;
  readonly ranks?: number;
  readonly hosts?: string;
  readonly maxRestarts?: number;
  readonly launcher?: string;
  readonly rshAgent?: string;
  readonly rankTimeout?: number;
  readonly trace?: string;
}

export async function train(context: Context, file: string | undefined, options: TrainOptions) {
  const { images, classes, card } = options;
  const onlyDry = { '--images': images, '--classes': classes, '--card': card };
  const [flag] = Object.entries(onlyDry).find(([, value]) => value !== undefined) ?? [];
  if (flag !== undefined && !options.dryRun) throw new UsageError(`${flag} goes with --dry-run`);
  const { trace } = options;
  if (trace !== undefined) checkTrace(trace);
  if (isSupervisor(options, launchedRank())) return trainOnRanks(context, file, options);
  if (trace !== undefined && !launchedRank())
    throw new UsageError(
      '--trace goes with several ranks; `normface profile train --out FOLDER` traces a step of one process',
    );
  const patience = options.rankTimeout && 1000 * options.rankTimeout;
  const communicator = await joinRanks({ timeoutMs: patience });
  try {
    context.asRank(communicator.rank);
    context.whenAsked = (stop) => whenAskedToStop(stop, () => context.fallSilent());
    const recorder = trace === undefined ? undefined : traceWriter(context, trace);
    const result = await trainHere(context, file, options, groupOf(communicator, { patience, recorder }));
    if (recorder && !recorder.hasRecorded && communicator.rank === 0)
      context.warn(`no step was done that could be traced: ${trace} is not written`);
    await communicator.close();
    return result;
  } catch (error) {
    explainEnd(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** The ranks beside this process, if there are any. */
function groupOf(
  ranks: Communicator,
  options: Omit<TrainingGroupOptions, 'host'>,
): TrainingGroup | undefined {
  if (ranks.size === 1) return undefined;
  return new TrainingGroup(ranks, { host: os.hostname(), ...options });
}

/** @throws UserError where no trace can be written */
function checkTrace(file: string): void {
  checkOutput(file, [], '--trace');
  if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`cannot write ${file}: it is a folder`);
}

/** Writes what all ranks did in a step. The training goes on where that does not work. */
function traceWriter(context: Context, file: string): StepRecorder {
  return new StepRecorder((steps) => {
    try {
      replaceFile(file, JSON.stringify(traceOfRanks(steps)));
      context.say(`trace   ${file}: step ${steps[0]!.step + 1}, for ui.perfetto.dev`);
    } catch (error) {
      context.warn((error as Error).message);
    }
  });
}

/** Trains in this process. */
async function trainHere(
  context: Context,
  file: string | undefined,
  options: TrainOptions,
  group: TrainingGroup | undefined,
) {
  const interrupt = context.interrupt();
  try {
    const resolved = resolve(context, file, options, group);
    try {
      return await trainResolved(context, resolved, options, interrupt.shouldStop, group);
    } finally {
      resolved.resume?.lock?.release();
    }
  } finally {
    interrupt.dispose();
  }
}

/**
 * Whether this process only starts the ones that train.
 * @throws UsageError where ranks are asked for that this process cannot start
 */
function isSupervisor(
  { ranks, hosts, dryRun, maxRestarts, launcher, rshAgent, rankTimeout }: TrainOptions,
  launched: { size: number } | undefined,
): boolean {
  // Also as the only rank.
  const isStarted = launchedBy(process.env) !== null;
  if (ranks === undefined && hosts === undefined) {
    const alone = {
      ...{ '--max-restarts': maxRestarts, '--launcher': launcher, '--rsh-agent': rshAgent },
      ...(!isStarted && { '--rank-timeout': rankTimeout }),
    };
    const [flag] = Object.entries(alone).find(([, value]) => value !== undefined) ?? [];
    if (flag !== undefined) throw new UsageError(`${flag} goes with --ranks or --hosts`);
    return false;
  }
  if (launched)
    throw new UsageError('--ranks and --hosts start processes, but a launcher has started this one');
  if (dryRun && hosts !== undefined)
    throw new UsageError('--dry-run looks at one of so many --ranks; --hosts start processes');
  return !dryRun;
}

/** Starts the same training in several processes, after a look at what this one can see: its settings, or the run to resume. */
async function trainOnRanks(context: Context, file: string | undefined, options: TrainOptions) {
  const { output: root = 'runs', ...flags } = settingsOf(options);
  const ranks = rankCount(options.ranks, options.hosts === undefined ? undefined : parseHosts(options.hosts));
  let run: string | undefined;
  if (options.resume === undefined) {
    const { config } = resolveConfig({ file, flags: { ...flags, output: root }, set: options.set });
    checkImages(ranks, config.batchSize);
  } else {
    refuseWithResume(file, options);
    run = findRunToResume(options.resume === true ? 'auto' : options.resume, String(root));
    checkImages(ranks, readRunConfig(run).batchSize);
  }
  const [{ superviseCommand }, { resumingWords, supervisorOptions, withoutOptions }] = await Promise.all([
    import('./supervise-command.node.ts'),
    import('./words.ts'),
  ]);
  const words = withoutOptions(context.words, supervisorOptions);
  return superviseCommand(context, { ...options, run }, (from) =>
    from === undefined ? words : resumingWords(words, from),
  );
}

async function trainResolved(
  context: Context,
  { config: given, source, resume }: ReturnType<typeof resolve>,
  options: TrainOptions,
  shouldStop: () => boolean,
  group: TrainingGroup | undefined,
) {
  group?.listen(shouldStop);
  const { overfitBatch, verifyData } = options;
  const config = overfitBatch ? forOneBatch(given) : given;
  if (options.dryRun) return dryRunOf(context, config, options);
  const data = await openTrainingData(config);
  const device = await context.openDevice();
  const reporter = context;
  // Ranks that lose a device end, all of them, and are started again.
  const reopenDevice = group ? undefined : context.reopenDevice;
  const run = {
    ...{ device, reopenDevice, group, config, data, source, resume, reporter },
    ...{ overfitBatch, verifyData, shouldStop },
    onFolder: tellRun,
  };
  const outcome = await trainRun(run);
  const isNew = outcome.step !== resume?.checkpoint.state.step;
  context.say(`${isNew ? 'saved   ' : 'nothing trained and nothing saved beyond '}${outcome.checkpoint}`);
  if (outcome.best !== undefined) context.say(`best    ${outcome.best}`);
  if (outcome.finished)
    context.say(`next    normface eval ${outcome.folder}${outcome.best === undefined ? '' : '/best'}`);
  else {
    context.exitCode = INTERRUPTED;
    context.say(`stopped after step ${outcome.step} of ${outcome.totalSteps}; continue with:`);
    context.say(`        normface train --resume ${outcome.folder}`);
  }
  return { event: 'result', ...outcome };
}

/** A dry run, on the images of the configuration or on numbers of them. */
async function dryRunOf(context: Context, config: TrainingConfig, { ranks, card, ...named }: TrainOptions) {
  const { dryRun, imagesOf } = await import('./dry-run.node.ts');
  const { images, classes: people } = named;
  if ((images === undefined) !== (people === undefined))
    throw new UsageError('--images and --classes belong together');
  const size =
    images !== undefined && people !== undefined
      ? { images, people, excluded: 0, warnings: [] }
      : await imagesOf(config);
  return dryRun(context, config, size, { ranks, card });
}

/** The configuration of the run, and of a resumed one its folder and checkpoint. */
function resolve(
  context: Context,
  file: string | undefined,
  options: TrainOptions,
  group: TrainingGroup | undefined,
) {
  const flags = settingsOf(options);
  if (options.resume === undefined)
    return { ...resolveConfig({ file, flags, set: options.set }), resume: undefined };
  refuseWithResume(file, options);
  const { output: root = 'runs', ...changes } = flags;
  return openResumed(options.resume === true ? 'auto' : options.resume, {
    root: String(root),
    changes: { flags: changes, set: options.set },
    force: options.force ?? false,
    lock: !options.dryRun && (group?.isFirst ?? true),
    withoutClasses: group !== undefined,
    warn: (text) => context.warn(text),
  });
}

/** @throws UsageError where something is given that a resumed run cannot have */
function refuseWithResume(file: string | undefined, { overfitBatch }: TrainOptions): void {
  if (file !== undefined)
    throw new UsageError('--resume takes the configuration of its run; leave the file out');
  if (overfitBatch) throw new UsageError('--overfit-batch cannot resume');
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
    log: group({ tensorboard: options.tensorboard }),
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
    stopEarly: undefined,
    steps: config.steps ?? 100,
    epochs: undefined,
  };
}
