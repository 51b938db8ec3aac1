/** Where the decision threshold of a checkpoint is kept. */

import fs from 'node:fs';
import { readJson } from '../../common/json-file.node.ts';
import { writeJson } from '../training/run/run-folder.node.ts';
import { besideWeights } from './beside-weights.node.ts';
import { parseThreshold, type StoredThreshold } from './stored-threshold.ts';

/** The threshold file that belongs to a weights file. */
export function thresholdFile(weightsFile: string): string {
  return besideWeights(weightsFile, 'threshold.json');
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
  return fs.existsSync(file) ? parseThreshold(readJson(file), file) : undefined;
}
