import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.node.ts';
import { isArchive, readArchive } from './archives/archive.node.ts';
import { readFolder } from './archives/folder.node.ts';
import type { OnFiles, Tree } from './archives/walk.ts';
import type { Dataset } from './dataset.ts';
import { type GeneratedSpec, generatedDataset, isGenerated, parseGenerated } from './generated-dataset.ts';
import { headBytes, imageFormat } from './images/image-format.ts';
import { datasetOfTree } from './layout.ts';
import { isImageList, openImageList } from './lists/open-list.node.ts';
import { holdsIdxFiles, isMnist, openMnist, parseMnist } from './mnist.node.ts';
import { imagesOf } from './recognise.node.ts';
import { isRecordFile, openRecords } from './recordio/open-records.node.ts';
import { readHead } from './source.node.ts';
import { isVerificationBin, openVerificationBin } from './verification-bin/open-bin.node.ts';

/**
 * Opens a data set: a folder of `identity/image.jpg`, an archive (`.tar`, `.tar.gz` or `.zip`) of the same tree, a RecordIO file
 * (`.rec`) or a folder with one, a verification set of insightface (`.bin`), a list of images (`.txt`, `.lst`, `.csv`, `.tsv`), a
 * folder with the files of MNIST (some of its images: `mnist:FOLDER,first=0,count=8000`), or generated faces
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
  const entries = await readdir(what, { withFileTypes: true }).catch(() => []);
  const names = entries.map(({ name }) => name);
  if (holdsIdxFiles(names)) return openMnist({ folder: what, first: 0 });
  // A folder of people may hold any file besides; insightface's folders hold files only.
  const records = entries.some((entry) => entry.isDirectory())
    ? []
    : names.filter((name) => /\.rec$/i.test(name)).sort();
  if (records.length > 1)
    throw new UserError(`${what} holds several data sets: name one of ${records.slice(0, 5).join(', ')}`);
  if (records.length === 1) return openRecords(join(what, records[0]!), onFiles);
  if (names.length === 0 && (await isRecordFile(what))) return openRecords(what, onFiles);
  if (names.length === 0 && (await isVerificationBin(what))) return openVerificationBin(what);
  if (names.length === 0 && (await isImageList(what))) return openImageList(what);
  await checkEnding(what);
  return datasetOfTree(await readTree(what, onFiles));
}

/** What a file is to be by the ending of its name. */
const endings: Readonly<Record<string, string>> = {
  '.rec': 'RecordIO file',
  '.bin': 'verification set of insightface',
};

/** @throws UserError for a file that has the name of a format and is neither that nor anything else that is known */
async function checkEnding(path: string): Promise<void> {
  const expected = endings[extname(path).toLowerCase()];
  const found = expected === undefined ? undefined : await stat(path).catch(() => undefined);
  if (!found?.isFile() || (await isArchive(path))) return;
  if (imageFormat(await readHead({ kind: 'file', path }, headBytes))) return;
  throw new UserError(
    `${basename(path)} is no ${expected}: it ${found.size === 0 ? 'is empty' : 'does not begin like one'}`,
  );
}

/**
 * Opens videos as folders of frames, `person/video/frame.jpg`, or an archive of the same tree: a data set with a class
 * `person/video` for every video. @throws UserError in one sentence when there is nothing usable.
 */
export async function openVideos(path: string): Promise<Dataset> {
  return datasetOfTree(await readTree(path), ['person', 'video']);
}

/**
 * Opens all images of a folder or an archive, wherever they lie in it, as one class: for lists that name images by their paths.
 * @throws UserError in one sentence when there is nothing usable
 */
export async function openImageFiles(path: string): Promise<Dataset> {
  const { name, files, remarks } = await readTree(path);
  return {
    name,
    identities: ['image'],
    samples: files.map((file) => ({ identity: 0, key: file.path, source: file.source })),
    remarks,
  };
}

/** Whether a name is that of a data set, not of one image. @throws UserError when it is a file that cannot be read */
export async function isDataset(what: string): Promise<boolean> {
  if (isGenerated(what) || isMnist(what)) return true;
  const found = await stat(what).catch(() => undefined);
  if (found === undefined) return false;
  return (
    found.isDirectory() ||
    (await isImageList(what)) ||
    (await isRecordFile(what)) ||
    (await isVerificationBin(what)) ||
    (await isArchive(what))
  );
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
