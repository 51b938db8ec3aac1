import { readdir, stat } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { reasonOf } from '../training/files.node.ts';
import type { Dataset } from './dataset.ts';
import { readFolder } from './folder.node.ts';
import { type GeneratedSpec, generatedDataset, isGenerated, parseGenerated } from './generated-dataset.ts';
import { datasetOfTree, type Tree } from './layout.ts';
import { holdsIdxFiles, isMnist, openMnist, parseMnist } from './mnist.node.ts';
import { readTar } from './tar.node.ts';

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
  // What cannot be listed is reported by readTree.
  const names = await readdir(what).catch(() => []);
  return holdsIdxFiles(names) ? openMnist({ folder: what, first: 0 }) : datasetOfTree(await readTree(what));
}

/**
 * Opens videos as folders of frames, `person/video/frame.jpg`, or a `.tar` of the same tree: a data set with a class
 * `person/video` for every video. @throws UserError in one sentence when there is nothing usable.
 */
export async function openVideos(path: string): Promise<Dataset> {
  return datasetOfTree(await readTree(path), ['person', 'video']);
}

async function readTree(path: string): Promise<Tree> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (error) {
    throw new UserError(`cannot open the data set ${path}: ${reasonOf(error)}`);
  }
  return found.isDirectory() ? readFolder(path) : readTar(path);
}
