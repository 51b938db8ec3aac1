/** An imported net as the folder of a run: what `eval`, `embed`, `verify` and `train --from` take. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import { replaceFile, type WriteFile, writeDurably } from '../../common/files.node.ts';
import { buildNet } from '../nets/build.ts';
import { netMetadata } from '../nets/stored-net.ts';
import { completeCheckpoints, saveCheckpoint } from '../training/checkpoint/checkpoint.node.ts';
import { float32Tensor, type StoredTensor } from '../training/checkpoint/safetensors.ts';
import type { ImportedNet } from './import-model.ts';

/** The net beside its checkpoint, for `train --net`. */
export const netFile = 'net.json';

/** What stands in a checkpoint's state for the checksums of settings and images, of which an imported net has none. */
export const importedHash = 'imported';

/**
 * Writes the net as the checkpoint of step 0, and as a file.
 *
 * @param about what the weights file says of where they come from
 * @returns the checkpoint's folder
 * @param write tests put a failing one in its place
 * @throws UserError when the folder has checkpoints already, or cannot be written: then nothing is left that was not there
 */
export function saveImport(
  runFolder: string,
  { net, values }: ImportedNet,
  about: Readonly<Record<string, string>>,
  write: WriteFile = writeDurably,
): string {
  refuseUsed(runFolder);
  const { declarations } = buildNet(net, net.input, 0);
  const weights = new Map<string, StoredTensor>(
    declarations.map(({ name, shape }) => [name, float32Tensor(values.get(name)!, shape)]),
  );
  const [height, width] = net.input;
  const parent = path.join(runFolder, 'ckpt');
  const made = missingFolders(parent);
  let folder: string | undefined;
  try {
    folder = saveCheckpoint(
      runFolder,
      {
        weights,
        metadata: { ...netMetadata(net), imageSize: `${height}x${width}`, step: '0', ...about },
        optimiser: new Map(),
        state: {
          format: 1,
          step: 0,
          totalSteps: 0,
          seed: 0,
          cursor: { epoch: 0, position: 0 },
          configHash: importedHash,
          imagesHash: importedHash,
        },
      },
      { write, complain: (reason) => `cannot write the net to ${runFolder}: ${reason}` },
    );
    replaceFile(path.join(runFolder, netFile), `${JSON.stringify(net, null, 2)}\n`, write);
    return folder;
  } catch (error) {
    if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
    removeEmpty(made);
    throw error;
  }
}

/** A folder and those above it that are not there, the innermost first. */
function missingFolders(folder: string): string[] {
  const missing: string[] = [];
  let one = path.resolve(folder);
  // Above a root, which may be missing too where it is a drive, is that root again.
  for (; !fs.existsSync(one) && path.dirname(one) !== one; one = path.dirname(one)) missing.push(one);
  return missing;
}

/** Removes folders, the innermost first, up to one that somebody has put something into. */
function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders) if (fs.existsSync(folder)) fs.rmdirSync(folder);
  } catch {
    // What led here is worth a sentence, not this.
  }
}

/** @throws UserError when a folder holds a run, or is no folder */
export function refuseUsed(runFolder: string): void {
  const found = fs.statSync(runFolder, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw new UserError(`${runFolder} is a file; name a folder for the net`);
  if (
    found &&
    (completeCheckpoints(runFolder).length > 0 || fs.existsSync(path.join(runFolder, 'config.json')))
  )
    throw new UserError(`${runFolder} holds a run already; name another folder`);
}
