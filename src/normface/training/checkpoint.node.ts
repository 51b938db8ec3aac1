/**
 * Checkpoints: `ckpt/step-00000120/{weights.safetensors, optimiser.safetensors, state.json, DONE}`. The folder is written under a
 * temporary name, synced and renamed; `DONE` comes last, and only a folder that has it counts.
 */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import type { Checkpoint, TrainingState } from './checkpoint.ts';
import { reasonOf, syncFolder, type WriteFile, writeDurably } from './files.node.ts';
import { likelyRun } from './likely-run.node.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const DONE = 'DONE';
const STEP_FOLDER = /^step-(\d{8,})$/;

/** Name of the folder of a step's checkpoint. */
function stepFolder(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

/**
 * Saves a checkpoint in the run's folder `ckpt`, keeps the newest `keep` and removes older ones.
 * @returns the checkpoint's folder
 * @throws UserError when it cannot be written; earlier checkpoints are then untouched and nothing half written is left
 */
export function saveCheckpoint(
  runFolder: string,
  checkpoint: Checkpoint,
  { keep = 3, write = writeDurably }: { keep?: number; write?: WriteFile } = {},
): string {
  const parent = path.join(runFolder, 'ckpt');
  const name = stepFolder(checkpoint.state.step);
  const folder = path.join(parent, name);
  const temporary = path.join(parent, `.${name}.${process.pid}.tmp`);
  const replaced = path.join(parent, `.${name}.${process.pid}.old`);
  const text = (content: string) => new TextEncoder().encode(content);
  let moved = false;
  try {
    fs.mkdirSync(temporary, { recursive: true });
    write(
      path.join(temporary, 'weights.safetensors'),
      encodeSafetensors(checkpoint.weights, checkpoint.metadata),
    );
    write(path.join(temporary, 'optimiser.safetensors'), encodeSafetensors(checkpoint.optimiser));
    write(path.join(temporary, 'state.json'), text(`${JSON.stringify(checkpoint.state, null, 2)}\n`));
    syncFolder(temporary);
    if (fs.existsSync(folder)) fs.renameSync(folder, replaced);
    fs.renameSync(temporary, folder);
    moved = true;
    write(path.join(folder, DONE), text(''));
    syncFolder(folder);
    syncFolder(parent);
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true });
    if (moved) fs.rmSync(folder, { recursive: true, force: true });
    if (fs.existsSync(replaced)) fs.renameSync(replaced, folder);
    const last = latestCheckpoint(runFolder);
    throw new UserError(
      `cannot save the checkpoint of step ${checkpoint.state.step} in ${parent}: ${reasonOf(error)}; ` +
        (last ? `the last good checkpoint is ${last}` : 'there is no earlier checkpoint'),
    );
  }
  fs.rmSync(replaced, { recursive: true, force: true });
  for (const old of completeCheckpoints(runFolder).slice(0, -keep))
    fs.rmSync(old, { recursive: true, force: true });
  removeLeftovers(parent);
  return folder;
}

/** Removes what a killed process left: temporary folders and step folders without DONE. */
function removeLeftovers(parent: string): void {
  for (const name of fs.readdirSync(parent)) {
    const folder = path.join(parent, name);
    const unfinished = STEP_FOLDER.test(name) && !fs.existsSync(path.join(folder, DONE));
    if (unfinished || /^\.step-.*\.(tmp|old)$/.test(name))
      fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Folders of the finished checkpoints of a run, oldest first. */
export function completeCheckpoints(runFolder: string): string[] {
  const parent = path.join(runFolder, 'ckpt');
  if (!fs.existsSync(parent)) return [];
  return fs
    .readdirSync(parent)
    .filter((name) => STEP_FOLDER.test(name) && fs.existsSync(path.join(parent, name, DONE)))
    .sort((a, b) => stepOf(a) - stepOf(b))
    .map((name) => path.join(parent, name));
}

/** The step of a checkpoint's folder. */
export function stepOf(folder: string): number {
  return Number(STEP_FOLDER.exec(path.basename(folder))![1]);
}

/** Folder of the newest finished checkpoint of a run, or undefined. */
export function latestCheckpoint(runFolder: string): string | undefined {
  return completeCheckpoints(runFolder).at(-1);
}

/**
 * Finds a checkpoint from what a person names: a run's folder (its newest checkpoint), or a checkpoint's folder.
 * @throws UserError when there is none
 */
export function findCheckpoint(named: string): string {
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
  return path.join(findCheckpoint(named), 'weights.safetensors');
}

/** Reads a weights file. @throws UserError when it is missing or damaged */
export function readWeights(file: string): Pick<Checkpoint, 'weights' | 'metadata'> {
  const { tensors, metadata } = readTensors(file);
  return { weights: tensors, metadata };
}

/** Reads a whole checkpoint folder. @throws UserError when a file is missing or damaged */
export function readCheckpoint(folder: string): Checkpoint {
  const file = path.join(folder, 'state.json');
  let state: TrainingState;
  try {
    state = JSON.parse(readBytes(file).toString()) as TrainingState;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} is damaged: it is not JSON`);
  }
  if (state?.format !== 1 || !Number.isSafeInteger(state.step) || state.step < 0)
    throw new UserError(`${file} is not the state of a training run of this version`);
  const optimiser = readTensors(path.join(folder, 'optimiser.safetensors')).tensors;
  return { ...readWeights(path.join(folder, 'weights.safetensors')), optimiser, state };
}

function readTensors(file: string) {
  return decodeSafetensors(readBytes(file), file);
}

function readBytes(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reasonOf(error)}`);
  }
}
