import { readdir, stat } from 'node:fs/promises';
import { UserError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.node.ts';
import { isArchive, readArchive } from './archives/archive.node.ts';
import { readFolder } from './archives/folder.node.ts';
import type { OnFiles, Tree } from './archives/walk.ts';
import type { Dataset } from './dataset.ts';
import { type GeneratedSpec, generatedDataset, isGenerated, parseGenerated } from './generated-dataset.ts';
import { datasetOfTree } from './layout.ts';
import { holdsIdxFiles, isMnist, openMnist, parseMnist } from './mnist.node.ts';
import { imagesOf } from './recognise.node.ts';

/**
 * Opens a data set: a folder of `identity/image.jpg`, an archive (`.tar`, `.tar.gz` or `.zip`) of the same tree, a folder with the
 * files of MNIST (some of its images: `mnist:FOLDER,first=0,count=8000`), or generated faces
 * (`generated:identities=200,samples=20,seed=1` or the same as an object).
 * @param onFiles called with the number of files found so far
 * @throws UserError in one sentence when there is nothing usable.
 */
export async function openDataset(
  what: string | Partial<GeneratedSpec>,
  onFiles?: OnFiles,
): Promise<Dataset> {
  if (typeof what !== 'string') return generatedDataset(what);
  if (isGenerated(what)) return generatedDataset(parseGenerated(what));
  if (isMnist(what)) return openMnist(parseMnist(what));
  // What cannot be listed is reported by readTree.
  const names = await readdir(what).catch(() => []);
  if (holdsIdxFiles(names)) return openMnist({ folder: what, first: 0 });
  return datasetOfTree(await readTree(what, onFiles));
}

/**
 * Opens videos as folders of frames, `person/video/frame.jpg`, or an archive of the same tree: a data set with a class
 * `person/video` for every video. @throws UserError in one sentence when there is nothing usable.
 */
export async function openVideos(path: string): Promise<Dataset> {
  return datasetOfTree(await readTree(path), ['person', 'video']);
}

/** Whether a name is that of a data set, not of one image. @throws UserError when it is a file that cannot be read */
export async function isDataset(what: string): Promise<boolean> {
  if (isGenerated(what) || isMnist(what)) return true;
  const found = await stat(what).catch(() => undefined);
  return found !== undefined && (found.isDirectory() || (await isArchive(what)));
}

/**
 * The images of a folder or an archive, however they are placed in it.
 * @throws UserError in one sentence when there are none
 */
export async function readTree(path: string, onFiles?: OnFiles): Promise<Tree> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (error) {
    throw new UserError(`cannot open the data set ${path}: ${reasonOf(error)}`);
  }
  return imagesOf(await (found.isDirectory() ? readFolder(path, onFiles) : readArchive(path, onFiles)));
}
