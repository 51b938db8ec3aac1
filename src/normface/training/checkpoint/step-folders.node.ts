/** The folders of a run's checkpoints, `ckpt/step-00000120`: a folder without DONE does not count. */

import fs from 'node:fs';
import path from 'node:path';
import { DONE } from './done.node.ts';

/** What they are called. */
export const STEP_FOLDER = /^step-(\d{8,})$/;

/** Name of the folder of a step's checkpoint. */
export function stepFolder(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

/** Whether a folder is a finished checkpoint. */
export function isDone(parent: string, name: string): boolean {
  return fs.existsSync(path.join(parent, name, DONE));
}

/** Folders of the finished checkpoints of a run, oldest first. */
export function completeCheckpoints(runFolder: string): string[] {
  const parent = path.join(runFolder, 'ckpt');
  if (!fs.statSync(parent, { throwIfNoEntry: false })?.isDirectory()) return [];
  return fs
    .readdirSync(parent)
    .filter((name) => STEP_FOLDER.test(name) && isDone(parent, name))
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
    .map((name) => path.join(parent, name));
}

/** The step of a checkpoint's folder; NaN where its name does not say it. */
export function stepOf(folder: string): number {
  return Number(STEP_FOLDER.exec(path.basename(folder))?.[1] ?? Number.NaN);
}

/** Folder of the newest finished checkpoint of a run, of those up to a step if one is given, or undefined. */
export function latestCheckpoint(runFolder: string, upTo = Number.POSITIVE_INFINITY): string | undefined {
  return completeCheckpoints(runFolder).findLast((folder) => stepOf(folder) <= upTo);
}
