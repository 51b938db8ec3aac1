/** All that is known in an output folder, on one page. */

import path from 'node:path';
import { replaceFile } from '../../common/files.node.ts';
import { type Report, writeReport } from '../../common/report.node.ts';
import { packageVersion } from '../package.node.ts';
import { duration } from '../training/progress.ts';
import type { AnyExperiment } from './experiment.ts';
import type { ExperimentRunner } from './experiment-runner.node.ts';
import { experimentMarkdown } from './markdown.ts';
import { type ResultsRecord, readResults } from './results-files.node.ts';
import { settingsOf } from './run-experiments.node.ts';

/**
 * Writes `report.html` and `paper.md` with every experiment of the list that is finished in the output folder with the same
 * settings, in the order of the list. @returns the paths
 */
export function writePaper(experiments: readonly AnyExperiment[], runner: ExperimentRunner): string[] {
  const settings = settingsOf(runner);
  const known = experiments.flatMap((experiment) => {
    const record = readResults(path.join(runner.out, experiment.name), settings);
    return record ? [{ experiment, record }] : [];
  });
  const report = path.join(runner.out, 'report.html');
  const page = path.join(runner.out, 'paper.md');
  const title = 'NormFace: the figures and tables of the paper, reproduced';
  const facts = factsOf(
    runner,
    known.map(({ record }) => record),
  );
  const summaries = known.flatMap(({ experiment, record }) => summaryLine(experiment, record) ?? []);
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

/** What came out of an experiment in one line, with how much of it is done; undefined where it says nothing. */
export function summaryLine(
  { title }: Pick<AnyExperiment, 'title'>,
  { results, open }: Pick<ResultsRecord, 'results' | 'open'>,
): string | undefined {
  if (!results.summary) return undefined;
  const part = open ? ` (${open.done} of ${open.of} trainings so far)` : '';
  return `${title.split(':')[0]}${part}: ${results.summary}.`;
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
  const trainedBy = [...new Set(records.flatMap((record) => record.trainedBy ?? []))];
  return [
    ['Version', packageVersion],
    ['Preset', preset],
    ['Seeds', seedsText([seeds, comparisonSeeds, costlySeeds].map(({ length }) => length))],
    ['Data found', found.join(', ') || 'none'],
    ...(trainedBy.length > 0 ? [['Trained by', trainedBy.join('; ')] as const] : []),
    [
      'Time of the sections, a training that several need counted in each',
      duration(records.reduce((sum, { seconds }) => sum + seconds, 0)),
    ],
  ];
}
