/** The files of an experiment's results: numbers, plots and a page, and the results themselves for a later report. */

import fs from 'node:fs';
import path from 'node:path';
import { replaceFile } from '../../common/files.node.ts';
import type { Json, JsonObject } from '../../common/json.ts';
import { readJson } from '../../common/json-file.node.ts';
import { plotPng } from '../../common/plot-frame.node.ts';
import { canonicalJson } from '../training/config/overrides.ts';
import { writeJson } from '../training/run/run-folder.node.ts';
import type { AnyExperiment, ExperimentResults, NamedTable } from './experiment.ts';
import { experimentMarkdown } from './markdown.ts';

/** What an experiment found, and under which settings. */
export interface ResultsRecord {
  readonly settings: JsonObject;
  readonly seconds: number;
  readonly results: ExperimentResults;
  /** Of an experiment made of jobs: versions and adapters, as far as they were kept. */
  readonly trainedBy?: readonly string[];
  /** Of an experiment made of jobs that are not all done. */
  readonly open?: { readonly done: number; readonly of: number };
}

const fileName = 'results.json';

/**
 * Writes `<stem>.csv`, `<stem>.svg`, `<stem>.png` and `<stem>-dark.png` for light and dark pages, `<name>.md` and, last, `results.json`, without which an experiment does not
 * count as finished. @returns the paths
 */
export async function writeResults(
  folder: string,
  experiment: AnyExperiment,
  record: ResultsRecord,
): Promise<string[]> {
  const { tables, figures } = record.results;
  const files: string[] = [];
  const write = (name: string, content: string | Uint8Array) => {
    files.push(path.join(folder, name));
    replaceFile(files.at(-1)!, content);
  };
  forgetResults(folder);
  for (const table of tables) write(`${table.stem}.csv`, csv(table));
  for (const { stem, svg } of figures) {
    write(`${stem}.svg`, svg);
    write(`${stem}.png`, await plotPng(svg));
    write(`${stem}-dark.png`, await plotPng(svg, 'dark'));
  }
  write(`${experiment.name}.md`, experimentMarkdown(experiment, record.results, { level: 1, folder: '' }));
  writeJson(path.join(folder, fileName), record);
  return files;
}

/** Makes an experiment count as not finished. */
export function forgetResults(folder: string): void {
  fs.rmSync(path.join(folder, fileName), { force: true });
}

/** The results of an experiment that was finished with these settings, or undefined. */
export function readResults(folder: string, settings: JsonObject): ResultsRecord | undefined {
  const file = path.join(folder, fileName);
  if (!fs.existsSync(file)) return undefined;
  const record = readJson(file) as Json & ResultsRecord;
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
