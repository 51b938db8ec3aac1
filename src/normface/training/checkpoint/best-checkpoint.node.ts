/** Which checkpoint of a run is the best one: `ckpt/best.json` names its step. Pruning leaves it, and people call it `RUN/best`. */

import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../../common/errors.ts';
import { replaceFile } from '../../../common/files.node.ts';
import { readJson } from '../../../common/json-file.node.ts';
import { completeCheckpoints, stepOf } from './step-folders.node.ts';

const contents = z.strictObject({ format: z.literal(1), step: z.int().min(0) });

const fileOf = (runFolder: string) => path.join(runFolder, 'ckpt', 'best.json');

/** More than the file ever has. */
const mostBytes = 4096;

/** Makes one of the checkpoints that are there the best one; without a step, none is. */
export function markBest(runFolder: string, step: number | undefined): void {
  if (step === undefined) fs.rmSync(fileOf(runFolder), { force: true });
  else replaceFile(fileOf(runFolder), `${JSON.stringify({ format: 1, step })}\n`);
}

/** Step of the best checkpoint, or undefined: none was marked. @throws UserError when the mark is damaged */
export function bestStep(runFolder: string): number | undefined {
  const file = fileOf(runFolder);
  if (!fs.existsSync(file)) return undefined;
  const { success, data } = contents.safeParse(readJson(file, mostBytes));
  if (!success) throw new UserError(`${file} is damaged: it does not name the step of a checkpoint`);
  return data.step;
}

/** Folder of the best checkpoint, or undefined: none was marked, or it is gone. @throws UserError when the mark is damaged */
export function bestCheckpoint(runFolder: string): string | undefined {
  const step = bestStep(runFolder);
  return completeCheckpoints(runFolder).find((folder) => stepOf(folder) === step);
}

/**
 * What a person names, with `RUN/best` and `RUN/ckpt/best` made into the folder of that checkpoint.
 * @throws UserError where a run has none
 */
export function withoutBest(named: string): string {
  if (path.basename(named) !== 'best' || fs.existsSync(named)) return named;
  const parent = path.dirname(named);
  const runFolder = path.basename(parent) === 'ckpt' ? path.dirname(parent) : parent;
  if (!fs.existsSync(path.join(runFolder, 'ckpt'))) return named;
  const step = bestStep(runFolder);
  if (step === undefined)
    throw new UserError(`${runFolder} has no best checkpoint: it is kept by runs with stopEarly`);
  const folder = bestCheckpoint(runFolder);
  if (!folder) throw new UserError(`the best checkpoint of ${runFolder}, that of step ${step}, is gone`);
  return folder;
}
