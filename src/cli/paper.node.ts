/** `normface paper`: reproduces figures and tables of the paper. */

import { UsageError } from '../common/errors.ts';
import { formatTable } from '../common/table.ts';
import { findDataSources } from '../normface/paper/data-sources.node.ts';
import type { AnyExperiment } from '../normface/paper/experiment.ts';
import { ExperimentRunner, type Preset } from '../normface/paper/experiment-runner.node.ts';
import { experiments, findExperiments } from '../normface/paper/index.node.ts';
import { listJobs } from '../normface/paper/jobs/job-list.node.ts';
import { jobRows, jobsSummary } from '../normface/paper/jobs/job-table.ts';
import { Jobs } from '../normface/paper/jobs/jobs.node.ts';
import { runExperiments } from '../normface/paper/run-experiments.node.ts';
import { writePaper } from '../normface/paper/write-paper.node.ts';
import { forecast, trialImages } from '../normface/training/run/forecast.node.ts';
import { INTERRUPTED } from '../normface/training/run/interrupt.node.ts';
import type { Context } from './context.node.ts';

interface PaperOptions {
  readonly all?: boolean;
  readonly only?: readonly string[];
  readonly list?: boolean;
  readonly preset: Preset;
  readonly seeds?: number;
  readonly jobs?: boolean;
  readonly minutes?: number;
  readonly report?: boolean;
  readonly data?: string;
  readonly out?: string;
  readonly jobsFolder?: string;
  readonly resume?: boolean;
}

export async function paper(context: Context, names: readonly string[], options: PaperOptions) {
  if (options.list) return list(context);
  const chosen = choose(names, options);
  const { preset, seeds, resume, minutes } = options;
  const out = options.out ?? (preset === 'medium' ? 'runs/paper-medium' : 'runs/paper');
  const data = findDataSources(options.data);
  const interrupt = context.interrupt();
  const end = performance.now() + 60_000 * (minutes ?? Number.POSITIVE_INFINITY);
  const runner = new ExperimentRunner({
    preset,
    seeds,
    data,
    out,
    reporter: context,
    openDevice: () => context.openDevice(),
    reopenDevice: context.reopenDevice,
    shouldStop: () => interrupt.shouldStop() || performance.now() >= end,
  });
  const jobs = new Jobs({
    runner,
    folder: options.jobsFolder,
    removesCheckpoints: runner.pick({ quick: false, medium: true, full: false }),
  });
  try {
    if (options.jobs) return await showJobs(context, chosen, runner, jobs);
    const { finished, failed, interrupted, held } = await runExperiments(chosen, runner, {
      // What is done in pieces repeats nothing.
      resume: resume === true || minutes !== undefined,
      jobs,
      // Checkpoints go once a job is measured, so all that is ever wanted of it is measured then.
      others: preset === 'medium' ? experiments : [],
      reportOnly: options.report,
    });
    const pages = writePaper(experiments, runner);
    if (process.env.DEBUG) for (const { error } of failed) context.warn(String(error.stack));
    const names = failed.length > 0 ? `, failed: ${failed.map(({ name }) => name).join(', ')}` : '';
    context.say(`\n${finished.length} of ${chosen.length} done${names}; ${pages.join(' and ')}`);
    const isTimeUp = interrupted && !interrupt.shouldStop();
    if (isTimeUp)
      context.say(
        `The ${minutes} minutes are over, and all that was done is kept: the same command goes on; with --jobs it says what is left.`,
      );
    if (held.length > 0)
      context.say(
        `All that is left is in the hands of other processes (${held.join(', ')}): once they are done, the same command goes on.`,
      );
    context.exitCode =
      (interrupted && !isTimeUp) || held.length > 0 ? INTERRUPTED : failed.length > 0 ? 1 : 0;
    return {
      event: 'result',
      pages,
      finished,
      failed: failed.map(({ name, error }) => ({ name, error: error.message })),
      interrupted,
      held,
    };
  } finally {
    interrupt.dispose();
    await runner.close();
  }
}

function choose(names: readonly string[], { all, only = [] }: PaperOptions): readonly AnyExperiment[] {
  const named = [...names, ...only];
  if (all && named.length > 0) throw new UsageError('give names or --all, not both');
  if (!all && named.length === 0)
    throw new UsageError('name an experiment or give --all; `normface paper --list` shows what there is');
  return all ? experiments : findExperiments(named);
}

function list(context: Context) {
  context.say(
    formatTable({
      columns: [{ header: 'name' }, { header: 'what it shows' }],
      rows: experiments.map(({ name, title }) => [name, title]),
    }),
  );
  return experiments.map(({ name, title, paper }) => ({ name, title, paper }));
}

/** Prints what is done of the jobs of some experiments; kinds of work that were never done are tried for some steps. */
async function showJobs(
  context: Context,
  chosen: readonly AnyExperiment[],
  runner: ExperimentRunner,
  jobs: Jobs,
) {
  const found = await listJobs(chosen, runner, jobs, async (config) => {
    const stage = context.stage('timing some steps');
    try {
      const data = await runner.openTrainingData(config);
      const device = await context.openDevice();
      const images = trialImages(config, data, () => {});
      return (await forecast(device, config, data.dataset.identities.length, images)).secondsPerStep;
    } finally {
      stage.end();
    }
  });
  if (found.jobs.length > 0) context.say(formatTable(jobRows(found.jobs)));
  for (const { name, reason } of found.unplanned) context.say(`${name} cannot be planned: ${reason}`);
  for (const sentence of jobsSummary(found)) context.say(sentence);
  for (const job of found.jobs) context.emit({ event: 'job', ...job });
  return { event: 'result', unplanned: found.unplanned, probed: found.probed };
}
