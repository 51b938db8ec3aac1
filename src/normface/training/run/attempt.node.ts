/** Training on one device: records, checkpoints, evaluations. */

import path from 'node:path';
import { DivergedError } from '../../../common/errors.ts';
import { replaceFile } from '../../../common/files.node.ts';
import { countText } from '../../../common/format.ts';
import type { JsonObject } from '../../../common/json.ts';
import type { Device } from '../../../engine/core/tensor.ts';
import { rangeOf } from '../../../engine/distributed/range.ts';
import type { BatchLoader } from '../../data/batches/loader.node.ts';
import type { Cursor } from '../../data/batches/order.ts';
import { damagedText } from '../../data/images/damaged-image.node.ts';
import type { DecodePool } from '../../data/images/worker-pool.node.ts';
import { onEveryRank } from '../../distributed/every-rank.ts';
import { saveCheckpointTogether } from '../../distributed/save-checkpoint.node.ts';
import type { TrainingGroup } from '../../distributed/training-group.ts';
import { evaluateRun } from '../../embedding/evaluate.node.ts';
import type { EvaluationSet } from '../../embedding/evaluation-set.node.ts';
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
import type { Checkpoint, TrainingState } from '../checkpoint/checkpoint.ts';
import type { ClassPart } from '../checkpoint/class-part.ts';
import type { TrainingConfig } from '../config/config.ts';
import { configHash } from '../config/overrides.ts';
import { scheduleOf } from '../config/schedule.ts';
import { type BatchSource, divergedError, runLoop } from '../loop.ts';
import type { Meter } from '../meter.ts';
import type { Model } from '../model.ts';
import { Progress } from '../progress.ts';
import type { Reporter } from '../reporter.ts';
import { EventFile } from '../tensorboard/event-file.node.ts';
import { stepsInEpoch, type TrainingData } from '../training-data.node.ts';
import { type LogRecord, metricsCsv, type ValidationRecord } from './log.ts';
import { appendLog, describeEnvironment, readLog, writeJson } from './run-folder.node.ts';
import type { ImageRecord } from './start.node.ts';

/** Ranks that each have all class weights. */
const noClasses: ClassPart = { tensors: [], rows: { first: 0, count: 0 }, total: 0 };

/** What a run is, whatever becomes of the device. */
export interface RunPlan {
  readonly config: TrainingConfig;
  /** The configuration as the person gave it, kept in the run's folder. */
  readonly source: JsonObject;
  readonly data: TrainingData;
  readonly images: ImageRecord;
  readonly totalSteps: number;
  readonly evaluationSet: EvaluationSet | undefined;
  /** Train on the first batch only, to see whether the net can learn it by heart. */
  readonly overfitBatch: boolean;
  readonly reporter: Reporter;
  readonly meter: Meter;
  readonly shouldStop: () => boolean;
  /** The ranks that train together, or undefined: this one alone. */
  readonly group: TrainingGroup | undefined;
  readonly pool: DecodePool | undefined;
}

/** What one attempt at it begins with. */
export interface AttemptStart {
  readonly device: Device;
  readonly model: Model;
  readonly folder: string;
  /** Where it goes on from; at the beginning without it. */
  readonly from: Checkpoint | undefined;
  /** Whether this is the first attempt of this process, and no device was lost before. */
  readonly isFirst: boolean;
}

/** One attempt at a run: from the beginning or a checkpoint to the end, or until the device is lost. */
export class Attempt {
  private readonly plan: RunPlan;
  private readonly start: AttemptStart;
  private readonly progress: Progress;
  private readonly firstStep: number;
  /** The same curves for TensorBoard, where they are wanted. */
  private readonly events: EventFile | undefined;
  private lastRecorded: number;
  /** Steps done, those before this attempt included. */
  done: number;

  constructor(plan: RunPlan, start: AttemptStart) {
    const { config, reporter, data, totalSteps, group } = plan;
    const { device, model, folder, from, isFirst } = start;
    this.plan = plan;
    this.start = start;
    this.firstStep = from?.state.step ?? 0;
    this.lastRecorded = this.firstStep;
    this.done = this.firstStep;
    this.progress = new Progress(reporter.progressSink, totalSteps, this.firstStep);
    if (group) {
      group.onReport = (line) => this.progress.say(line);
      group.reportEvery = config.log.ranksEverySteps;
    }
    const abandoned = from && this.writes ? setAside(folder, this.firstStep, 'abandoned') : [];
    const environment = describeEnvironment(packageVersion, device.report);
    if (this.writes) {
      writeJson(path.join(folder, 'config.json'), config);
      if (!from) writeJson(path.join(folder, 'config.source.json'), plan.source);
      writeJson(path.join(folder, 'environment.json'), environment);
    }
    // A finished run that is resumed would leave a file without a curve.
    const goesOn = this.firstStep < totalSteps || (!isFirst && this.owesValidation());
    if (config.log.tensorboard && this.writes && goesOn)
      this.events = new EventFile(folder, config, this.firstStep);
    const { dataset, excluded } = data;
    this.log({
      event: from ? 'resume' : 'start',
      step: this.firstStep,
      totalSteps,
      configHash: configHash(config),
      parameters: model.parameterCount,
      ...(group && { ranks: group.ranks.size }),
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
    if (!isFirst) return;
    const memory = `${Math.round(model.memoryBytes / 2 ** 20)} MiB of GPU memory`;
    reporter.say(
      `run     ${folder} · net ${netOf(config.net).name}, ${model.parameterCount} parameters · loss ${config.loss.name} · ${memory}`,
    );
    reporter.say(
      `data    ${dataset.name} · ${countText(dataset.samples.length, 'image')} of ${countText(dataset.identities.length, 'person', 'people')}` +
        (excluded > 0 ? `, ${countText(excluded, 'person', 'people')} left out` : ''),
    );
  }

  /** Whether this process writes what a run has once. */
  private get writes(): boolean {
    return this.plan.group?.isFirst ?? true;
  }

  async train(): Promise<{ step: number; finished: boolean }> {
    const { config, data, reporter, totalSteps, evaluationSet, overfitBatch, pool, group } = this.plan;
    const { model, folder, from, isFirst } = this.start;
    const beginning = { epoch: 0, position: 0 };
    // The batch that is learnt by heart is the first one, wherever training goes on.
    const cursor = overfitBatch ? beginning : (from?.state.cursor ?? beginning);
    const loader = trainingBatches(config, data, {
      cursor,
      rows: group && rangeOf(config.batchSize, group.ranks.size, group.ranks.rank),
      pool,
      onCorrupt: (name, reason) => reporter.warn(`the image ${name} is left out: ${reason}`),
      onDamaged: (name, reason) => reporter.warn(damagedText(name, reason)),
    });
    try {
      if (!isFirst && this.owesValidation()) await this.evaluate(this.firstStep, evaluationSet!);
      const outcome = await runLoop({
        learner: model,
        batches: overfitBatch ? firstBatchOf(loader) : loader,
        ...meterOptions(this.plan),
        meter: this.plan.meter,
        firstStep: this.firstStep,
        firstCursor: cursor,
        isUnconfirmed: !isFirst,
        learningRate: scheduleOf(
          config.schedule,
          config.optimiser.learningRate,
          totalSteps,
          stepsInEpoch(config, data.dataset.samples.length),
        ),
        checkpointEvery: config.checkpoint.everySteps,
        validateEvery: evaluationSet ? config.evaluation.everySteps : 0,
        onRecord: (record) => {
          this.log(record);
          this.lastRecorded = record.step;
          this.progress.update(record);
        },
        onCheckpoint: (step, at) => this.save(step, at),
        onConfirmed: () => this.prune(),
        onDiverged: (step) => this.lastGoodBefore(step),
        onStep: (step) => {
          this.done = step;
          this.progress.step(step);
        },
        onValidate: (step) => this.evaluate(step, evaluationSet!),
        shouldStop: (step) => (group ? group.stopsAt(step) : this.plan.shouldStop()),
      });
      this.log({ event: outcome.finished ? 'done' : 'interrupted', step: outcome.step });
      if (this.writes) replaceFile(path.join(folder, 'metrics.csv'), metricsCsv(readLog(folder)));
      return outcome;
    } catch (error) {
      if (error instanceof DivergedError)
        this.log({ event: 'diverged', step: this.lastRecorded, message: error.message });
      throw error;
    } finally {
      this.progress.end();
      this.events?.close();
      await loader.close();
    }
  }

  /** Whether the device was lost between the checkpoint that this attempt begins with and the validation that follows it. */
  private owesValidation(): boolean {
    const { config, evaluationSet } = this.plan;
    const { folder, from } = this.start;
    if (!from || !evaluationSet || this.firstStep % config.evaluation.everySteps !== 0) return false;
    return !readLog(folder).some(({ event, step }) => event === 'validation' && step === this.firstStep);
  }

  private async save(step: number, cursor: Cursor): Promise<void> {
    const { config, data, totalSteps, images, group } = this.plan;
    const { model } = this.start;
    const flaws = group ? await onEveryRank(group.ranks, () => model.flaw()) : [await model.flaw()];
    const flaw = flaws.find((found) => found);
    if (flaw) throw divergedError(`after step ${step} ${flaw}`, this.lastGoodBefore(step));
    const state: TrainingState = {
      format: 1,
      step,
      totalSteps,
      seed: config.seed,
      cursor,
      configHash: configHash(config),
      ...images,
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
    const { weights, optimiser } = await model.snapshot();
    const checkpoint = { weights, metadata, optimiser, state };
    const folder = group
      ? await saveCheckpointTogether(this.start.folder, checkpoint, {
          ranks: group.ranks,
          classes: model.classPart ?? noClasses,
        })
      : saveCheckpoint(this.start.folder, checkpoint);
    this.log({ event: 'checkpoint', step, folder });
  }

  private prune(): void {
    if (!this.writes) return;
    const { config, reporter } = this.plan;
    for (const warning of pruneCheckpoints(this.start.folder, config.checkpoint.keep)) reporter.warn(warning);
  }

  /**
   * The last good checkpoint when the weights after a step are not good: every earlier one was followed by a finite loss. Those
   * that this process saved of bad weights are set aside.
   */
  private lastGoodBefore(step: number): string | undefined {
    const { folder } = this.start;
    try {
      const folders = this.writes ? setAside(folder, Math.max(step - 1, this.firstStep), 'diverged') : [];
      if (folders.length > 0) this.log({ event: 'set-aside', step, folders });
    } catch (error) {
      this.plan.reporter.warn((error as Error).message);
    }
    return latestCheckpoint(folder, step - 1);
  }

  /** Without a fold for the threshold the usual rule; with one only that fold, so that the test stays unseen. */
  private evaluate(step: number, set: EvaluationSet): Promise<void> {
    const { group } = this.plan;
    return group ? group.onFirst(() => this.evaluateHere(step, set)) : this.evaluateHere(step, set);
  }

  private async evaluateHere(step: number, set: EvaluationSet): Promise<void> {
    const { config, pool } = this.plan;
    const { thresholdFold } = config.evaluation;
    const protocol = thresholdFold === undefined ? 'lfw-10fold-cos' : 'best-threshold';
    const { evaluation } = await evaluateRun(await this.start.model.embedder(), set, {
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
    appendLog(this.start.folder, record, this.plan.group?.ranks.rank);
    this.events?.add(record);
    this.plan.reporter.emit(record);
  }
}

/** What the records of a run are averages over. */
export function meterOptions({ config, data, totalSteps }: Pick<RunPlan, 'config' | 'data' | 'totalSteps'>) {
  return {
    batchSize: config.batchSize,
    imageCount: data.dataset.samples.length,
    totalSteps,
    recordEvery: config.log.everySteps,
  };
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
