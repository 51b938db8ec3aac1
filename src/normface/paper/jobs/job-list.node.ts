/** Which jobs there are, what of them is done, and how long the rest will take. */

import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../../common/errors.ts';
import { readJson } from '../../../common/json-file.node.ts';
import { netOf } from '../../nets/index.ts';
import { summariseLog } from '../../overview/log-summary.node.ts';
import { isSound, readState } from '../../training/checkpoint/read-checkpoint.node.ts';
import type { TrainingConfig } from '../../training/config/config.ts';
import { writeJson } from '../../training/run/run-folder.node.ts';
import type { AnyExperiment } from '../experiment.ts';
import { isPlanned } from '../experiment.ts';
import type { ExperimentRunner } from '../experiment-runner.node.ts';
import type { Job } from './job.ts';
import type { JobIdentity } from './job-identity.node.ts';
import type { Jobs, Wanted } from './jobs.node.ts';
import { forwardShare, perStep, type TimedWork } from './time-left.ts';

export type JobState = 'done' | 'to be measured' | 'begun' | 'open' | 'diverged';

export interface JobLine {
  readonly key: string;
  readonly hash: string;
  /** Names of the experiments that want it. */
  readonly experiments: readonly string[];
  readonly state: JobState;
  /** Steps that need not be done again, of so many. */
  readonly step: number;
  readonly steps: number;
  /** In which it was trained and measured so far. */
  readonly seconds: number;
  /** Expected for what is left of it. */
  readonly secondsLeft: number;
}

export interface JobList {
  readonly jobs: readonly JobLine[];
  /** Experiments whose data are missing, with the reason. */
  readonly unplanned: readonly { readonly name: string; readonly reason: string }[];
  /** Kinds of work whose time is of a probe, since none of it was done yet. */
  readonly probed: readonly string[];
}

/** Measures the seconds of a step of a configuration, by some steps. */
export type Probe = (config: TrainingConfig) => Promise<number>;

/** @param probe for kinds of work that were never measured; what it says is kept beside the jobs */
export async function listJobs(
  experiments: readonly AnyExperiment[],
  runner: ExperimentRunner,
  jobs: Jobs,
  probe: Probe,
): Promise<JobList> {
  const wantedBy = new Map<string, Set<string>>();
  const unplanned: { name: string; reason: string }[] = [];
  for (const experiment of experiments) {
    if (!isPlanned(experiment)) continue;
    try {
      const plan = await experiment.plan(runner);
      const planned = plan.jobs.map(({ job }) => job);
      await jobs.checkPlan(plan);
      await jobs.expect(planned);
      for (const job of planned) await addName(job, experiment.name);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unplanned.push({ name: experiment.name, reason: error.message });
    }
  }
  async function addName(job: Job, name: string): Promise<void> {
    const { hash } = await jobs.identities.of(job);
    wantedBy.set(hash, (wantedBy.get(hash) ?? new Set()).add(name));
    if (job.start) await addName(job.start.job, name);
  }
  const entries = await Promise.all(
    jobs
      .all()
      .filter(({ identity }) => wantedBy.has(identity.hash))
      .map((wanted) => entryOf(wanted, jobs)),
  );
  const times = new StepTimes(
    entries.flatMap(({ work }) => (work ? [work] : [])),
    path.join(jobs.store.folder, 'probe.json'),
    probe,
  );
  const lines: JobLine[] = [];
  for (const { wanted, imagesLeft, work: _work, ...entry } of entries) {
    const stepsLeft = entry.state === 'diverged' ? 0 : entry.steps - entry.step;
    const secondsLeft =
      stepsLeft + imagesLeft === 0
        ? 0
        : (await times.ofStep(wanted.identity)) *
          (stepsLeft + (forwardShare * imagesLeft) / wanted.identity.config.batchSize);
    const names = [...wantedBy.get(wanted.identity.hash)!];
    lines.push({ ...entry, hash: wanted.identity.hash, experiments: names, secondsLeft });
  }
  return { jobs: lines, unplanned, probed: times.probed };
}

async function entryOf(wanted: Wanted, jobs: Jobs) {
  const { job, identity } = wanted;
  const { steps } = identity;
  const record = jobs.store.read(identity);
  const run = record && jobs.store.findRun(identity);
  const open = await jobs.openOf(job);
  const kind = kindOf(identity);
  const seconds = await jobs.secondsOf(job);
  const imagesLeft = open.measures.reduce((sum, { images }) => sum + images, 0);
  const common = { wanted, key: job.key, steps, imagesLeft };
  if (record?.trained) {
    const { diverged, seconds: trained } = record.trained;
    const state: JobState =
      diverged !== undefined ? 'diverged' : open.measures.length > 0 ? 'to be measured' : 'done';
    const work: TimedWork | undefined =
      trained === null ? undefined : { kind, steps: record.trained.steps, seconds: trained };
    // Without its weights it is trained once more for a measure that is new.
    const isGone = state === 'to be measured' && run?.checkpoint === undefined;
    return { ...common, state, step: isGone ? 0 : steps, seconds, work };
  }
  const begun = run && logOf(run.folder);
  if (!begun) return { ...common, state: 'open' as const, step: 0, seconds, work: undefined };
  const step = run.checkpoint !== undefined && isSound(run.checkpoint) ? readState(run.checkpoint).step : 0;
  const spent = begun.seconds ?? 0;
  const work = { kind, steps: begun.step, seconds: spent };
  return { ...common, state: 'begun' as const, step, seconds: seconds + spent, work };
}

/** Steps that a log tells of, and the time in which they were done; nothing where there is no log yet. */
function logOf(folder: string): { step: number; seconds: number | null } | undefined {
  try {
    return summariseLog(folder);
  } catch {
    return undefined;
  }
}

function kindOf({ config }: JobIdentity): string {
  const [height, width] = config.data.cropSize ?? config.data.imageSize;
  const precision = config.precision === 'f16' ? ', f16' : '';
  return `${netOf(config.net).name} ${height}×${width}, batches of ${config.batchSize}${precision}`;
}

const probes = z.record(z.string(), z.number().positive());

class StepTimes {
  readonly probed: string[] = [];
  private readonly measured: Map<string, number>;
  private readonly file: string;
  private readonly probe: Probe;

  constructor(done: readonly TimedWork[], file: string, probe: Probe) {
    this.measured = perStep(done);
    this.file = file;
    this.probe = probe;
  }

  async ofStep(identity: JobIdentity): Promise<number> {
    const kind = kindOf(identity);
    const known = this.measured.get(kind) ?? (await this.ofProbe(kind, identity));
    this.measured.set(kind, known);
    return known;
  }

  private async ofProbe(kind: string, { config }: JobIdentity): Promise<number> {
    this.probed.push(kind);
    const kept = this.kept();
    const seconds = kept[kind] ?? (await this.probe(config));
    if (kept[kind] === undefined) writeJson(this.file, { ...kept, [kind]: seconds });
    return seconds;
  }

  /** What earlier probes gave; a damaged file is as none. */
  private kept(): Record<string, number> {
    if (!fs.existsSync(this.file)) return {};
    try {
      return probes.parse(readJson(this.file, 2 ** 20));
    } catch {
      return {};
    }
  }
}
