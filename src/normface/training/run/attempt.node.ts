/** Training on one device: records, checkpoints, evaluations. */

import path from 'node:path';
import { DivergedError } from '../../../common/errors.ts';
import { replaceFile } from '../../../common/files.node.ts';
import { countText } from '../../../common/format.ts';
import { rangeOf } from '../../../engine/distributed/range.ts';
import type { Cursor } from '../../data/batches/order.ts';
import { damagedText } from '../../data/images/damaged-image.node.ts';
import { onEveryRank } from '../../distributed/every-rank.ts';
import { saveCheckpointTogether } from '../../distributed/save-checkpoint.node.ts';
import { netOf } from '../../nets/index.ts';
import { netMetadata } from '../../nets/stored-net.ts';
import { packageVersion } from '../../package.node.ts';
import { accumulatedBatches } from '../accumulated-batches.ts';
import { trainingBatches } from '../batches.node.ts';
import {
  latestCheckpoint,
  pruneCheckpoints,
  saveCheckpoint,
  setAside,
} from '../checkpoint/checkpoint.node.ts';
import type { TrainingState } from '../checkpoint/checkpoint.ts';
import type { ClassPart } from '../checkpoint/class-part.ts';
import { imagesPerStep, type TrainingConfig } from '../config/config.ts';
import { configHash, differingKeys, plainSettings } from '../config/overrides.ts';
import { scheduleOf } from '../config/schedule.ts';
import { type BatchSource, divergedError, runLoop } from '../loop.ts';
import { Progress } from '../progress.ts';
import { EventFile } from '../tensorboard/event-file.node.ts';
import { stepsInEpoch } from '../training-data.node.ts';
import { lossMetadata } from './head-start.node.ts';
import { type LogRecord, metricsCsv } from './log.ts';
import { appendLog, describeEnvironment, readLog, readRunConfig, writeJson } from './run-folder.node.ts';
import type { AttemptStart, RunPlan } from './run-plan.ts';
import { owesValidation, Validations } from './validations.node.ts';

/** Ranks that each have all class weights. */
const noClasses: ClassPart = { tensors: [], rows: { first: 0, count: 0 }, total: 0 };

/** One attempt at a run: from the beginning or a checkpoint to the end, or until the device is lost. */
export class Attempt {
  private readonly plan: RunPlan;
  private readonly start: AttemptStart;
  private readonly progress: Progress;
  private readonly validations: Validations;
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
      group.onRecord = (record, step) => this.log({ event: 'ranks', step, ...record });
      group.recorder?.choose(this.firstStep, totalSteps);
    }
    const abandoned = from && this.writes ? setAside(folder, this.firstStep, 'abandoned') : [];
    const environment = describeEnvironment(packageVersion, device.report);
    if (this.writes) {
      // What an older version wrote stays: the hash that its checkpoints have is without the defaults that are new since.
      if (!from || !isWritten(folder, config)) writeJson(path.join(folder, 'config.json'), config);
      if (!from) writeJson(path.join(folder, 'config.source.json'), plan.source);
      writeJson(path.join(folder, 'environment.json'), environment);
    }
    // A finished run that is resumed would leave a file without a curve.
    const goesOn = this.firstStep < totalSteps || owesValidation(plan, start, this.firstStep);
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
    this.validations = new Validations({
      plan,
      start,
      firstStep: this.firstStep,
      log: (record) => this.log(record),
      say: (text) => this.progress.say(text),
    });
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
    const batches = accumulatedBatches(loader, config.accumulate ?? 1);
    try {
      await this.validations.begin();
      const outcome = await runLoop({
        learner: model,
        batches: overfitBatch ? firstBatchOf(batches) : batches,
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
        onValidate: (step) => this.validations.validate(step),
        onBest: (step) => this.validations.mark(step),
        isOver: this.validations.isOver,
        shouldStop: (step) => (group ? group.stopsAt(step) : this.plan.shouldStop()),
      });
      await group?.report(outcome.step);
      const { reason } = this.validations;
      this.log({
        event: outcome.finished ? 'done' : 'interrupted',
        step: outcome.step,
        ...(reason !== undefined && { reason }),
      });
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
      ...lossMetadata(config),
      trainedOn: data.dataset.name,
      ...(config.average && { averageDecay: String(config.average.decay) }),
    };
    const checkpoint = { ...(await model.snapshot()), metadata, state };
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
    const { keep, everySteps } = config.checkpoint;
    for (const warning of pruneCheckpoints(this.start.folder, keep, everySteps)) reporter.warn(warning);
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
    this.validations.markBestUpTo(step - 1);
    return latestCheckpoint(folder, step - 1);
  }

  private log(record: LogRecord): void {
    appendLog(this.start.folder, record, this.plan.group?.ranks.rank);
    this.events?.add(record);
    this.plan.reporter.emit(record);
  }
}

/** Whether the settings in a run's folder are these, with the defaults of this version. */
function isWritten(folder: string, config: TrainingConfig): boolean {
  return differingKeys(plainSettings(readRunConfig(folder)), plainSettings(config)).length === 0;
}

/** What the records of a run are averages over. */
export function meterOptions({ config, data, totalSteps }: Pick<RunPlan, 'config' | 'data' | 'totalSteps'>) {
  return {
    batchSize: imagesPerStep(config),
    imageCount: data.dataset.samples.length,
    totalSteps,
    recordEvery: config.log.everySteps,
  };
}

/** Gives the first batch again and again. */
function firstBatchOf(source: BatchSource<Cursor>): BatchSource<Cursor> {
  let first: ReturnType<BatchSource<Cursor>['next']> | undefined;
  return {
    next: () => {
      first ??= source.next();
      return first;
    },
  };
}
