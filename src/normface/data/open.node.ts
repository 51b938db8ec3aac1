import { readdir, stat } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { reasonOf } from '../training/files.node.ts';
import type { Dataset } from './dataset.ts';
import { openFolder } from './folder.node.ts';
import { type GeneratedSpec, generatedDataset, isGenerated, parseGenerated } from './generated-dataset.ts';
import { holdsIdxFiles, isMnist, openMnist, parseMnist } from './mnist.node.ts';
import { openTar } from './tar.node.ts';

/**
 * Opens a data set: a folder of `identity/image.jpg`, a `.tar` of the same tree, a folder with the files of MNIST
 * (some of its images: `mnist:FOLDER,first=0,count=8000`), or generated faces (`generated:identities=200,samples=20,seed=1` or the
 * same as an object).
 * @throws UserError in one sentence when there is nothing usable.
 */
export async function openDataset(what: string | Partial<GeneratedSpec>): Promise<Dataset> {
  if (typeof what !== 'string') return generatedDataset(what);
  if (isGenerated(what)) return generatedDataset(parseGenerated(what));
  if (isMnist(what)) return openMnist(parseMnist(what));
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(what);
  } catch (error) {
    throw new UserError(`cannot open the data set ${what}: ${reasonOf(error)}`);
  }
  if (!found.isDirectory()) return openTar(what);
  // A folder that cannot be listed is reported by openFolder.
  const names = await readdir(what).catch(() => []);
  return holdsIdxFiles(names) ? openMnist({ folder: what, first: 0 }) : openFolder(what);
}
