/** Folders that `normface import` made: a checkpoint and a net, without settings and log. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import type { JsonObject } from '../../common/json.ts';
import { readJson } from '../../common/json-file.node.ts';
import { importedHash, netFile } from '../models/save-import.node.ts';
import { latestCheckpoint } from '../training/checkpoint/checkpoint.node.ts';

/** More than the state of any checkpoint, or a net as data, has. */
const mostBytes = 2 ** 23;

/** What the folder of an imported net says of it. */
export interface ImportedRun {
  /** The net as data; undefined where its file cannot be read. */
  readonly net: JsonObject | undefined;
  /** ISO 8601: when it was imported. */
  readonly time: string | null;
  readonly problem: string | null;
}

/** Looks for an imported net in a folder. @returns undefined where it holds settings or a log, as runs do, or no such net */
export function readImported(folder: string): ImportedRun | undefined {
  if (['config.json', 'log.jsonl'].some((name) => fs.existsSync(path.join(folder, name)))) return undefined;
  try {
    const checkpoint = latestCheckpoint(folder);
    if (checkpoint === undefined) return undefined;
    const file = path.join(checkpoint, 'state.json');
    if (objectOf(file)?.configHash !== importedHash) return undefined;
    return { ...netOf(path.join(folder, netFile)), time: fs.statSync(file).mtime.toISOString() };
  } catch {
    // What is wrong with the folder is for those to say who take it for a run.
    return undefined;
  }
}

function netOf(file: string): Pick<ImportedRun, 'net' | 'problem'> {
  try {
    const net = objectOf(file);
    return { net, problem: net ? null : `${file} does not hold a net` };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { net: undefined, problem: error.message };
  }
}

/** @throws UserError when the file cannot be read, or is not JSON */
function objectOf(file: string): JsonObject | undefined {
  const json = readJson(file, mostBytes);
  return json !== null && typeof json === 'object' && !Array.isArray(json) ? json : undefined;
}
