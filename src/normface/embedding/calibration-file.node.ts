/** Where the calibration of a checkpoint is kept. */

import fs from 'node:fs';
import { readJson } from '../../common/json-file.node.ts';
import { writeJson } from '../training/run/run-folder.node.ts';
import { besideWeights } from './beside-weights.node.ts';
import { parseCalibration, type StoredCalibration } from './stored-calibration.ts';

/** The calibration file that belongs to a weights file. */
export function calibrationFile(weightsFile: string): string {
  return besideWeights(weightsFile, 'calibration.json');
}

/** Keeps a calibration beside a weights file. @returns the file written */
export function writeCalibration(weightsFile: string, stored: StoredCalibration): string {
  const file = calibrationFile(weightsFile);
  writeJson(file, stored);
  return file;
}

/** The stored calibration, or undefined when there is none. @throws UserError when the file is damaged */
export function readCalibration(weightsFile: string): StoredCalibration | undefined {
  const file = calibrationFile(weightsFile);
  return fs.existsSync(file) ? parseCalibration(readJson(file), file) : undefined;
}
