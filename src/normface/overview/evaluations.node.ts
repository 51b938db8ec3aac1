/** Evaluations and the runs whose checkpoints they judged. */

import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import { regularFileSizeSync } from '../../common/regular-file.node.ts';
import { completeCheckpoints } from '../training/checkpoint/checkpoint.node.ts';
import { DONE, readDone } from '../training/checkpoint/done.node.ts';
import { readScoreIndex, type ScoreIndex } from './score-file.node.ts';

/** An evaluation with the number that a run has in it. */
export interface RunEvaluation {
  readonly folder: string;
  readonly index: ScoreIndex;
  readonly run: number;
}

/** Evaluations that keep scores. */
export interface Evaluations {
  readonly found: readonly { readonly folder: string; readonly index: ScoreIndex }[];
  /** A sentence for each whose `scores.json` is damaged. */
  readonly problems: readonly string[];
}

/** Reads what evaluations say of their scores; those of older versions keep none. */
export function readEvaluations(folders: readonly string[]): Evaluations {
  const found: { folder: string; index: ScoreIndex }[] = [];
  const problems: string[] = [];
  for (const folder of folders) {
    try {
      const index = readScoreIndex(folder);
      if (index) found.push({ folder, index });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(error.message);
    }
  }
  return { found, problems };
}

/**
 * The evaluations of a run: by the checksum of its weights, which is the same wherever the run was moved, or by the place of the
 * weights, where the checkpoint is gone.
 */
export function evaluationsOf(runFolder: string, { found }: Evaluations): RunEvaluation[] {
  if (found.length === 0) return [];
  const sums = new Set(weightsSums(runFolder));
  const inside = path.resolve(runFolder) + path.sep;
  return found.flatMap(({ folder, index }) =>
    index.runs.flatMap(({ weights, weightsSha256 }, run) => {
      const isOwn =
        (weightsSha256 !== null && sums.has(weightsSha256)) ||
        (weights !== null && path.resolve(weights).startsWith(inside));
      return isOwn ? [{ folder, index, run }] : [];
    }),
  );
}

/** More than any file DONE has, also where a thousand processes had a part of the classes each. */
const mostDoneBytes = 2 ** 20;

/** Checksums of the weights of a run's checkpoints; a damaged checkpoint is for those to complain of who read it. */
function weightsSums(runFolder: string): string[] {
  let checkpoints: string[];
  try {
    checkpoints = completeCheckpoints(runFolder);
  } catch {
    return [];
  }
  return checkpoints.flatMap((checkpoint) => {
    try {
      regularFileSizeSync(path.join(checkpoint, DONE), mostDoneBytes);
      return readDone(checkpoint)?.sha256['weights.safetensors'] ?? [];
    } catch {
      return [];
    }
  });
}
