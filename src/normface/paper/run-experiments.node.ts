/** Runs experiments one after the other. */

import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import type { JsonObject } from '../../common/json.ts';
import { packageVersion } from '../package.node.ts';
import { duration } from '../training/progress.ts';
import { InUseError } from '../training/run/run-lock.node.ts';
import {
  type AnyExperiment,
  type Experiment,
  isPlanned,
  type Plan,
  type PlannedExperiment,
} from './experiment.ts';
import { type ExperimentRunner, InterruptedError } from './experiment-runner.node.ts';
import { Jobs } from './jobs/jobs.node.ts';
import { progressOf, progressText } from './jobs/progress-text.node.ts';
import { forgetResults, type ResultsRecord, readResults, writeResults } from './results-files.node.ts';

export interface Outcome {
  readonly finished: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly files: readonly string[];
  }[];
  readonly failed: readonly { readonly name: string; readonly error: Error }[];
  readonly interrupted: boolean;
  /** Keys of jobs that are left because other processes have them in hand, where nothing else is left. */
  readonly held: readonly string[];
}

export interface RunExperimentsOptions {
  /** Keep figures that were finished with the same settings; finished trainings are kept in any case. */
  readonly resume?: boolean;
  /** What experiments made of jobs are done with; by default jobs in the runner's folder. */
  readonly jobs?: Jobs;
  /** Experiments whose jobs may be those of the ones that run: what they want measured is measured at the same time. */
  readonly others?: readonly AnyExperiment[];
  /** Write what is known, and train nothing. */
  readonly reportOnly?: boolean;
}

/**
 * Runs the experiments. One that fails does not keep the others from running; Ctrl-C, or the end of the time that there is, does: then
 * everything that is known so far is written. Jobs that other processes have in hand are passed over, and come to again in the end.
 */
export async function runExperiments(
  experiments: readonly AnyExperiment[],
  runner: ExperimentRunner,
  {
    resume = false,
    jobs = new Jobs({ runner }),
    others = [],
    reportOnly = false,
  }: RunExperimentsOptions = {},
): Promise<Outcome> {
  const finished: Outcome['finished'][number][] = [];
  const failed: Outcome['failed'][number][] = [];
  let interrupted = false;
  await expectAll([...experiments, ...others], runner, jobs);
  let left = experiments;
  let held = new Set<string>();
  let before = Number.POSITIVE_INFINITY;
  while (left.length > 0) {
    const unfinished: AnyExperiment[] = [];
    held = new Set();
    for (const experiment of left) {
      const { name, title } = experiment;
      try {
        if (!interrupted && !reportOnly) runner.say(`\n${name}: ${title}`);
        const own: string[] = [];
        const record = isPlanned(experiment)
          ? await runPlanned(experiment, runner, jobs, interrupted || reportOnly, own)
          : interrupted || reportOnly
            ? undefined
            : await runDirectly(experiment, runner, resume);
        if (record) finished.push({ name, ...record });
        else if (own.length > 0) {
          unfinished.push(experiment);
          for (const key of own) held.add(key);
        }
      } catch (error) {
        if (error instanceof InterruptedError) {
          interrupted = true;
          runner.reporter.warn(error.message);
          // What is known of it so far is worth a report, too.
          const record = isPlanned(experiment) && (await runPlanned(experiment, runner, jobs, true));
          if (record) finished.push({ name, ...record });
          continue;
        }
        failed.push({ name, error: error as Error });
        runner.reporter.warn(`${name} failed: ${(error as Error).message}`);
      }
    }
    // Nothing was done here, and nothing there meanwhile: the rest is the others'.
    if (interrupted || held.size >= before) break;
    before = held.size;
    left = unfinished;
  }
  return { finished, failed, interrupted, held: interrupted ? [] : [...held] };
}

/** Tells of all jobs before the first is done. One whose data are missing is told of when it runs. */
async function expectAll(
  experiments: readonly AnyExperiment[],
  runner: ExperimentRunner,
  jobs: Jobs,
): Promise<void> {
  for (const experiment of new Set(experiments)) {
    if (!isPlanned(experiment)) continue;
    try {
      await jobs.expect((await experiment.plan(runner)).jobs.map(({ job }) => job));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
}

/**
 * @param held is given the keys of jobs that other processes have in hand
 * @returns undefined where not all of it is done, which is not counted as finished, but written
 */
async function runPlanned(
  experiment: PlannedExperiment,
  runner: ExperimentRunner,
  jobs: Jobs,
  reportOnly: boolean,
  held: string[] = [],
): Promise<Omit<Outcome['finished'][number], 'name'> | undefined> {
  const plan = await experiment.plan(runner);
  if (!reportOnly) {
    runner.checkInterrupt();
    await jobs.checkPlan(plan);
    for (const { job } of plan.jobs)
      await jobs.do(job).catch((error) => {
        if (!(error instanceof InUseError)) throw error;
        runner.say(`${job.key} is passed over: ${error.message}`);
        held.push(job.key);
      });
  }
  const record = await plannedResults(plan, runner, jobs);
  if (!record) {
    const { diverged } = await progressOf(plan, jobs);
    // Nothing is left to do that would change it.
    if (!reportOnly && held.length === 0 && diverged.length > 0)
      throw new UserError(`there is nothing to compare, since trainings diverged: ${diverged.join('; ')}`);
    return undefined;
  }
  const files = await write(experiment, runner, record);
  return record.open ? undefined : { seconds: record.seconds, files };
}

/** What is known of a plan, with what is missing said first; undefined where that is nothing. */
export async function plannedResults(
  plan: Plan,
  runner: ExperimentRunner,
  jobs: Jobs,
): Promise<ResultsRecord | undefined> {
  const results = await plan.results(jobs);
  if (!results) return undefined;
  const progress = await progressOf(plan, jobs);
  const open = progress.lacking.length > 0 ? { done: progress.done, of: progress.of } : undefined;
  return {
    settings: settingsOf(runner),
    seconds: progress.seconds,
    trainedBy: progress.trainedBy,
    results: { ...results, text: [...progressText(progress), ...results.text] },
    ...(open && { open }),
  };
}

async function runDirectly(
  experiment: Experiment,
  runner: ExperimentRunner,
  resume: boolean,
): Promise<Omit<Outcome['finished'][number], 'name'>> {
  const folder = path.join(runner.out, experiment.name);
  const settings = settingsOf(runner);
  const known = resume ? readResults(folder, settings) : undefined;
  if (known) {
    runner.say(`done before, in ${duration(known.seconds)}`);
    return { seconds: known.seconds, files: [] };
  }
  runner.checkInterrupt();
  forgetResults(folder);
  const start = performance.now();
  const results = await experiment.run(runner);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, files: await write(experiment, runner, { settings, seconds, results }) };
}

async function write(
  experiment: AnyExperiment,
  runner: ExperimentRunner,
  record: ResultsRecord,
): Promise<string[]> {
  const { name } = experiment;
  const { results, seconds } = record;
  const folder = path.join(runner.out, name);
  const files = await writeResults(folder, experiment, record);
  for (const paragraph of results.text) runner.say(paragraph);
  runner.say(`written ${folder}  (${duration(seconds)})`);
  runner.reporter.emit({ event: 'experiment', name, seconds, files });
  return files;
}

/** What decides an experiment's numbers, besides the program itself. */
export function settingsOf(runner: ExperimentRunner): JsonObject {
  const { preset, seeds, comparisonSeeds, costlySeeds, data } = runner;
  return {
    version: packageVersion,
    preset,
    seeds: [...seeds],
    comparisonSeeds: [...comparisonSeeds],
    costlySeeds: [...costlySeeds],
    data: { ...data },
  };
}
