/** Model files on disk. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { readRegularFileSync } from '../../../common/regular-file.node.ts';
import type { ModelFile } from '../model-file.ts';
import { readModel } from './read-model.ts';

/** What Node reads at once. */
const largest = 2 ** 31 - 1;

/**
 * Reads a model file of any format, as {@link readModel}; of a folder the one manifest of face-api in it.
 *
 * @throws UserError with the file and the reason
 */
export async function openModel(named: string): Promise<ModelFile> {
  const file = fs.statSync(named, { throwIfNoEntry: false })?.isDirectory() ? manifestIn(named) : named;
  return readModel(readFile(file), file, async (name) => readFile(path.join(path.dirname(file), name)));
}

function manifestIn(folder: string): string {
  const found = fs.readdirSync(folder).filter((name) => name.endsWith('-weights_manifest.json'));
  if (found.length === 1) return path.join(folder, found[0]!);
  throw new UserError(
    found.length === 0
      ? `${folder} is a folder without a manifest (*-weights_manifest.json); name the model's file`
      : `${folder} has several manifests; name one of ${found.join(', ')}`,
  );
}

function readFile(file: string): Uint8Array {
  try {
    return readRegularFileSync(file, largest);
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
