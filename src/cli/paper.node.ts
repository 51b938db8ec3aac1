/** `normface paper`: reproduces figures and tables of the paper. */

import { UsageError } from '../common/errors.ts';
import { formatTable } from '../common/table.ts';
import { findDataSources } from '../normface/paper/data-sources.node.ts';
import { ExperimentRunner, type Preset } from '../normface/paper/experiment-runner.node.ts';
import { experiments, findExperiments } from '../normface/paper/index.node.ts';
import { runExperiments, writePaper } from '../normface/paper/run-experiments.node.ts';
import { INTERRUPTED } from '../normface/training/run/interrupt.node.ts';
import type { Context } from './context.node.ts';

interface PaperOptions {
  readonly all?: boolean;
  readonly list?: boolean;
  readonly preset: Preset;
  readonly seeds?: number;
  readonly data?: string;
  readonly out: string;
  readonly resume?: boolean;
}

export async function paper(context: Context, names: readonly string[], options: PaperOptions) {
  if (options.list) return list(context);
  if (options.all && names.length > 0) throw new UsageError('give names or --all, not both');
  if (!options.all && names.length === 0)
    throw new UsageError('name an experiment or give --all; `normface paper --list` shows what there is');
  const chosen = options.all ? experiments : findExperiments(names);
  const { preset, seeds, out, resume } = options;
  const data = findDataSources(options.data);
  const interrupt = context.interrupt();
  const runner = new ExperimentRunner({
    preset,
    seeds,
    data,
    out,
    reporter: context,
    openDevice: () => context.openDevice(),
    reopenDevice: context.reopenDevice,
    shouldStop: interrupt.shouldStop,
  });
  try {
    const { finished, failed, interrupted } = await runExperiments(chosen, runner, { resume });
    const pages = writePaper(experiments, runner);
    if (process.env.DEBUG) for (const { error } of failed) context.warn(String(error.stack));
    const names = failed.length > 0 ? `, failed: ${failed.map(({ name }) => name).join(', ')}` : '';
    context.say(`\n${finished.length} of ${chosen.length} done${names}; ${pages.join(' and ')}`);
    context.exitCode = interrupted ? INTERRUPTED : failed.length > 0 ? 1 : 0;
    return {
      event: 'result',
      pages,
      finished,
      failed: failed.map(({ name, error }) => ({ name, error: error.message })),
      interrupted,
    };
  } finally {
    interrupt.dispose();
    await runner.close();
  }
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
