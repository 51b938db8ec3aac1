import { stat } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { reasonOf } from '../training/files.node.ts';
import type { Dataset } from './dataset.ts';
import { openFolder } from './folder.node.ts';
import { type GeneratedSpec, generatedDataset, isGenerated, parseGenerated } from './generated-dataset.ts';
import { openTar } from './tar.node.ts';

/**
 * Opens a data set: a folder of `identity/image.jpg`, a `.tar` of the same tree, or generated faces
 * (`generated:identities=200,samples=20,seed=1` or the same as an object).
 * @throws UserError in one sentence when there is nothing usable.
 */
export async function openDataset(what: string | Partial<GeneratedSpec>): Promise<Dataset> {
  if (typeof what !== 'string') return generatedDataset(what);
  if (isGenerated(what)) return generatedDataset(parseGenerated(what));
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(what);
  } catch (error) {
    throw new UserError(`cannot open the data set ${what}: ${reasonOf(error)}`);
  }
  return found.isDirectory() ? openFolder(what) : openTar(what);
}
