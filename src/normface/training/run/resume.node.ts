/** Resuming a run: its settings, its checkpoint and its lock. */

import path from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import type { JsonObject } from '../../../common/json.ts';
import { readJson } from '../../../common/json-file.node.ts';
import { findCheckpoint } from '../checkpoint/checkpoint.node.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { hasChecksums, readCheckpoint } from '../checkpoint/read-checkpoint.node.ts';
import { parseConfig, type TrainingConfig } from '../config/config.ts';
import { configHash, decisiveSettings, differingKeys } from '../config/overrides.ts';
import { type ConfigSources, type ResolvedConfig, resolveResumed } from '../config/resolve-config.node.ts';
import { findRunToResume } from './find-run.node.ts';
import { readRunConfig } from './run-folder.node.ts';
import { RunLock } from './run-lock.node.ts';

/** A run to go on with, from one of its checkpoints. */
export interface Resumed {
  readonly folder: string;
  readonly checkpoint: Checkpoint;
  /** Where it is, for ranks that read their classes of it. */
  readonly checkpointFolder?: string;
  /** Held since before the checkpoint was read. */
  readonly lock?: RunLock;
}

export interface ResumeOptions {
  /** Where `auto` looks for runs. */
  readonly root: string;
  /** Settings laid over those of the run. */
  readonly changes: Omit<ConfigSources, 'file'>;
  /** Accept settings that change the numbers of the run. */
  readonly force: boolean;
  /** Lock the run, in order to train. */
  readonly lock: boolean;
  /** Leave out what a checkpoint has in files of some classes each: ranks read those of their classes later. */
  readonly withoutClasses?: boolean;
  readonly warn: (text: string) => void;
}

/**
 * Opens a run to go on with.
 * @param named the run's folder, one of its checkpoints, or `auto`: see {@link findRunToResume}
 * @throws UserError when there is none, when it is damaged or in use; UsageError when its settings are others than before
 */
export function openResumed(
  named: string,
  { root, changes, force, lock: wantsLock, withoutClasses = false, warn }: ResumeOptions,
): ResolvedConfig & { readonly resume: Resumed } {
  const folder = findRunToResume(named, root);
  const lock = wantsLock ? new RunLock(folder) : undefined;
  try {
    const checkpointFolder = findCheckpoint(named === 'auto' ? folder : named);
    const checkpoint = readCheckpoint(checkpointFolder, withoutClasses ? { classes: 'none' } : {});
    if (!hasChecksums(checkpointFolder))
      warn(`${checkpointFolder} was saved by an older version without checksums: damage would go unnoticed`);
    const original = readRunConfig(folder);
    const precision = checkpoint.optimiser.has('lossScale') ? 'f16' : 'f32';
    const edited = editedSettings(folder, original, checkpoint);
    if (edited !== undefined && !force)
      throw new UsageError(
        `the settings in ${path.join(folder, 'config.json')} are not those that ${checkpointFolder} was trained with` +
          `${edited && ` (${edited})`}; add --force to go on with them`,
      );
    const resolved = resolveResumed(original, changes, force, precision);
    return { ...resolved, resume: { folder, checkpoint, checkpointFolder, lock } };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/**
 * The keys of config.json that changed since the checkpoint, as text; undefined if none did. They can be named only where the
 * settings as a person first gave them are still those of the checkpoint.
 */
function editedSettings(folder: string, original: TrainingConfig, { state }: Checkpoint): string | undefined {
  // The hash of an older checkpoint is of the file as it was written, that of a newer one has the defaults that are new since.
  const stored = readJson(path.join(folder, 'config.json')) as JsonObject;
  if ([stored, original].some((settings) => configHash(settings) === state.configHash)) return undefined;
  try {
    const first = parseConfig(readJson(path.join(folder, 'config.source.json')));
    const keys = differingKeys(decisiveSettings(first), decisiveSettings(original));
    return configHash(first) === state.configHash ? keys.join(', ') : '';
  } catch {
    return '';
  }
}
