/** The run that a checkpoint on the command line belongs to. */

import fs from 'node:fs';
import path from 'node:path';
import type { TrainingConfig } from '../training/config.ts';
import { createRunFolder, readRunConfig } from '../training/run-folder.node.ts';

/** The run folder that a weights file lies in, `<run>/ckpt/step-N/weights.safetensors`, or undefined. */
function runFolderOf(weightsFile: string): string | undefined {
  const folder = path.resolve(weightsFile, '../../..');
  return path.resolve(weightsFile, '../..') === path.join(folder, 'ckpt') ? folder : undefined;
}

/** The configuration of a weights file's run, where it lies in one. */
export function configOf(weightsFile: string): TrainingConfig | undefined {
  const folder = runFolderOf(weightsFile);
  const known = folder !== undefined && fs.existsSync(path.join(folder, 'config.json'));
  return known ? readRunConfig(folder) : undefined;
}

/** What a weights file is called in tables: its run's folder, or its own name. */
export function nameOf(weightsFile: string): string {
  return path.basename(runFolderOf(weightsFile) ?? weightsFile, '.safetensors');
}

/** Where a command puts its results: `<run>/<command>/step-N` for one checkpoint of a run, else a new folder in `runs`. */
export function resultFolder(command: string, weights: readonly string[]): string {
  const folder = runFolderOf(weights[0]);
  if (weights.length === 1 && folder !== undefined)
    return path.join(folder, command, path.basename(path.dirname(weights[0])));
  return createRunFolder('runs', command);
}
