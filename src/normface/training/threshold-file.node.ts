/** The decision threshold that `normface eval` keeps beside a checkpoint and `normface verify` uses. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { type MergeName, mergeNames } from '../evaluation/merge.ts';
import { readJson, writeJson } from './run-folder.node.ts';

export interface StoredThreshold {
  readonly format: 1;
  /** Two images show the same person when their cosine is greater than this. */
  readonly threshold: number;
  /** How image and mirror image are merged before the cosine. */
  readonly merge: MergeName;
  /** How it was chosen, such as `best-threshold` or `far=0.001`. */
  readonly rule: string;
  /** On which data and pairs. */
  readonly data: string;
  readonly pairs: string;
  /** Share of these pairs that it decides correctly, and its false accept and true accept rates on them. */
  readonly accuracy: number;
  readonly falseAcceptRate: number;
  readonly trueAcceptRate: number;
}

/** The threshold file that belongs to a weights file. */
export function thresholdFile(weightsFile: string): string {
  return path.join(path.dirname(weightsFile), 'threshold.json');
}

/** Keeps a threshold beside a weights file. @returns the file written */
export function writeThreshold(weightsFile: string, stored: StoredThreshold): string {
  const file = thresholdFile(weightsFile);
  writeJson(file, stored);
  return file;
}

/** The stored threshold, or undefined when there is none. @throws UserError when the file is damaged */
export function readThreshold(weightsFile: string): StoredThreshold | undefined {
  const file = thresholdFile(weightsFile);
  if (!fs.existsSync(file)) return undefined;
  const stored = readJson(file) as Partial<StoredThreshold> | null;
  const usable =
    stored?.format === 1 &&
    typeof stored.threshold === 'number' &&
    Number.isFinite(stored.threshold) &&
    mergeNames.some((name) => name === stored.merge);
  if (!usable) throw new UserError(`${file} is not a threshold file; \`normface eval\` writes a new one`);
  return stored as StoredThreshold;
}
