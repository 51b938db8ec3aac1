/** Runs experiments one after the other, and puts all that is known in an output folder on one page. */

import path from 'node:path';
import { replaceFile } from '../../common/files.node.ts';
import type { JsonObject } from '../../common/json.ts';
import { type Report, writeReport } from '../../common/report.node.ts';
import { packageVersion } from '../package.node.ts';
import { duration } from '../training/progress.ts';
import type { Experiment } from './experiment.ts';
import { type ExperimentRunner, InterruptedError } from './experiment-runner.node.ts';
import { experimentMarkdown } from './markdown.ts';
import { forgetResults, type ResultsRecord, readResults, writeResults } from './results-files.node.ts';

export interface Outcome {
  readonly finished: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly files: readonly string[];
  }[];
  readonly failed: readonly { readonly name: string; readonly error: Error }[];
  readonly interrupted: boolean;
}

/**
 * Runs the experiments. One that fails does not keep the others from running; Ctrl-C does.
 * @param resume keep what was finished with the same settings
 */
export async function runExperiments(
  experiments: readonly Experiment[],
  runner: ExperimentRunner,
  { resume = false }: { resume?: boolean } = {},
): Promise<Outcome> {
  const finished: Outcome['finished'][number][] = [];
  const failed: Outcome['failed'][number][] = [];
  const settings = settingsOf(runner);
  for (const experiment of experiments) {
    const { name, title } = experiment;
    const folder = path.join(runner.out, name);
    runner.say(`\n${name}: ${title}`);
    const known = resume ? readResults(folder, settings) : undefined;
    if (known) {
      runner.say(`done before, in ${duration(known.seconds)}`);
      finished.push({ name, seconds: known.seconds, files: [] });
      continue;
    }
    try {
      runner.checkInterrupt();
      forgetResults(folder);
      const start = performance.now();
      const results = await experiment.run(runner);
      const seconds = (performance.now() - start) / 1000;
      const files = await writeResults(folder, experiment, { settings, seconds, results });
      for (const paragraph of results.text) runner.say(paragraph);
      runner.say(`written ${folder}  (${duration(seconds)})`);
      runner.reporter.emit({ event: 'experiment', name, seconds, files });
      finished.push({ name, seconds, files });
    } catch (error) {
      if (error instanceof InterruptedError) {
        runner.reporter.warn(error.message);
        return { finished, failed, interrupted: true };
      }
      failed.push({ name, error: error as Error });
      runner.reporter.warn(`${name} failed: ${(error as Error).message}`);
    }
  }
  return { finished, failed, interrupted: false };
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

/**
 * Writes `report.html` and `paper.md` with every experiment of the list that is finished in the output folder with the same
 * settings, in the order of the list. @returns the paths
 */
export function writePaper(experiments: readonly Experiment[], runner: ExperimentRunner): string[] {
  const settings = settingsOf(runner);
  const known = experiments.flatMap((experiment) => {
    const record = readResults(path.join(runner.out, experiment.name), settings);
    return record ? [{ experiment, record }] : [];
  });
  const report = path.join(runner.out, 'report.html');
  const page = path.join(runner.out, 'paper.md');
  const title = 'NormFace: the figures and tables of the paper, computed anew';
  const facts = factsOf(
    runner,
    known.map(({ record }) => record),
  );
  const summaries = known.flatMap(({ experiment, record: { results } }) =>
    results.summary ? [`${experiment.title.split(':')[0]}: ${results.summary}.`] : [],
  );
  const intro =
    summaries.length > 0
      ? ['What came out, each line computed from the numbers of its section:', ...summaries]
      : [];
  writeReport(report, {
    title,
    intro,
    facts,
    sections: known.map(({ experiment, record: { results } }) => ({
      title: experiment.title,
      text: [`In the paper: ${experiment.paper}`, ...results.text],
      tables: results.tables.flatMap(({ display }) => (display ? [display] : [])),
      figures: results.figures,
    })),
  });
  replaceFile(
    page,
    [
      `# ${title}\n`,
      `${facts.map(([name, value]) => `- ${name}: ${value}`).join('\n')}\n`,
      ...(intro.length > 0 ? [`${intro.join('\n\n')}\n`] : []),
      ...known.map(({ experiment, record }) =>
        experimentMarkdown(experiment, record.results, { level: 2, folder: `${experiment.name}/` }),
      ),
    ].join('\n'),
  );
  return [report, page];
}

function seedsText([single, compared, costly]: readonly number[]): string {
  if (single === compared && single === costly) return `${single} where something is trained`;
  return `${single}, of comparisons ${compared}${compared === costly ? '' : ` or ${costly}`}, as each section says`;
}

function factsOf(
  { preset, seeds, comparisonSeeds, costlySeeds, data }: ExperimentRunner,
  records: readonly ResultsRecord[],
): Required<Report>['facts'] {
  const found = Object.keys(data).filter((name) => name !== 'folder' && data[name as keyof typeof data]);
  return [
    ['Version', packageVersion],
    ['Preset', preset],
    ['Seeds', seedsText([seeds, comparisonSeeds, costlySeeds].map(({ length }) => length))],
    ['Data found', found.join(', ') || 'none'],
    ['Time', duration(records.reduce((sum, { seconds }) => sum + seconds, 0))],
  ];
}
