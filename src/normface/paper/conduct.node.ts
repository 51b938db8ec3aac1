/** Runs experiments one after the other, and puts all that is known in an output folder on one page. */

import path from 'node:path';
import { replaceFile } from '../../common/files.node.ts';
import type { JsonObject } from '../../common/json.ts';
import { type Report, writeReport } from '../../common/report.node.ts';
import { packageVersion } from '../package.node.ts';
import { duration } from '../training/progress.ts';
import type { Experiment } from './experiment.ts';
import { type FindingsRecord, forgetFindings, readFindings, writeFindings } from './findings-files.node.ts';
import { InterruptedError, type Laboratory } from './laboratory.node.ts';
import { experimentMarkdown } from './markdown.ts';

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
export async function conduct(
  experiments: readonly Experiment[],
  laboratory: Laboratory,
  { resume = false }: { resume?: boolean } = {},
): Promise<Outcome> {
  const finished: Outcome['finished'][number][] = [];
  const failed: Outcome['failed'][number][] = [];
  const settings = settingsOf(laboratory);
  for (const experiment of experiments) {
    const { name, title } = experiment;
    const folder = path.join(laboratory.out, name);
    laboratory.say(`\n${name}: ${title}`);
    const known = resume ? readFindings(folder, settings) : undefined;
    if (known) {
      laboratory.say(`done before, in ${duration(known.seconds)}`);
      finished.push({ name, seconds: known.seconds, files: [] });
      continue;
    }
    try {
      laboratory.checkInterrupt();
      forgetFindings(folder);
      const start = performance.now();
      const findings = await experiment.run(laboratory);
      const seconds = (performance.now() - start) / 1000;
      const files = await writeFindings(folder, experiment, { settings, seconds, findings });
      for (const paragraph of findings.text) laboratory.say(paragraph);
      laboratory.say(`written ${folder}  (${duration(seconds)})`);
      laboratory.reporter.emit({ event: 'experiment', name, seconds, files });
      finished.push({ name, seconds, files });
    } catch (error) {
      if (error instanceof InterruptedError) {
        laboratory.reporter.warn(error.message);
        return { finished, failed, interrupted: true };
      }
      failed.push({ name, error: error as Error });
      laboratory.reporter.warn(`${name} failed: ${(error as Error).message}`);
    }
  }
  return { finished, failed, interrupted: false };
}

/** What decides an experiment's numbers, besides the program itself. */
export function settingsOf(laboratory: Laboratory): JsonObject {
  const { preset, seeds, comparisonSeeds, costlySeeds, data } = laboratory;
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
export function writePaper(experiments: readonly Experiment[], laboratory: Laboratory): string[] {
  const settings = settingsOf(laboratory);
  const known = experiments.flatMap((experiment) => {
    const record = readFindings(path.join(laboratory.out, experiment.name), settings);
    return record ? [{ experiment, record }] : [];
  });
  const report = path.join(laboratory.out, 'report.html');
  const page = path.join(laboratory.out, 'paper.md');
  const title = 'NormFace: the figures and tables of the paper, computed anew';
  const facts = factsOf(
    laboratory,
    known.map(({ record }) => record),
  );
  const summaries = known.flatMap(({ experiment, record: { findings } }) =>
    findings.summary ? [`${experiment.title.split(':')[0]}: ${findings.summary}.`] : [],
  );
  const intro =
    summaries.length > 0
      ? ['What came out, each line computed from the numbers of its section:', ...summaries]
      : [];
  writeReport(report, {
    title,
    intro,
    facts,
    sections: known.map(({ experiment, record: { findings } }) => ({
      title: experiment.title,
      text: [`In the paper: ${experiment.paper}`, ...findings.text],
      tables: findings.tables.flatMap(({ display }) => (display ? [display] : [])),
      figures: findings.figures,
    })),
  });
  replaceFile(
    page,
    [
      `# ${title}\n`,
      `${facts.map(([name, value]) => `- ${name}: ${value}`).join('\n')}\n`,
      ...(intro.length > 0 ? [`${intro.join('\n\n')}\n`] : []),
      ...known.map(({ experiment, record }) =>
        experimentMarkdown(experiment, record.findings, { level: 2, folder: `${experiment.name}/` }),
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
  { preset, seeds, comparisonSeeds, costlySeeds, data }: Laboratory,
  records: readonly FindingsRecord[],
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
