/** Which run a person wants to resume. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { withoutBest } from '../checkpoint/best-checkpoint.node.ts';
import { latestCheckpoint } from '../checkpoint/checkpoint.node.ts';
import { DONE, readDone } from '../checkpoint/done.node.ts';
import { readState } from '../checkpoint/read-checkpoint.node.ts';
import { readLog } from './run-folder.node.ts';

/** A checkpoint's folder: what is before `ckpt`, and its name. */
const CHECKPOINT = /^(.*?)[\\/]?ckpt[\\/]([^\\/]*step-\d+)[\\/]?$/;

/**
 * The run to resume: the folder itself, the run that holds the checkpoint folder, or for `auto` a run in `root`: one that is not
 * finished before those that are, and of these the one whose newest checkpoint says that it was saved last.
 * @throws UserError when there is nothing to resume, or when a checkpoint is named that was set aside
 */
export function findRunToResume(name: string, root: string): string {
  if (name === 'auto') return newestRun(root);
  const named = withoutBest(name);
  const [, run, checkpoint] = CHECKPOINT.exec(named) ?? [];
  if (checkpoint !== undefined && !checkpoint.startsWith('step-'))
    throw new UserError(
      `${named} was set aside when its run went on from another checkpoint; start a new run from its weights with --from`,
    );
  const folder = checkpoint === undefined ? named : run || '.';
  if (!fs.existsSync(path.join(folder, 'config.json')))
    throw new UserError(`${named} is not the folder of a run`);
  return folder;
}

function newestRun(root: string): string {
  const runs = (fs.existsSync(root) ? fs.readdirSync(root) : []).flatMap((entry) => {
    const folder = path.join(root, entry);
    const checkpoint = latestCheckpoint(folder);
    return checkpoint ? [{ folder, ...standingOf(checkpoint) }] : [];
  });
  runs.sort((a, b) => Number(b.finished) - Number(a.finished) || a.saved - b.saved);
  const newest = runs.at(-1);
  if (!newest) throw new UserError(`there is no run with a checkpoint in ${root} to resume`);
  return newest.folder;
}

/** Whether a run is finished at its newest checkpoint, and when that was saved; of a damaged one, which is not, by its file's time. */
function standingOf(checkpoint: string): { finished: boolean; saved: number } {
  const { mtimeMs } = fs.statSync(path.join(checkpoint, DONE));
  try {
    const { step, totalSteps } = readState(checkpoint);
    const saved = readDone(checkpoint)?.saved;
    return {
      finished: step >= totalSteps || isDone(checkpoint),
      saved: saved === undefined ? mtimeMs : Date.parse(saved),
    };
  } catch {
    return { finished: false, saved: mtimeMs };
  }
}

/** Whether the run of a checkpoint says that it is done: evaluations may have ended it. */
function isDone(checkpoint: string): boolean {
  try {
    const last = readLog(path.resolve(checkpoint, '../..')).findLast(({ event }) => event !== 'device-lost');
    return last?.event === 'done';
  } catch {
    return false; // a log that cannot be read says nothing
  }
}
