/** The run that a checkpoint on the command line belongs to. */

import fs from 'node:fs';
import path from 'node:path';
import { readWeights } from '../normface/training/checkpoint/read-checkpoint.node.ts';
import { trainedName } from '../normface/training/checkpoint/weights-names.ts';
import type { TrainingConfig } from '../normface/training/config/config.ts';
import { readRunConfig, runFolderOf } from '../normface/training/run/run-folder.node.ts';

/** The configuration of a weights file's run, where it lies in one. */
export function configOf(weightsFile: string): TrainingConfig | undefined {
  const folder = runFolderOf(weightsFile);
  const known = folder !== undefined && fs.existsSync(path.join(folder, 'config.json'));
  return known ? readRunConfig(folder) : undefined;
}

/** What a net was trained on, as its file says, or, for files of older versions, the configuration of its run; null where nothing tells. */
export function trainedOn(weightsFile: string): string | null {
  return (
    readWeights(weightsFile, { classes: 'none' }).metadata.trainedOn ??
    configOf(weightsFile)?.data.path ??
    null
  );
}

/** What a weights file is called in tables: its run's folder, or its own name. */
export function nameOf(weightsFile: string): string {
  const name = path.basename(runFolderOf(weightsFile) ?? weightsFile, '.safetensors');
  const isTrained = path.basename(weightsFile) === trainedName && runFolderOf(weightsFile) !== undefined;
  return isTrained ? `${name}, as trained` : name;
}
