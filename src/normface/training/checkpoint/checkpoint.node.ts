/**
 * Checkpoints: `ckpt/step-00000120/{weights.safetensors, optimiser.safetensors, state.json, DONE}`, and `trained.safetensors` where
 * `weights.safetensors` has an average. The folder is written under a
 * temporary name, synced and renamed; `DONE` comes last, with the SHA-256 of every other file, and only a folder that has it counts.
 * Where several processes train together there are also files with rows of classes: see class-part.ts.
 */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { reasonOf, type WriteFile, writeDurably } from '../../../common/files.node.ts';
import { likelyRun } from '../run/likely-run.node.ts';
import { bestStep, withoutBest } from './best-checkpoint.node.ts';
import type { Checkpoint } from './checkpoint.ts';
import { DONE } from './done.node.ts';
import { safetensorsPieces } from './safetensors.ts';
import {
  completeCheckpoints,
  isDone,
  latestCheckpoint,
  STEP_FOLDER,
  stepFolder,
  stepOf,
} from './step-folders.node.ts';
import { attempt, type Place, UnfinishedCheckpoint } from './unfinished-checkpoint.node.ts';
import { trainedName, weightsName } from './weights-names.ts';

export { completeCheckpoints, latestCheckpoint, stepOf };

/** Why a checkpoint no longer counts: its run went on from an earlier one, or its weights gave no finite loss. */
export type SetAsideReason = 'abandoned' | 'diverged';

export interface SaveOptions {
  readonly write?: WriteFile;
  /** The sentence of a failure, where it is not training that saves. Default: one on the last good checkpoint. */
  readonly complain?: (reason: string) => string;
}

/**
 * Saves a checkpoint in the run's folder `ckpt`, beside those that are there.
 * @returns the checkpoint's folder
 * @throws UserError when it cannot be written; earlier checkpoints are then untouched and nothing half written is left
 */
export function saveCheckpoint(
  runFolder: string,
  checkpoint: Checkpoint,
  { write = writeDurably, complain }: SaveOptions = {},
): string {
  const { step } = checkpoint.state;
  const unfinished = new UnfinishedCheckpoint(placeOf(runFolder, step, process.pid), write);
  try {
    const files = filesOf(checkpoint);
    unfinished.begin();
    unfinished.finish(unfinished.add(files));
  } catch (error) {
    unfinished.discard();
    const reason = reasonOf(error);
    throw complain ? new UserError(complain(reason)) : cannotSave(runFolder, step, reason);
  }
  unfinished.removeReplaced();
  return unfinished.folder;
}

/** Where the checkpoint of a step is written. @param owner process that makes its folder */
export function placeOf(runFolder: string, step: number, owner: number): Place {
  return { parent: path.join(runFolder, 'ckpt'), name: stepFolder(step), owner };
}

/** The files of a checkpoint, in pieces. */
export function filesOf(checkpoint: Checkpoint): Record<string, Uint8Array[]> {
  const { weights, trained, metadata, optimiser, state } = checkpoint;
  const { averageDecay: _, ...ofTrained } = metadata;
  return {
    [weightsName]: safetensorsPieces(weights, metadata),
    ...(trained && { [trainedName]: safetensorsPieces(trained, ofTrained) }),
    'optimiser.safetensors': safetensorsPieces(optimiser),
    'state.json': [new TextEncoder().encode(`${JSON.stringify(state, null, 2)}\n`)],
  };
}

/** The error of a checkpoint that was not saved, with the one that is left. */
export function cannotSave(runFolder: string, step: number, reason: string): UserError {
  const last = latestCheckpoint(runFolder);
  return new UserError(
    `cannot save the checkpoint of step ${step} in ${path.join(runFolder, 'ckpt')}: ${reason}; ` +
      (last ? `the last good checkpoint is ${last}` : 'there is no earlier checkpoint'),
  );
}

/**
 * Keeps the newest `keep` checkpoints of a run and the best one, removes older ones and what a killed process left: temporary folders and step
 * folders without DONE.
 * @param everySteps which are saved by themselves: what an interruption saved between them counts only while it is the newest, so that in the end a run has
 *   those of one that was never interrupted
 * @returns a sentence for each folder that could not be removed, which does no harm
 */
export function pruneCheckpoints(runFolder: string, keep: number, everySteps = 0): string[] {
  const parent = path.join(runFolder, 'ckpt');
  if (!fs.existsSync(parent)) return [];
  let best: number | undefined;
  try {
    best = bestStep(runFolder);
  } catch (error) {
    // Which one to leave is not known.
    return [(error as Error).message];
  }
  const all = completeCheckpoints(runFolder);
  const planned = all.filter(
    (folder, k) => k === all.length - 1 || everySteps === 0 || stepOf(folder) % everySteps === 0,
  );
  const kept = planned.slice(-keep);
  const old = all.filter((folder) => !kept.includes(folder) && stepOf(folder) !== best);
  const leftovers = fs
    .readdirSync(parent)
    .filter(
      (name) => /^\.step-.*\.(tmp|old)$/.test(name) || (STEP_FOLDER.test(name) && !isDone(parent, name)),
    )
    .map((name) => path.join(parent, name));
  return [...old, ...leftovers].flatMap((folder) => {
    const error = attempt(() => {
      // First what makes it count: a process that ends in the middle leaves nothing that looks whole.
      fs.rmSync(path.join(folder, DONE), { force: true });
      fs.rmSync(folder, { recursive: true, force: true });
    });
    return error ? [`cannot remove the old checkpoint ${folder}: ${reasonOf(error)}`] : [];
  });
}

/**
 * Renames the checkpoints after a step, so that they are kept but never counted again.
 * @returns their new folders, oldest first
 * @throws UserError when one of them cannot be renamed
 */
export function setAside(runFolder: string, after: number, reason: SetAsideReason): string[] {
  const later = completeCheckpoints(runFolder).filter((folder) => stepOf(folder) > after);
  // The newest one first: at every moment those that count are the beginning of one attempt.
  return later
    .reverse()
    .map((folder) => {
      const target = freeName(path.dirname(folder), reason, path.basename(folder));
      try {
        fs.renameSync(folder, target);
      } catch (error) {
        throw new UserError(`cannot set the checkpoint ${folder} aside: ${reasonOf(error)}`);
      }
      return target;
    })
    .reverse();
}

function freeName(parent: string, reason: string, name: string): string {
  for (let number = 1; ; number++) {
    const target = path.join(parent, `${reason}-${String(number).padStart(3, '0')}-${name}`);
    if (!fs.existsSync(target)) return target;
  }
}

/**
 * Finds a checkpoint from what a person names: a run's folder (its newest checkpoint), a checkpoint's folder, or `RUN/best`.
 * @throws UserError when there is none
 */
export function findCheckpoint(name: string): string {
  const named = withoutBest(name);
  if (!fs.existsSync(named)) throw new UserError(`there is no checkpoint ${named}${likelyRun(named)}`);
  if (!fs.statSync(named).isDirectory())
    throw new UserError(`${named} is a file; name the checkpoint's folder or the run's folder`);
  if (fs.existsSync(path.join(named, 'state.json'))) {
    if (fs.existsSync(path.join(named, DONE))) return named;
    throw new UserError(`the checkpoint ${named} is incomplete: it has no ${DONE} file`);
  }
  const latest = latestCheckpoint(named);
  if (!latest) throw new UserError(`${named} has no finished checkpoint`);
  return latest;
}

/** As `findCheckpoint`, but a weights file alone will do; the path of that file. */
export function findWeights(named: string): string {
  if (fs.existsSync(named) && fs.statSync(named).isFile()) return named;
  return path.join(findCheckpoint(named), weightsName);
}
