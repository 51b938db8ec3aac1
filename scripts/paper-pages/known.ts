/** What the records of jobs tell of each experiment. */

import { UserError } from '../../src/common/errors.ts';
import type { DataSources } from '../../src/normface/paper/data-sources.node.ts';
import {
  type AnyExperiment,
  isPlanned,
  type Plan,
  type PlannedExperiment,
} from '../../src/normface/paper/experiment.ts';
import { ExperimentRunner } from '../../src/normface/paper/experiment-runner.node.ts';
import { Jobs } from '../../src/normface/paper/jobs/jobs.node.ts';
import { progressOf } from '../../src/normface/paper/jobs/progress-text.node.ts';
import { trainerText } from '../../src/normface/paper/jobs/trained-by.node.ts';
import type { ResultsRecord } from '../../src/normface/paper/results-files.node.ts';
import { plannedResults } from '../../src/normface/paper/run-experiments.node.ts';

export interface Section {
  readonly experiment: PlannedExperiment;
  readonly plan: Plan;
  /** Undefined while too little is known for any sentence. */
  readonly record: Pick<ResultsRecord, 'results' | 'open'> | undefined;
  /** Trainings that are done and measured. */
  readonly done: number;
  readonly of: number;
}

export interface Known {
  readonly sections: readonly Section[];
  /** Each training once, however many experiments want it. */
  readonly done: number;
  readonly of: number;
  /** In which the jobs ran. */
  readonly seconds: number;
  readonly trainedBy: readonly string[];
  /** Finished jobs of before it was kept who trains them. */
  readonly withoutTrainer: number;
  readonly seeds: number;
}

/** Trains nothing and opens no GPU. @throws UserError where data are missing, or a record cannot be used */
export async function openRecords(
  folder: string,
  data: DataSources,
): Promise<{ runner: ExperimentRunner; jobs: Jobs }> {
  const missing = (['lfw', 'pairs', 'blufr'] as const).filter((name) => data[name] === undefined);
  if (missing.length > 0)
    throw new UserError(`the records are of LFW and BLUFR; ${data.folder} lacks ${missing.join(', ')}`);
  const fail = (text: string): never => {
    throw new UserError(text);
  };
  const runner = new ExperimentRunner({
    preset: 'medium',
    data,
    // Nothing is written there.
    out: folder,
    reporter: {
      say: () => {},
      // A page must not be silent about a record that cannot be used.
      warn: fail,
      emit: () => {},
      progressSink: { live: false, columns: 0, show: () => {}, keep: () => {}, clear: () => {} },
    },
    openDevice: async () => fail('pages are written without a GPU'),
  });
  return { runner, jobs: new Jobs({ runner, folder }) };
}

export async function knownOf(
  experiments: readonly AnyExperiment[],
  runner: ExperimentRunner,
  jobs: Jobs,
): Promise<Known> {
  const plans: { experiment: PlannedExperiment; plan: Plan }[] = [];
  for (const experiment of experiments)
    if (isPlanned(experiment)) plans.push({ experiment, plan: await experiment.plan(runner) });
  for (const { plan } of plans) await jobs.expect(plan.jobs.map(({ job }) => job));
  const sections: Section[] = [];
  for (const { experiment, plan } of plans) {
    const { done, of } = await progressOf(plan, jobs);
    sections.push({ experiment, plan, record: await plannedResults(plan, runner, jobs), done, of });
  }
  const all = jobs.all();
  const trainers = new Set<string>();
  let [done, seconds, withoutTrainer] = [0, 0, 0];
  for (const { job } of all) {
    const open = await jobs.openOf(job);
    const own = await jobs.trainedBy(job);
    const diverged = (await jobs.divergence(job)) !== undefined;
    if (!diverged && !open.training && open.measures.length === 0) done++;
    if (!diverged && !open.training && own.length === 0) withoutTrainer++;
    for (const one of own) trainers.add(trainerText(one));
    seconds += await jobs.secondsOf(job);
  }
  const trainedBy = [...trainers];
  return { sections, done, of: all.length, seconds, trainedBy, withoutTrainer, seeds: runner.seeds.length };
}
