/** One training run from configuration to finished folder, on as many devices as it takes. */

import fs from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import type { JsonObject } from '../../../common/json.ts';
import type { Device } from '../../../engine/core/tensor.ts';
import { agree } from '../../../engine/distributed/agree.ts';
import type { DecodePool } from '../../data/images/worker-pool.node.ts';
import { agreeOnSettings } from '../../distributed/agree-settings.ts';
import type { TrainingGroup } from '../../distributed/training-group.ts';
import { evaluationSetOf } from '../../embedding/evaluation-set.node.ts';
import { netOf } from '../../nets/index.ts';
import { packageVersion } from '../../package.node.ts';
import { bestCheckpoint } from '../checkpoint/best-checkpoint.node.ts';
import { latestCheckpoint, stepOf } from '../checkpoint/checkpoint.node.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { readCheckpoint } from '../checkpoint/read-checkpoint.node.ts';
import type { TrainingConfig } from '../config/config.ts';
import { doubtfulSettings } from '../config/doubtful-settings.ts';
import { Meter } from '../meter.ts';
import { Model } from '../model.ts';
import { idleRules } from '../parameter-rules.ts';
import { Stage } from '../progress.ts';
import type { Reporter } from '../reporter.ts';
import { stepCount, stepsInEpoch, type TrainingData } from '../training-data.node.ts';
import { Attempt, meterOptions } from './attempt.node.ts';
import type { LogRecord } from './log.ts';
import { Losses } from './losses.ts';
import type { Resumed } from './resume.node.ts';
import { appendLog, createRunFolder, readLog } from './run-folder.node.ts';
import { RunLock } from './run-lock.node.ts';
import type { RunPlan } from './run-plan.ts';
import { initialise, recordImages } from './start.node.ts';
import { stepExchange } from './step-exchange.ts';

export interface RunOptions {
  readonly device: Device;
  /** Opens another device in place of one that was lost; without it a loss ends the run. */
  readonly reopenDevice?: () => Promise<Device>;
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
  /** The ranks that train together, each with a part of every batch and of the classes. Default: this one alone. */
  readonly group?: TrainingGroup;
  /** Is told the run's folder before the first step. */
  readonly onFolder?: (folder: string) => void;
  readonly pool?: DecodePool;
}

export interface FinishedRun {
  readonly folder: string;
  readonly checkpoint: string;
  readonly step: number;
  readonly totalSteps: number;
  /** False when the run was interrupted. */
  readonly finished: boolean;
  /** Folder of the best checkpoint, where evaluations decide when training ends. */
  readonly best?: string;
}

/**
 * Trains. Where the device is lost and another one can be opened, training goes on from the last checkpoint, or begins again, with
 * the bits of a run that was not interrupted.
 *
 * @throws UserError and its kin; DeviceLostError where the device is lost again and again. The last good checkpoint is intact then
 */
export async function trainRun(options: RunOptions): Promise<FinishedRun> {
  const { config, resume, group } = options;
  const plan = await planOf(options);
  const { reporter, totalSteps } = plan;
  const losses = new Losses({ reopen: options.reopenDevice });
  let { device } = options;
  let { folder, checkpoint: from, lock } = resume ?? ({} as Partial<Resumed>);
  let attempt: Attempt | undefined;
  const unlogged: LogRecord[] = [];
  /** From making the model to the end. */
  const train = async (): Promise<FinishedRun> => {
    const model = await makeModel(plan, device, from && { from, folder: resume?.checkpointFolder });
    try {
      if (attempt === undefined) for (const warning of idleRules(model.ruled)) reporter.warn(warning);
      const create = () => createRunFolder(config.output, config.name);
      folder ??= group ? await group.fromFirst(create) : create();
      if (!group || group.isFirst) lock ??= new RunLock(folder);
      options.onFolder?.(folder);
      for (const record of unlogged.splice(0)) appendLog(folder, record);
      attempt = new Attempt(plan, { device, model, folder, from, isFirst: attempt === undefined });
      const outcome = await attempt.train();
      const best = config.stopEarly ? bestCheckpoint(folder) : undefined;
      return { ...outcome, folder, totalSteps, checkpoint: latestCheckpoint(folder)!, ...(best && { best }) };
    } finally {
      model.dispose();
    }
  };
  try {
    for (;;) {
      try {
        return await train();
      } catch (error) {
        const checkpoint = folder && latestCheckpoint(folder);
        const step = checkpoint ? stepOf(checkpoint) : 0;
        const advice = checkpoint
          ? `when the GPU works again: normface train --resume ${folder}`
          : 'nothing was saved';
        const { message } = await losses.accept(error, device, { step, checkpoint, advice });
        reporter.warn(
          `${message}; another one is opened, and the run ${checkpoint ? `goes on from the checkpoint of step ${step}` : 'begins again'}`,
        );
        const record: LogRecord = { event: 'device-lost', step, lostAfter: attempt?.done ?? 0, message };
        reporter.emit(record);
        if (folder) appendLog(folder, record);
        else unlogged.push(record);
        device = await losses.reopen();
        from = checkpoint ? readCheckpoint(checkpoint) : undefined;
      }
    }
  } catch (error) {
    // A run that never got going leaves nothing worth keeping.
    if (!resume && folder && (!group || group.isFirst) && !hasBegun(folder))
      fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    lock?.release();
  }
}

/** Looks at the data of a run, and tells what is doubtful about it. @throws UserError and its kin */
async function planOf(options: RunOptions): Promise<RunPlan> {
  const { config, source, data, reporter, resume, pool, shouldStop = () => false } = options;
  const { verifyData: verify = false, overfitBatch = false, group } = options;
  const totalSteps = stepCount(config, data.dataset.samples.length);
  const before = resume?.checkpoint.state;
  if (before && before.step > totalSteps)
    throw new UsageError(`the checkpoint is of step ${before.step}, past the ${totalSteps} steps of the run`);
  if (group) await agreeOn(group, config, data, before?.step ?? 0);
  const images = await recordImages(data, { before, verify, reporter });
  const evaluationSet = config.evaluation.everySteps > 0 ? await evaluationSetOf(config) : undefined;
  // Both may be of one data set.
  const warnings = new Set([...data.warnings, ...(evaluationSet?.warnings ?? [])]);
  const perEpoch = stepsInEpoch(config, data.dataset.samples.length);
  for (const warning of [...warnings, ...doubtfulSettings(config, totalSteps, perEpoch)])
    reporter.warn(warning);
  const meter = new Meter(meterOptions({ config, data, totalSteps }));
  return {
    ...{ config, source, data, images, totalSteps, evaluationSet },
    ...{ overfitBatch, reporter, meter, shouldStop, pool, group },
  };
}

/** The model as it stands at a checkpoint, or at the beginning; compiled. */
async function makeModel(
  { config, source, data, reporter, group }: RunPlan,
  device: Device,
  start: { readonly from: Checkpoint; readonly folder: string | undefined } | undefined,
): Promise<Model> {
  const stage = new Stage(reporter.progressSink, 'compiling kernels');
  try {
    const model = await device.tuner.tuned(
      () =>
        new Model(device, config, data.dataset.identities.length, group ? stepExchange(group, config) : null),
      (discarded) => discarded.dispose(),
    );
    try {
      if (start)
        model.restore(partOf(start, model), { source: 'to resume from', net: netOf(config.net).name });
      else if (config.initialise) initialise(model, { config, source, data }, reporter);
      await model.compile();
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  } finally {
    stage.end();
  }
}

/** Of a checkpoint what a rank needs: where ranks share the classes it was read without them. */
function partOf(
  { from, folder }: { readonly from: Checkpoint; readonly folder: string | undefined },
  { classPart }: Model,
): Checkpoint {
  return classPart && folder !== undefined ? readCheckpoint(folder, { classes: classPart }) : from;
}

/** @throws UsageError on all ranks where one of them would train something else than the others */
async function agreeOn(
  { ranks }: TrainingGroup,
  config: TrainingConfig,
  { imagesHash }: TrainingData,
  step: number,
): Promise<void> {
  await agree(ranks, 'the version of normface', packageVersion);
  // Names and folders may differ from host to host.
  const { name: _name, output: _output, ...numbers } = config;
  const plain = JSON.parse(JSON.stringify(numbers)) as JsonObject;
  await agreeOnSettings(ranks, { ...plain, data: { ...(plain.data as JsonObject), path: '', pairs: '' } });
  await agree(ranks, 'the list of images', imagesHash);
  await agree(ranks, 'the step that the run goes on from', String(step));
}

/** Whether a run's folder holds more than settings. */
function hasBegun(folder: string): boolean {
  const events = fs.existsSync(path.join(folder, 'log.jsonl')) ? readLog(folder) : [];
  return (
    latestCheckpoint(folder) !== undefined ||
    events.some(({ event }) => event === 'step' || event === 'diverged')
  );
}
