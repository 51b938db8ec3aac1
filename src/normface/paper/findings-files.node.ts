/** The files of an experiment's findings: numbers, plots and a page, and the findings themselves for a later report. */

import fs from 'node:fs';
import path from 'node:path';
import { replaceFile } from '../../common/files.node.ts';
import type { Json, JsonObject } from '../../common/json.ts';
import { readJson } from '../../common/json-file.node.ts';
import { plotPng } from '../../common/plot-frame.node.ts';
import { canonicalJson } from '../training/config/overrides.ts';
import { writeJson } from '../training/run/run-folder.node.ts';
import type { Experiment, Findings, NamedTable } from './experiment.ts';
import { experimentMarkdown } from './markdown.ts';

/** What an experiment found, and under which settings. */
export interface FindingsRecord {
  readonly settings: JsonObject;
  readonly seconds: number;
  readonly findings: Findings;
}

const fileName = 'findings.json';

/**
 * Writes `<stem>.csv`, `<stem>.svg`, `<stem>.png` and `<stem>-dark.png` for light and dark pages, `<name>.md` and, last, `findings.json`, without which an experiment does not
 * count as finished. @returns the paths
 */
export async function writeFindings(
  folder: string,
  experiment: Experiment,
  record: FindingsRecord,
): Promise<string[]> {
  const { tables, figures } = record.findings;
  const files: string[] = [];
  const write = (name: string, content: string | Uint8Array) => {
    files.push(path.join(folder, name));
    replaceFile(files.at(-1)!, content);
  };
  forgetFindings(folder);
  for (const table of tables) write(`${table.stem}.csv`, csv(table));
  for (const { stem, svg } of figures) {
    write(`${stem}.svg`, svg);
    write(`${stem}.png`, await plotPng(svg));
    write(`${stem}-dark.png`, await plotPng(svg, 'dark'));
  }
  write(`${experiment.name}.md`, experimentMarkdown(experiment, record.findings, { level: 1, folder: '' }));
  writeJson(path.join(folder, fileName), record);
  return files;
}

/** Makes an experiment count as not finished. */
export function forgetFindings(folder: string): void {
  fs.rmSync(path.join(folder, fileName), { force: true });
}

/** The findings of an experiment that was finished with these settings, or undefined. */
export function readFindings(folder: string, settings: JsonObject): FindingsRecord | undefined {
  const file = path.join(folder, fileName);
  if (!fs.existsSync(file)) return undefined;
  const record = readJson(file) as Json & FindingsRecord;
  return canonicalJson(record.settings) === canonicalJson(settings) ? record : undefined;
}

/** Comma-separated values; numbers as they are, text in quotes where it needs them. */
export function csv({ columns, rows }: Pick<NamedTable, 'columns' | 'rows'>): string {
  const cell = (value: number | string) => {
    const text = String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');
}
