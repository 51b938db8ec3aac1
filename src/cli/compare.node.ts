/** `normface compare`: runs side by side, in the terminal and as a page. */

import fs from 'node:fs';
import path from 'node:path';
import { UsageError } from '../common/errors.ts';
import { type Report, writeReport } from '../common/report.node.ts';
import { formatTable } from '../common/table.ts';
import { type ComparedRun, readCompared } from '../normface/overview/compared-run.node.ts';
import { comparisonCurves } from '../normface/overview/comparison-curves.node.ts';
import { comparisonTable } from '../normface/overview/comparison-table.ts';
import { readEvaluations } from '../normface/overview/evaluations.node.ts';
import { findRuns } from '../normface/overview/find-runs.node.ts';
import { pairedDifferences, pairedText } from '../normface/overview/paired-difference.ts';
import { stepsText } from '../normface/overview/runs-table.ts';
import { samePairs } from '../normface/overview/same-pairs.node.ts';
import { settingsTable } from '../normface/overview/setting-differences.ts';
import type { Context } from './context.node.ts';
import { checkNewFile } from './output-file.node.ts';
import { stored } from './results.node.ts';

interface CompareOptions {
  readonly html?: string;
  readonly evaluations?: readonly string[];
  readonly force?: boolean;
}

/** There are so many colours that can be told apart. */
const mostRuns = 10;

export async function compare(context: Context, folders: string[], options: CompareOptions) {
  const { html, evaluations, force } = options;
  if (folders.length < 2) throw new UsageError('name at least two runs to compare');
  if (folders.length > mostRuns) throw new UsageError(`at most ${mostRuns} runs can be compared at once`);
  checkDistinct(folders);
  if (html !== undefined) checkNewFile(html, force, [], '--html');
  const places = [...folders.map((folder) => path.dirname(path.resolve(folder))), ...(evaluations ?? [])];
  const found = places.flatMap((place) => findRuns(place, 1).evaluations.map(resolved));
  const known = readEvaluations([...new Set(found)]);
  const runs = readCompared(folders, known);
  const { groups, problems } = samePairs(runs);
  for (const problem of [...known.problems, ...problems, ...problemsOf(runs)]) context.warn(problem);
  const settings = settingsTable(runs);
  const results = comparisonTable(runs);
  const verification = groups.flatMap(({ rule, pairs, runs: decided }) => pairedText(decided, rule, pairs));
  context.say(settings ? formatTable(settings) : sameSettings);
  context.say(`\n${formatTable(results)}`);
  for (const text of verification.length > 0 ? verification : [noPairs]) context.say(`\n${text}`);
  const report =
    html === undefined
      ? null
      : await stored(context, () => {
          writeReport(html, pageOf(runs, { settings, results, verification }));
          return html;
        });
  if (report !== null) context.say(`\nreport  ${report}`);
  return {
    runs: runs.map(({ name, summary }) => ({ ...summary, name })),
    settings: settings?.rows.map(([key, ...values]) => ({ key, values })) ?? [],
    verification: groups.map(({ rule, pairs, pairsSha256, runs: decided }) => ({
      ...{ rule, pairs, pairsSha256, reference: decided[0]!.name },
      differences: pairedDifferences(decided),
    })),
    report,
  };
}

const sameSettings = 'The settings are the same.';
const noPairs =
  'No two of the runs have an evaluation of the same pairs by the same rule: `normface eval` makes one, of several runs at once too.';

const resolved = (folder: string) => path.resolve(folder);

/** @throws UsageError when two names lead to one folder */
function checkDistinct(folders: readonly string[]): void {
  const real = folders.map((folder) => (fs.existsSync(folder) ? fs.realpathSync(folder) : folder));
  const twice = folders.find((_, k) => real.indexOf(real[k]!) < k);
  if (twice !== undefined) throw new UsageError(`the run ${twice} is named twice`);
}

function problemsOf(runs: readonly ComparedRun[]): string[] {
  return runs.flatMap(({ summary: { folder, problem } }) =>
    problem === null ? [] : [`${folder}: ${problem}`],
  );
}

/** The same as a page, with the curves. */
function pageOf(
  runs: readonly ComparedRun[],
  {
    settings,
    results,
    verification,
  }: {
    settings: ReturnType<typeof settingsTable>;
    results: ReturnType<typeof comparisonTable>;
    verification: readonly string[];
  },
): Report {
  const { figures, text } = comparisonCurves(runs);
  const untitled = <T extends { title?: string }>({ title: _, ...table }: T) => table;
  return {
    title: runs.length === 2 ? `${runs[0]!.name} and ${runs[1]!.name}` : `Comparison of ${runs.length} runs`,
    facts: runs.map(({ name, summary }): [string, string] => [
      name,
      (summary.state === 'imported'
        ? [summary.net ?? '?', summary.state]
        : [
            `${summary.net ?? '?'} on ${summary.data ?? '?'}`,
            summary.loss ?? '?',
            `${stepsText(summary)} steps`,
            summary.state,
          ]
      ).join(' · '),
    ]),
    sections: [
      {
        title: 'What came out',
        text: verification.length > 0 ? verification : [noPairs],
        tables: [untitled(results)],
      },
      { title: 'Curves', text, figures },
      settings
        ? { title: 'Settings that differ', tables: [untitled(settings)] }
        : { title: 'Settings', text: [sameSettings] },
    ],
  };
}
