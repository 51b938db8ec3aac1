/** Does jobs: trains what is not trained, measures what is not measured, and keeps both. */

import fs from 'node:fs';
import path from 'node:path';
import { DivergedError } from '../../../common/errors.ts';
import type { Json } from '../../../common/json.ts';
import { summariseLog } from '../../overview/log-summary.node.ts';
import { isSound, readState } from '../../training/checkpoint/read-checkpoint.node.ts';
import type { TrainingConfigInput } from '../../training/config/config.ts';
import { InUseError, isInUse } from '../../training/run/run-lock.node.ts';
import type { Plan } from '../experiment.ts';
import type { ExperimentRunner, TrainedRun } from '../experiment-runner.node.ts';
import type { Job, Measure } from './job.ts';
import { JobIdentities, type JobIdentity, type MeasureIdentity } from './job-identity.node.ts';
import { type JobRecord, JobStore } from './job-store.node.ts';
import { distinctTrainers, type Trainer, trainerOf } from './trained-by.node.ts';

/** What several plans want of one job. */
export interface Wanted {
  readonly job: Job;
  readonly identity: JobIdentity;
  /** By their hashes. */
  readonly measures: Map<string, MeasureIdentity>;
  /** Whether other jobs start from it. */
  isStart: boolean;
}

export interface JobsOptions {
  readonly runner: ExperimentRunner;
  /** Where jobs are kept; by default `jobs` in the runner's folder. */
  readonly folder?: string;
  /** Tests put something quicker in the place of the runner's training. */
  readonly train?: ExperimentRunner['trainIn'];
  /** Remove the checkpoints of a job once all that any plan wants of it is measured and no job starts from it. */
  readonly removesCheckpoints?: boolean;
}

export class Jobs {
  readonly store: JobStore;
  readonly identities: JobIdentities;
  private readonly runner: ExperimentRunner;
  private readonly train: ExperimentRunner['trainIn'];
  private readonly removesCheckpoints: boolean;
  /** By hash. */
  private readonly wanted = new Map<string, Wanted>();
  /** Hashes of the jobs that this process has in hand. */
  private readonly locked = new Set<string>();

  constructor({ runner, folder, train, removesCheckpoints = false }: JobsOptions) {
    this.runner = runner;
    this.train = train ?? ((input, place) => runner.trainIn(input, place));
    this.removesCheckpoints = removesCheckpoints;
    this.store = new JobStore(folder ?? path.join(runner.out, 'jobs'), (text) => runner.reporter.warn(text));
    this.identities = new JobIdentities(runner);
  }

  /** Tells of jobs that this plan or another one has: equal ones become one, with the measures of all. */
  async expect(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) await this.want(job);
  }

  private async want(job: Job): Promise<Wanted> {
    const identity = await this.identities.of(job);
    const known = this.wanted.get(identity.hash) ?? { job, identity, measures: new Map(), isStart: false };
    this.wanted.set(identity.hash, known);
    for (const measure of job.measures) {
      const found = await this.identities.measure(job, measure);
      known.measures.set(found.hash, found);
    }
    if (job.start) (await this.want(job.start.job)).isStart = true;
    return known;
  }

  /** All that is wanted of a job by any plan that was told of. */
  private async measuresOf(job: Job): Promise<MeasureIdentity[]> {
    const { measures } = await this.want(job);
    return [...measures.values()];
  }

  /** @throws UserError where something is left to do of a plan that this machine cannot do */
  async checkPlan({ jobs, check }: Plan): Promise<void> {
    if (!check) return;
    for (const { job } of jobs) if (await this.isOpen(job)) return check(this.runner);
  }

  /** Jobs that were told of, and those that they start from, each once, starts first. */
  all(): readonly Wanted[] {
    const ordered = new Map<string, Wanted>();
    const add = (one: Wanted) => {
      const { start } = one.identity;
      if (start) add(this.wanted.get(start.hash)!);
      if (!ordered.has(one.identity.hash)) ordered.set(one.identity.hash, one);
    };
    for (const one of this.wanted.values()) add(one);
    return [...ordered.values()];
  }

  /** What is left to do for a job: its training, and measures. */
  async openOf(job: Job): Promise<{ training: boolean; measures: MeasureIdentity[] }> {
    const record = this.store.read(await this.identities.of(job));
    if (record?.trained?.diverged !== undefined) return { training: false, measures: [] };
    const measures = (await this.measuresOf(job)).filter(({ hash }) => record?.measures[hash] === undefined);
    return { training: record?.trained === undefined, measures };
  }

  /**
   * Does what is left of a job, and of those that it starts from.
   * @throws InterruptedError when it was stopped; InUseError while another process has one of them in hand
   */
  async do(job: Job): Promise<void> {
    this.runner.checkInterrupt();
    if (await this.isOpen(job)) await this.withLock(job, () => this.doOpen(job));
    await this.keepTrainer(job);
    await this.tidy(job);
  }

  private async isOpen(job: Job): Promise<boolean> {
    const { training, measures } = await this.openOf(job);
    return training || measures.length > 0;
  }

  private async doOpen(job: Job): Promise<void> {
    // Another process may have done it before it was locked here.
    if (!(await this.isOpen(job))) return;
    const identity = await this.identities.of(job);
    const { measures } = await this.openOf(job);
    let record: JobRecord;
    let run: TrainedRun;
    try {
      ({ record, run } = await this.trained(job));
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error;
      this.runner.reporter.warn(`${job.key}: ${sentenceOf(error)}`);
      // Also where it is a job that it starts from.
      this.keepDivergence(job, identity, error);
      return;
    }
    for (const { hash, measure, images, config } of measures) {
      this.runner.checkInterrupt();
      const start = performance.now();
      const { evaluation } = config;
      const value = (await measure.measure(this.runner, {
        ...run,
        config: { ...run.config, evaluation },
      })) as Json;
      const seconds = (performance.now() - start) / 1000;
      record = {
        ...record,
        measures: { ...record.measures, [hash]: { name: measure.name, images, seconds, value } },
      };
      this.store.write(identity, record);
    }
    this.runner.reporter.emit({ event: 'job', key: job.key, hash: identity.hash, state: 'done' });
  }

  /** Does something with a job that no other process may touch meanwhile. @throws InUseError while one has it in hand */
  private async withLock<T>(job: Job, body: () => Promise<T>): Promise<T> {
    const identity = await this.identities.of(job);
    if (this.locked.has(identity.hash)) return body();
    const lock = this.store.lock(identity);
    this.locked.add(identity.hash);
    try {
      return await body();
    } finally {
      this.locked.delete(identity.hash);
      lock.release();
    }
  }

  /** The same bits diverge again: nothing of the job is trained any more. */
  private keepDivergence(job: Job, identity: JobIdentity, error: DivergedError): void {
    const record = this.store.begin(identity, job.key);
    this.store.write(identity, {
      ...record,
      trained: { steps: 0, seconds: null, diverged: sentenceOf(error) },
      trainedBy: this.trainersOf(identity, record),
    });
  }

  /** The finished training of a job with its checkpoint, trained now where there is none. */
  private async trained(job: Job): Promise<{ record: JobRecord; run: TrainedRun }> {
    return (await this.finished(job)) ?? this.withLock(job, () => this.trainNow(job));
  }

  /** Undefined where the training, or its checkpoint, is not there. */
  private async finished(job: Job): Promise<{ record: JobRecord; run: TrainedRun } | undefined> {
    const identity = await this.identities.of(job);
    const record = this.store.read(identity);
    const checkpoint = record?.trained && this.store.findRun(identity)?.checkpoint;
    if (!record || checkpoint === undefined || !isSound(checkpoint)) return undefined;
    if (readState(checkpoint).step < identity.steps) return undefined;
    const place = { folder: this.store.folderOf(identity), key: job.key, resume: checkpoint };
    return { record, run: await this.train(job.config, place) };
  }

  private async trainNow(job: Job): Promise<{ record: JobRecord; run: TrainedRun }> {
    const identity = await this.identities.of(job);
    const start = job.start && (await this.trained(job.start.job)).run;
    // Of a process that locks the run alone, and before a record that cannot be used takes the training with it.
    const others = this.store.findRun(identity);
    if (others && isInUse(others.folder))
      throw new InUseError(`another process trains ${job.key} in ${others.folder}`);
    const record = this.store.begin(identity, job.key);
    const { diverged } = record.trained ?? {};
    if (diverged !== undefined) throw new DivergedError(diverged);
    const found = this.store.findRun(identity);
    const resume =
      found?.checkpoint !== undefined && isSound(found.checkpoint) ? found.checkpoint : undefined;
    const before = resume === undefined && !record.trained ? [] : this.trainersOf(identity, record);
    if (found && resume === undefined) {
      if (found.checkpoint !== undefined)
        this.runner.reporter.warn(`${found.checkpoint} is damaged; ${job.key} is trained again`);
      else if (record.trained)
        this.runner.say(
          `${job.key} is trained again: its checkpoint is gone, and something new is wanted of it`,
        );
      fs.rmSync(found.folder, { recursive: true, force: true });
    }
    const begun = { ...record, trainedBy: before };
    this.store.write(identity, begun);
    const input: TrainingConfigInput = {
      ...job.config,
      ...(start && { initialise: { from: start.checkpoint, head: job.start!.head } }),
    };
    const place = { folder: this.store.folderOf(identity), key: job.key, resume };
    const run = await this.train(input, place).catch((error) => {
      if (error instanceof DivergedError) this.keepDivergence(job, identity, error);
      throw error;
    });
    const trained: JobRecord = {
      ...begun,
      trained: record.trained ?? { steps: identity.steps, seconds: secondsOf(run) },
      trainedBy: this.trainersOf(identity, begun),
    };
    this.store.write(identity, trained);
    return { record: trained, run };
  }

  /** Those of a record, and who trained last in the run. */
  private trainersOf(identity: JobIdentity, { trainedBy = [] }: JobRecord): Trainer[] {
    const run = this.store.findRun(identity);
    return distinctTrainers([...trainedBy, run && trainerOf(run.folder)]);
  }

  /** A record of before this was kept gets it from the run, while that is there. */
  private async keepTrainer(job: Job): Promise<void> {
    const identity = await this.identities.of(job);
    const record = this.store.read(identity);
    const trainedBy = record?.trained && !record.trainedBy ? this.trainersOf(identity, record) : [];
    if (trainedBy.length === 0) return;
    const keep = async () => this.store.write(identity, { ...this.store.read(identity)!, trainedBy });
    await this.withLock(job, keep).catch((error) => {
      // There will be another time.
      if (!(error instanceof InUseError)) throw error;
    });
  }

  private async tidy(job: Job): Promise<void> {
    if (!this.removesCheckpoints) return;
    const { identity, isStart } = await this.want(job);
    if (!isStart) this.store.removeCheckpoints(identity);
  }

  /** What a measure of a job gave; undefined while it is not done. */
  async value<T extends object>(job: Job, measure: Measure<T>): Promise<T | undefined> {
    const { hash } = await this.identities.measure(job, measure);
    return this.store.read(await this.identities.of(job))?.measures[hash]?.value as T | undefined;
  }

  /** In which a job was trained and measured so far, without those that it starts from. */
  async secondsOf(job: Job): Promise<number> {
    const { trained, measures = {} } = this.store.read(await this.identities.of(job)) ?? {};
    return Object.values(measures).reduce((sum, { seconds }) => sum + seconds, trained?.seconds ?? 0);
  }

  /** Who trained a job, as far as it was kept. */
  async trainedBy(job: Job): Promise<readonly Trainer[]> {
    return this.store.read(await this.identities.of(job))?.trainedBy ?? [];
  }

  /** Why a job gave no numbers, where it diverged. */
  async divergence(job: Job): Promise<string | undefined> {
    return this.store.read(await this.identities.of(job))?.trained?.diverged;
  }
}

/** What is said of a training that diverged, without the place of its last good checkpoint and advice. */
function sentenceOf({ message }: DivergedError): string {
  return message.split('; ')[0]!;
}

/** Seconds in which a run trained, whatever it was interrupted by; null where its log does not say. */
function secondsOf({ folder }: TrainedRun): number | null {
  try {
    return summariseLog(folder).seconds;
  } catch {
    return null;
  }
}
