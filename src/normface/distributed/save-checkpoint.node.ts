/** Saving a checkpoint where each rank has the rows of some classes. */

import fs from 'node:fs';
import { UserError } from '../../common/errors.ts';
import { reasonOf, type WriteFile, writeDurably } from '../../common/files.node.ts';
import type { Communicator } from '../../engine/distributed/communicator.ts';
import { cannotSave, filesOf, placeOf, saveCheckpoint } from '../training/checkpoint/checkpoint.node.ts';
import type { Checkpoint } from '../training/checkpoint/checkpoint.ts';
import {
  type ClassPart,
  classFileMetadata,
  classFileName,
  hasClassRows,
  type TensorKind,
} from '../training/checkpoint/class-part.ts';
import { type StoredTensor, safetensorsPieces } from '../training/checkpoint/safetensors.ts';
import { type Sums, UnfinishedCheckpoint } from '../training/checkpoint/unfinished-checkpoint.node.ts';
import { onEveryRank, RankError } from './every-rank.ts';

export interface SaveTogetherOptions {
  readonly ranks: Communicator;
  /** What this rank has; the rows of all ranks are all classes, in the order of the ranks. */
  readonly classes: ClassPart;
  readonly write?: WriteFile;
}

/**
 * Saves a checkpoint in a run's folder that all ranks see: each rank the rows of its classes, rank 0 everything else, in the same
 * moment, and DONE, with the checksums of all files, when the files of all ranks are on the disk. With one rank the files are those of
 * {@link saveCheckpoint}. All ranks call it.
 *
 * @param checkpoint tensors of `classes.tensors`, and of the optimiser's state for them, have the rows of this rank only; the others are
 * the same on all ranks
 * @returns the checkpoint's folder, when it counts
 * @throws UserError on all ranks, with the rank that failed: earlier checkpoints are then untouched and nothing half written is left
 */
export async function saveCheckpointTogether(
  runFolder: string,
  checkpoint: Checkpoint,
  { ranks, classes, write = writeDurably }: SaveTogetherOptions,
): Promise<string> {
  if (ranks.size === 1) return saveCheckpoint(runFolder, checkpoint, { write });
  const { step } = checkpoint.state;
  // One folder for all: that of rank 0.
  const owner = Int32Array.of(process.pid);
  await ranks.broadcast(owner);
  const unfinished = new UnfinishedCheckpoint(placeOf(runFolder, step, owner[0]!), write);
  const isFirst = ranks.rank === 0;
  const together = <T>(action: () => T) => onEveryRank(ranks, action, reasonOf);
  try {
    await together(() => void (isFirst && unfinished.begin()));
    const sums = await together(() => {
      if (!fs.existsSync(unfinished.temporary))
        throw new UserError(
          `${unfinished.temporary}, which rank 0 has made, is not there: is it a folder that all hosts share?`,
        );
      return unfinished.add(ownFiles(checkpoint, classes, isFirst));
    });
    await together(() => void (isFirst && unfinished.finish(Object.assign({}, ...sums) as Sums)));
  } catch (error) {
    if (!(error instanceof RankError)) throw error;
    if (isFirst) unfinished.discard();
    // A rank that ends takes the others with it: not before all is removed.
    await ranks.barrier();
    throw cannotSave(runFolder, step, error.message);
  }
  if (isFirst) unfinished.removeReplaced();
  return unfinished.folder;
}

/** The files that a rank writes. */
function ownFiles(
  checkpoint: Checkpoint,
  classes: ClassPart,
  isFirst: boolean,
): Record<string, Uint8Array[]> {
  const weights = separate(checkpoint.weights, classes);
  const optimiser = separate(checkpoint.optimiser, classes);
  const common = { ...checkpoint, weights: weights.common, optimiser: optimiser.common };
  return {
    ...(isFirst && filesOf(common)),
    ...classFile('weights', weights.own, classes),
    ...classFile('optimiser', optimiser.own, classes),
  };
}

/** The tensors that all ranks have, and those with rows of classes. */
function separate(tensors: ReadonlyMap<string, StoredTensor>, classes: ClassPart) {
  const [common, own] = [new Map<string, StoredTensor>(), new Map<string, StoredTensor>()];
  for (const [name, tensor] of tensors) (hasClassRows(name, classes) ? own : common).set(name, tensor);
  return { common, own };
}

/** @throws Error when a tensor does not have the rows of this rank */
function classFile(
  kind: TensorKind,
  tensors: ReadonlyMap<string, StoredTensor>,
  { rows, total }: ClassPart,
): Record<string, Uint8Array[]> {
  if (tensors.size === 0 || rows.count === 0) return {};
  for (const [name, { shape }] of tensors) {
    if (shape[0] === undefined || shape[0] % rows.count !== 0)
      throw new Error(`${name} [${shape}] does not have a row for each of ${rows.count} classes`);
  }
  return { [classFileName(kind, rows)]: safetensorsPieces(tensors, classFileMetadata(rows, total)) };
}
