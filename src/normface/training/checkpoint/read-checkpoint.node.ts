/** Reading checkpoints: every file is compared with the SHA-256 that was kept of it, and every key of the state is checked. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { completeCheckpoints, stepOf } from './checkpoint.node.ts';
import { type Checkpoint, type TrainingState, trainingState } from './checkpoint.ts';
import { parseClassFileName } from './class-part.ts';
import { DONE, type Done, readDone, sha256Of } from './done.node.ts';
import { type ReadOptions, readTensors } from './read-tensors.node.ts';
import { TensorFile } from './tensor-file.node.ts';
import { trainedName, weightsName } from './weights-names.ts';

/**
 * Reads a checkpoint folder, as one model or with the rows of some classes, whoever wrote which of its rows.
 * @throws UserError when a file is missing or damaged; it names the newest sound checkpoint before it
 */
export function readCheckpoint(folder: string, options: ReadOptions = {}): Checkpoint {
  return offeringEarlier(folder, () => load(folder, options));
}

/** Reads only where the run stood. @throws UserError as {@link readCheckpoint} */
export function readState(folder: string): TrainingState {
  return offeringEarlier(folder, () => loadState(folder, readDone(folder)));
}

/**
 * Reads a weights file; one in a checkpoint's folder is compared with its SHA-256, and what that folder has of classes in files of
 * their own belongs to it.
 * @throws UserError when it is missing or damaged
 */
export function readWeights(
  file: string,
  options: ReadOptions = {},
): Pick<Checkpoint, 'weights' | 'metadata'> {
  const folder = path.dirname(file);
  const name = path.basename(file);
  const isPart = (name === weightsName || name === trainedName) && fs.existsSync(path.join(folder, DONE));
  if (!isPart) return loadWeightsFile(file, undefined, options);
  // Rows of classes belong to the other one.
  const ownOptions: ReadOptions = name === trainedName ? { classes: 'none' } : options;
  return offeringEarlier(folder, () => loadWeightsFile(file, readDone(folder), ownOptions));
}

/** Whether damage to the files of a checkpoint would be noticed: older ones kept no SHA-256. */
export function hasChecksums(folder: string): boolean {
  return readDone(folder) !== undefined;
}

/** Adds to the error of a damaged checkpoint which one to use instead. */
function offeringEarlier<T>(folder: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError) || Number.isNaN(stepOf(folder))) throw error;
    const earlier = soundBefore(folder);
    const offer = earlier
      ? `the checkpoint before it, ${earlier}, is sound: name that one`
      : 'there is no sound checkpoint before it';
    throw new UserError(`${error.message}; ${offer}`);
  }
}

function soundBefore(folder: string): string | undefined {
  const run = path.dirname(path.dirname(path.resolve(folder)));
  const step = stepOf(folder);
  const found = completeCheckpoints(run).findLast((other) => stepOf(other) < step && isSound(other));
  return found && path.join(path.dirname(folder), path.basename(found));
}

/** Whether a checkpoint can be read and its files are those that were saved. */
export function isSound(folder: string): boolean {
  try {
    const done = readDone(folder);
    if (!done) load(folder, {});
    else {
      loadState(folder, done);
      const files = [
        weightsName,
        'optimiser.safetensors',
        ...Object.keys(done.sha256).filter((name) => name === trainedName || parseClassFileName(name)),
      ];
      for (const name of files) new TensorFile(path.join(folder, name)).read([], done.sha256[name] ?? '');
    }
    return true;
  } catch {
    return false;
  }
}

function load(folder: string, options: ReadOptions): Checkpoint {
  const done = readDone(folder);
  const state = loadState(folder, done);
  const { weights, metadata } = loadWeightsFile(path.join(folder, weightsName), done, options);
  if (metadata.step !== undefined && Number(metadata.step) !== state.step)
    throw new UserError(
      `the checkpoint ${folder} is damaged: its weights are of step ${metadata.step}, its state is of step ${state.step}`,
    );
  const file = path.join(folder, 'optimiser.safetensors');
  const optimiser = readTensors(file, 'optimiser', done, options).tensors;
  const isAverage = done !== undefined && trainedName in done.sha256;
  if (!isAverage) return { weights, metadata, optimiser, state };
  const trained = loadWeightsFile(path.join(folder, trainedName), done, { classes: 'none' }).weights;
  return { weights, trained, metadata, optimiser, state };
}

function loadState(folder: string, done: Done | undefined): TrainingState {
  const file = path.join(folder, 'state.json');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(readChecked(file, done)));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} is damaged: it is not JSON`);
  }
  const { success, data, error } = trainingState.safeParse(json);
  if (!success) {
    const { path: keys, message } = error.issues[0]!;
    throw new UserError(
      `${file} is not the state of a training run of this version: ${[...keys, message].join(': ')}`,
    );
  }
  const named = stepOf(folder);
  if (!Number.isNaN(named) && named !== data.step)
    throw new UserError(`${file} is damaged: it is the state of step ${data.step}, not of step ${named}`);
  if (data.step > data.totalSteps)
    throw new UserError(
      `${file} is damaged: step ${data.step} is past the end of the run, ${data.totalSteps}`,
    );
  return data;
}

type Weights = Pick<Checkpoint, 'weights' | 'metadata'>;

function loadWeightsFile(file: string, done: Done | undefined, options: ReadOptions): Weights {
  const { tensors, metadata } = readTensors(file, 'weights', done, options);
  return { weights: tensors, metadata };
}

/** The bytes of a file of a checkpoint. @throws UserError when they are not those that were saved */
function readChecked(file: string, done: Done | undefined): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reasonOf(error)}`);
  }
  if (done && done.sha256[path.basename(file)] !== sha256Of(bytes))
    throw new UserError(`${file} is damaged: its SHA-256 is not the one that ${DONE} has of it`);
  return bytes;
}
