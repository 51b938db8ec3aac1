/** ExperimentResults as Markdown. */

import type { Table } from '../../common/table.ts';
import type { Experiment, ExperimentResults } from './experiment.ts';

/**
 * The page of one experiment.
 * @param level of its heading
 * @param folder what the links to its files begin with: empty, or ending in a slash
 */
export function experimentMarkdown(
  { title, paper }: Pick<Experiment, 'title' | 'paper'>,
  { text, tables, figures }: ExperimentResults,
  { level, folder }: { level: number; folder: string },
): string {
  return `${[
    `${'#'.repeat(level)} ${title}`,
    `In the paper: ${paper}`,
    ...text,
    ...tables.flatMap(({ display }) => (display ? [tableMarkdown(display)] : [])),
    ...figures.flatMap(({ stem, svg, caption }) => [
      pictureMarkdown(`${folder}${stem}`, svg),
      `*${caption}*`,
    ]),
    ...(tables.length > 0
      ? [`Numbers: ${tables.map(({ stem }) => `[${stem}.csv](${folder}${stem}.csv)`).join(', ')}.`]
      : []),
  ].join('\n\n')}\n`;
}

/** The picture for light and for dark pages. Its text for readers who cannot see it is that of the drawing; the caption follows anyway. */
function pictureMarkdown(file: string, svg: string): string {
  const description = /aria-label="([^"]*)"/.exec(svg)?.[1] ?? '';
  return `<picture><source media="(prefers-color-scheme: dark)" srcset="${file}-dark.png"><img alt="${description}" src="${file}.png"></picture>`;
}

/** A table in pipe syntax, with its title above and its notes below. */
export function tableMarkdown({ title, columns, rows, notes = [] }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
  const table = [
    line(columns.map(({ header }) => header)),
    line(columns.map(({ align }) => (align === 'right' ? '--:' : ':--'))),
    ...rows.map((row) => line(columns.map((_, c) => row[c] ?? ''))),
  ].join('\n');
  return [...(title ? [`**${title}**`] : []), table, ...notes].join('\n\n');
}

function escapeCell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
