/** One training run from configuration to finished folder: data, model, loop, checkpoints, evaluations. */

import fs from 'node:fs';
import path from 'node:path';
import { DivergedError, UsageError } from '../../../common/errors.ts';
import { replaceFile } from '../../../common/files.node.ts';
import { countText } from '../../../common/format.ts';
import type { JsonObject } from '../../../common/json.ts';
import type { Device } from '../../../engine/core/tensor.ts';
import type { BatchLoader } from '../../data/batches/loader.node.ts';
import type { Cursor } from '../../data/batches/order.ts';
import type { DecodePool } from '../../data/images/worker-pool.node.ts';
import { evaluateRun } from '../../embedding/evaluate.node.ts';
import { type EvaluationSet, evaluationSetOf } from '../../embedding/evaluation-set.node.ts';
import { netOf } from '../../nets/index.ts';
import { netMetadata } from '../../nets/stored-net.ts';
import { packageVersion } from '../../package.node.ts';
import { trainingBatches } from '../batches.node.ts';
import {
  latestCheckpoint,
  pruneCheckpoints,
  saveCheckpoint,
  setAside,
} from '../checkpoint/checkpoint.node.ts';
import type { TrainingState } from '../checkpoint/checkpoint.ts';
import type { TrainingConfig } from '../config/config.ts';
import { doubtfulSettings } from '../config/doubtful-settings.ts';
import { configHash } from '../config/overrides.ts';
import { scheduleOf } from '../config/schedule.ts';
import { type BatchSource, divergedError, runLoop } from '../loop.ts';
import { Model } from '../model.ts';
import { Progress, Stage } from '../progress.ts';
import type { Reporter } from '../reporter.ts';
import { stepCount, type TrainingData } from '../training-data.node.ts';
import { type LogRecord, metricsCsv, type ValidationRecord } from './log.ts';
import type { Resumed } from './resume.node.ts';
import { appendLog, createRunFolder, describeEnvironment, readLog, writeJson } from './run-folder.node.ts';
import { RunLock } from './run-lock.node.ts';
import { type ImageRecord, initialise, recordImages } from './start.node.ts';

export interface RunOptions {
  readonly device: Device;
  readonly config: TrainingConfig;
  /** The configuration as the person gave it, kept in the run's folder. */
  readonly source: JsonObject;
  readonly data: TrainingData;
  readonly reporter: Reporter;
  /** Continue this run. */
  readonly resume?: Resumed;
  /** Read all images before the start, to notice when a resumed run would get others under the same names. */
  readonly verifyData?: boolean;
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

/** Trains. @throws UserError and its kin; the last good checkpoint is intact then */
export async function trainRun(options: RunOptions): Promise<FinishedRun> {
  const { device, config, data, reporter, resume, overfitBatch, pool, shouldStop = () => false } = options;
  const { verifyData: verify = false } = options;
  const { dataset } = data;
  const totalSteps = stepCount(config, dataset.samples.length);
  const before = resume?.checkpoint.state;
  if (before && before.step > totalSteps)
    throw new UsageError(`the checkpoint is of step ${before.step}, past the ${totalSteps} steps of the run`);
  const images = await recordImages(data, { before, verify, reporter });
  const evaluationSet = config.evaluation.everySteps > 0 ? await evaluationSetOf(config) : undefined;
  // Both may be of one data set.
  const warnings = new Set([...data.warnings, ...(evaluationSet?.warnings ?? [])]);
  for (const warning of [...warnings, ...doubtfulSettings(config, totalSteps)]) reporter.warn(warning);
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
    if (resume) model.restore(resume.checkpoint, { source: 'to resume from', net: netOf(config.net).name });
    else if (config.initialise) initialise(model, config, data, reporter);
    await model.compile();
    stage.end();
    const folder = resume?.folder ?? createRunFolder(config.output, config.name);
    let lock = resume?.lock;
    try {
      lock ??= new RunLock(folder);
      const run = new Run(options, folder, model, totalSteps, images);
      const outcome = await run.train(evaluationSet, shouldStop, overfitBatch ?? false, pool);
      return { ...outcome, folder, totalSteps, checkpoint: latestCheckpoint(folder)! };
    } catch (error) {
      // A run that never got going leaves nothing worth keeping.
      if (!resume && !hasBegun(folder)) fs.rmSync(folder, { recursive: true, force: true });
      throw error;
    } finally {
      lock?.release();
    }
  } finally {
    stage.end();
    model.dispose();
  }
}

/** Whether a run's folder holds more than settings. */
function hasBegun(folder: string): boolean {
  const events = fs.existsSync(path.join(folder, 'log.jsonl')) ? readLog(folder) : [];
  return (
    latestCheckpoint(folder) !== undefined ||
    events.some(({ event }) => event === 'step' || event === 'diverged')
  );
}

class Run {
  private readonly options: RunOptions;
  private readonly folder: string;
  private readonly model: Model;
  private readonly totalSteps: number;
  private readonly images: ImageRecord;
  private readonly progress: Progress;
  private readonly firstStep: number;
  private lastStep: number;

  constructor(options: RunOptions, folder: string, model: Model, totalSteps: number, images: ImageRecord) {
    const { config, resume, reporter, device, data } = options;
    this.options = options;
    this.folder = folder;
    this.model = model;
    this.totalSteps = totalSteps;
    this.images = images;
    this.firstStep = resume?.checkpoint.state.step ?? 0;
    this.lastStep = this.firstStep;
    this.progress = new Progress(reporter.progressSink, totalSteps, this.firstStep);
    const abandoned = resume ? setAside(folder, this.firstStep, 'abandoned') : [];
    const environment = describeEnvironment(packageVersion, device.report);
    writeJson(path.join(folder, 'config.json'), config);
    if (!resume) writeJson(path.join(folder, 'config.source.json'), options.source);
    writeJson(path.join(folder, 'environment.json'), environment);
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
    if (abandoned.length > 0) {
      this.log({ event: 'set-aside', step: this.firstStep, folders: abandoned });
      reporter.warn(
        `the run goes on from step ${this.firstStep}; later checkpoints of the attempt before are set aside: ${abandoned.join(', ')}`,
      );
    }
    const memory = `${Math.round(model.memoryBytes / 2 ** 20)} MiB of GPU memory`;
    reporter.say(
      `run     ${folder} · net ${netOf(config.net).name}, ${model.parameterCount} parameters · loss ${config.loss.name} · ${memory}`,
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
    const cursor = resume?.checkpoint.state.cursor ?? { epoch: 0, position: 0 };
    const loader = trainingBatches(config, data, {
      cursor,
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
        onConfirmed: () => this.prune(),
        onDiverged: (step) => this.lastGoodBefore(step),
        onStep: (step) => this.progress.step(step),
        onValidate: (step) => this.evaluate(step, evaluationSet!, pool),
        shouldStop,
      });
      this.log({ event: outcome.finished ? 'done' : 'interrupted', step: outcome.step });
      replaceFile(path.join(this.folder, 'metrics.csv'), metricsCsv(readLog(this.folder)));
      return outcome;
    } catch (error) {
      if (error instanceof DivergedError)
        this.log({ event: 'diverged', step: this.lastStep, message: error.message });
      throw error;
    } finally {
      this.progress.end();
      await loader.close();
    }
  }

  private async save(step: number, cursor: Cursor): Promise<void> {
    const { config, data } = this.options;
    const flaw = await this.model.flaw();
    if (flaw) throw divergedError(`after step ${step} ${flaw}`, this.lastGoodBefore(step));
    const state: TrainingState = {
      format: 1,
      step,
      totalSteps: this.totalSteps,
      seed: config.seed,
      cursor,
      configHash: configHash(config),
      ...this.images,
    };
    const metadata = {
      ...netMetadata(config.net),
      imageSize: config.data.imageSize.join('x'),
      ...(config.data.cropSize && { cropSize: config.data.cropSize.join('x') }),
      step: String(step),
      classes: String(data.dataset.identities.length),
      classesHash: data.classesHash,
      trainedOn: data.dataset.name,
    };
    const { weights, optimiser } = await this.model.snapshot();
    const folder = saveCheckpoint(this.folder, { weights, metadata, optimiser, state });
    this.log({ event: 'checkpoint', step, folder });
  }

  private prune(): void {
    const { config, reporter } = this.options;
    for (const warning of pruneCheckpoints(this.folder, config.checkpoint.keep)) reporter.warn(warning);
  }

  /**
   * The last good checkpoint when the weights after a step are not good: every earlier one was followed by a finite loss. Those
   * that this process saved of bad weights are set aside.
   */
  private lastGoodBefore(step: number): string | undefined {
    try {
      const folders = setAside(this.folder, Math.max(step - 1, this.firstStep), 'diverged');
      if (folders.length > 0) this.log({ event: 'set-aside', step, folders });
    } catch (error) {
      this.options.reporter.warn((error as Error).message);
    }
    return latestCheckpoint(this.folder, step - 1);
  }

  /** Without a fold for the threshold the usual rule; with one only that fold, so that the test stays unseen. */
  private async evaluate(step: number, set: EvaluationSet, pool: DecodePool | undefined): Promise<void> {
    const { thresholdFold } = this.options.config.evaluation;
    const protocol = thresholdFold === undefined ? 'lfw-10fold-cos' : 'best-threshold';
    const { evaluation } = await evaluateRun(await this.model.embedder(), set, {
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
      accuracy: result!.accuracy,
      threshold: result!.threshold,
    };
    this.log(record);
    this.progress.say(
      `step ${step}: ${protocol} ${(100 * result!.accuracy).toFixed(2)} % at threshold ${result!.threshold.toFixed(3)}`,
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
