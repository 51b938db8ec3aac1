/** The computed parts of docs/paper.md. */

import { experimentMarkdown } from '../../src/normface/paper/markdown.ts';
import { summaryLine } from '../../src/normface/paper/write-paper.node.ts';
import { duration } from '../../src/normface/training/progress.ts';
import { anchorOf } from './anchor.ts';
import type { Known, Section } from './known.ts';

/** Where pictures and numbers of the experiments are, from the page. */
export const filesFolder = 'paper/medium';

export function paperParts(known: Known): Record<'state' | 'summary' | 'progress' | 'sections', string> {
  const told = known.sections.filter(({ record }) => record);
  const summaries = told.flatMap(({ experiment, record }) => summaryLine(experiment, record!) ?? []);
  return {
    state: stateText(known),
    summary:
      summaries.length === 0
        ? 'Nothing yet: no experiment has enough trainings for a sentence.'
        : `Each line is computed from the numbers of its section:\n\n${summaries.map((line) => `- ${line}`).join('\n')}`,
    progress: progressTable(known.sections),
    sections: told
      .map(({ experiment, record }) =>
        experimentMarkdown(experiment, record!.results, {
          level: 2,
          folder: `${filesFolder}/${experiment.name}/`,
        }),
      )
      .join('\n'),
  };
}

/** How much of it there is, and who did it. */
export function stateText({ done, of, seconds, trainedBy, withoutTrainer, seeds }: Known): string {
  const trainings = of.toLocaleString('en-US');
  const state =
    done === of
      ? `**All ${trainings} trainings are done.**`
      : `**${done} of ${trainings} trainings so far**: the rest of this page is of these, and says at every row which seeds are missing.`;
  const unknown =
    withoutTrainer === 0 || done === 0
      ? ''
      : `${trainedBy.length > 0 ? '; ' : ''}${withoutTrainer} ${withoutTrainer === 1 ? 'record is' : 'records are'} of before version and adapter were kept`;
  const facts = [
    ['Seeds', String(seeds)],
    ...(seconds > 0 ? [['Training and measuring took', duration(seconds)]] : []),
    ...(trainedBy.length > 0 || unknown !== '' ? [['Trained by', trainedBy.join('; ') + unknown]] : []),
  ];
  return `${state}\n\n${facts.map(([name, value]) => `- ${name}: ${value}`).join('\n')}`;
}

/** What there is of each experiment, with links to its section. */
function progressTable(sections: readonly Section[]): string {
  const rows = sections.map(({ experiment: { title }, record, done, of }) => {
    const name = record ? `[${title}](#${anchorOf(title)})` : title;
    return `| ${name} | ${done === of ? of : `${done} of ${of}`} |`;
  });
  return ['| experiment | trainings |', '| :-- | --: |', ...rows].join('\n');
}
