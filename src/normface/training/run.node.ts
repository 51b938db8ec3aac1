/** One training run from configuration to finished folder: data, model, loop, checkpoints, evaluations. */

import fs from 'node:fs';
import path from 'node:path';
import type { Device } from '../../engine/device.ts';
import { countText } from '../../inspector/profile/format.ts';
import { BatchLoader } from '../data/loader.node.ts';
import type { Cursor } from '../data/order.ts';
import type { DecodePool } from '../data/worker-pool.node.ts';
import { DivergedError, UserError } from '../errors.ts';
import { packageVersion } from '../package.node.ts';
import { findWeights, latestCheckpoint, readWeights, saveCheckpoint } from './checkpoint.node.ts';
import type { Checkpoint, TrainingState } from './checkpoint.ts';
import type { TrainingConfig } from './config.ts';
import { evaluateRun } from './evaluate.node.ts';
import { type EvaluationSet, evaluationSetOf } from './evaluation-set.node.ts';
import { replaceFile } from './files.node.ts';
import { type LogRecord, metricsCsv, type ValidationRecord } from './log.ts';
import { type BatchSource, runLoop } from './loop.ts';
import { Model } from './model.ts';
import { configHash, type JsonObject } from './overrides.ts';
import { Progress, Stage } from './progress.ts';
import type { Reporter } from './reporter.ts';
import { appendLog, createRunFolder, describeEnvironment, readLog, writeJson } from './run-folder.node.ts';
import { scheduleOf } from './schedule.ts';
import { stepCount, type TrainingData } from './training-data.node.ts';

export interface RunOptions {
  readonly device: Device;
  readonly config: TrainingConfig;
  /** The configuration as the person gave it, kept in the run's folder. */
  readonly source: JsonObject;
  readonly data: TrainingData;
  readonly reporter: Reporter;
  /** Continue the run in this folder from this checkpoint. */
  readonly resume?: { readonly folder: string; readonly checkpoint: Checkpoint };
  /** Train on the first batch only, to see whether the net can learn it by heart. */
  readonly overfitBatch?: boolean;
  readonly shouldStop?: () => boolean;
  readonly pool?: DecodePool;
}

export interface FinishedRun {
  readonly folder: string;
  readonly checkpoint: string;
  readonly step: number;
  readonly totalSteps: number;
  /** False when the run was stopped early. */
  readonly finished: boolean;
}

/** Trains. @throws UserError and its kin; the last checkpoint is intact then */
export async function trainRun(options: RunOptions): Promise<FinishedRun> {
  const { device, config, data, reporter, resume, overfitBatch, pool, shouldStop = () => false } = options;
  const { dataset } = data;
  const totalSteps = stepCount(config, dataset.samples.length);
  const evaluationSet = config.evaluation.everySteps > 0 ? await evaluationSetOf(config) : undefined;
  // Both may be of one data set.
  const warnings = new Set([...data.warnings, ...(evaluationSet?.warnings ?? [])]);
  for (const warning of warnings) reporter.warn(warning);
  const stage = new Stage(reporter.progressSink, 'compiling kernels');
  const model = await device.tuner
    .tuned(
      () => new Model(device, config, dataset.identities.length),
      (discarded) => discarded.dispose(),
    )
    .catch((error) => {
      stage.end();
      throw error;
    });
  try {
    if (resume) restore(model, config, data, resume.checkpoint);
    else if (config.initialise) initialise(model, config, data, reporter);
    await model.compile();
    stage.end();
    const run = new Run(options, model, totalSteps);
    const outcome = await run.train(evaluationSet, shouldStop, overfitBatch ?? false, pool);
    return { ...outcome, folder: run.folder, totalSteps, checkpoint: latestCheckpoint(run.folder)! };
  } finally {
    stage.end();
    model.dispose();
  }
}

/** Puts a model into the state of a checkpoint. @throws UserError when it belongs to other images or another net */
function restore(model: Model, config: TrainingConfig, data: TrainingData, checkpoint: Checkpoint): void {
  if (checkpoint.state.imagesHash !== data.imagesHash) {
    const { name, samples, identities } = data.dataset;
    throw new UserError(
      `the run was started on other images than ${name} now holds (${samples.length} of ${identities.length} people); ` +
        'start a new run with --from to go on with its weights',
    );
  }
  model.restore(checkpoint, { source: 'to resume from', net: config.net });
}

/** Starts from the weights of another run. */
function initialise(model: Model, config: TrainingConfig, data: TrainingData, reporter: Reporter): void {
  const { from, head } = config.initialise!;
  const file = findWeights(from);
  const { weights, metadata } = readWeights(file);
  const samePeople = metadata.classesHash === data.classesHash;
  const kept = model.initialise(weights, {
    source: from,
    net: config.net,
    keepHead: head === 'keep' && samePeople,
  });
  const why = kept ? 'kept' : head === 'keep' && !samePeople ? 'new, the people differ' : 'new';
  reporter.say(`starting from ${file}, class weights ${why}`);
}

class Run {
  readonly folder: string;
  private readonly options: RunOptions;
  private readonly model: Model;
  private readonly totalSteps: number;
  private readonly progress: Progress;
  private readonly firstStep: number;
  private lastStep: number;

  constructor(options: RunOptions, model: Model, totalSteps: number) {
    const { config, resume, reporter, device, data } = options;
    this.options = options;
    this.model = model;
    this.totalSteps = totalSteps;
    this.firstStep = resume?.checkpoint.state.step ?? 0;
    this.lastStep = this.firstStep;
    this.progress = new Progress(reporter.progressSink, totalSteps, this.firstStep);
    this.folder = resume?.folder ?? createRunFolder(config.output, config.name);
    const environment = describeEnvironment(packageVersion, device.report);
    writeJson(path.join(this.folder, 'config.json'), config);
    if (!resume) writeJson(path.join(this.folder, 'config.source.json'), options.source);
    writeJson(path.join(this.folder, 'environment.json'), environment);
    const { dataset, excluded } = data;
    this.log({
      event: resume ? 'resume' : 'start',
      step: this.firstStep,
      totalSteps,
      configHash: configHash(config),
      parameters: model.parameterCount,
      identities: dataset.identities.length,
      images: dataset.samples.length,
      excluded,
    });
    const memory = `${Math.round(model.memoryBytes / 2 ** 20)} MiB of GPU memory`;
    reporter.say(
      `run     ${this.folder} · net ${config.net}, ${model.parameterCount} parameters · loss ${config.loss.name} · ${memory}`,
    );
    reporter.say(
      `data    ${dataset.name} · ${countText(dataset.samples.length, 'image')} of ${countText(dataset.identities.length, 'person', 'people')}` +
        (excluded > 0 ? `, ${countText(excluded, 'person', 'people')} left out` : ''),
    );
  }

  async train(
    evaluationSet: EvaluationSet | undefined,
    shouldStop: () => boolean,
    overfitBatch: boolean,
    pool: DecodePool | undefined,
  ): Promise<{ step: number; finished: boolean }> {
    const { config, data, resume, reporter } = this.options;
    const { imageSize, resize, strict } = config.data;
    const cursor = resume?.checkpoint.state.cursor ?? { epoch: 0, position: 0 };
    const loader = new BatchLoader(data.dataset, {
      batchSize: config.batchSize,
      sampling: config.sampling,
      seed: config.seed,
      cursor,
      height: imageSize[0],
      width: imageSize[1],
      resize,
      strict,
      pool,
      onCorrupt: (name, reason) => reporter.warn(`the image ${name} is left out: ${reason}`),
    });
    try {
      const outcome = await runLoop({
        learner: this.model,
        batches: overfitBatch ? firstBatchOf(loader) : loader,
        batchSize: config.batchSize,
        imageCount: data.dataset.samples.length,
        totalSteps: this.totalSteps,
        firstStep: this.firstStep,
        firstCursor: cursor,
        learningRate: scheduleOf(config.schedule, config.optimiser.learningRate, this.totalSteps),
        recordEvery: config.log.everySteps,
        checkpointEvery: config.checkpoint.everySteps,
        validateEvery: evaluationSet ? config.evaluation.everySteps : 0,
        onRecord: (record) => {
          this.log(record);
          this.lastStep = record.step;
          this.progress.update(record);
        },
        onCheckpoint: (step, at) => this.save(step, at),
        onStep: (step) => this.progress.step(step),
        onValidate: (step) => this.evaluate(step, evaluationSet!, pool),
        shouldStop,
        lastCheckpoint: () => latestCheckpoint(this.folder),
      });
      this.log({ event: outcome.finished ? 'done' : 'interrupted', step: outcome.step });
      replaceFile(path.join(this.folder, 'metrics.csv'), metricsCsv(readLog(this.folder)));
      return outcome;
    } catch (error) {
      if (error instanceof DivergedError)
        this.log({ event: 'diverged', step: this.lastStep, message: error.message });
      // A run that never got going leaves nothing worth keeping.
      else if (!resume && this.lastStep === 0 && !latestCheckpoint(this.folder))
        fs.rmSync(this.folder, { recursive: true, force: true });
      throw error;
    } finally {
      this.progress.end();
      await loader.close();
    }
  }

  private async save(step: number, cursor: Cursor): Promise<void> {
    const { config, data } = this.options;
    const state: TrainingState = {
      format: 1,
      step,
      totalSteps: this.totalSteps,
      seed: config.seed,
      cursor,
      configHash: configHash(config),
      imagesHash: data.imagesHash,
    };
    const metadata = {
      net: config.net,
      imageSize: config.data.imageSize.join('x'),
      ...(config.data.cropSize && { cropSize: config.data.cropSize.join('x') }),
      step: String(step),
      classes: String(data.dataset.identities.length),
      classesHash: data.classesHash,
      trainedOn: data.dataset.name,
    };
    const { weights, optimiser } = await this.model.snapshot();
    const folder = saveCheckpoint(this.folder, { weights, metadata, optimiser, state }, config.checkpoint);
    this.log({ event: 'checkpoint', step, folder });
  }

  /** Without a fold for the threshold the usual rule; with one only that fold, so that the test stays unseen. */
  private async evaluate(step: number, set: EvaluationSet, pool: DecodePool | undefined): Promise<void> {
    const { thresholdFold } = this.options.config.evaluation;
    const protocol = thresholdFold === undefined ? 'lfw-10fold-cos' : 'best-threshold';
    const { evaluation } = await evaluateRun(this.model.embedder(), set, {
      name: `step ${step}`,
      rule: { kind: 'best' },
      merge: 'front',
      protocols: [protocol],
      pool,
    });
    const [result] = evaluation.metrics.protocols;
    const record: ValidationRecord = {
      event: 'validation',
      step,
      protocol,
      accuracy: result.accuracy,
      threshold: result.threshold,
    };
    this.log(record);
    this.progress.say(
      `step ${step}: ${protocol} ${(100 * result.accuracy).toFixed(2)} % at threshold ${result.threshold.toFixed(3)}`,
    );
  }

  private log(record: LogRecord): void {
    appendLog(this.folder, record);
    this.options.reporter.emit(record);
  }
}

/** Gives the first batch again and again. */
function firstBatchOf(loader: BatchLoader): BatchSource<Cursor> {
  let first: ReturnType<BatchLoader['next']> | undefined;
  return {
    next: () => {
      first ??= loader.next();
      return first;
    },
  };
}
