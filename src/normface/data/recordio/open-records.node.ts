/** RecordIO files of MXNet as data sets. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { cacheFolder } from '../../../common/cache-folder.node.ts';
import { UserError } from '../../../common/errors.ts';
import { makeFolders, reasonOf, replaceFile } from '../../../common/files.node.ts';
import { readRegularFile } from '../../../common/regular-file.node.ts';
import { readText } from '../../../common/text.node.ts';
import type { OnFiles } from '../archives/walk.ts';
import type { Dataset } from '../dataset.ts';
import { Remarks } from '../remarks.ts';
import { readHead } from '../source.node.ts';
import { otherRecords } from './beside.node.ts';
import type { RecordColumns } from './columns.ts';
import { frameHead, imageHead, recordMagicBytes } from './format.ts';
import { datasetOfTable, type ImageTable } from './image-table.ts';
import { parseIndexList } from './index-list.ts';
import { decodeTable, encodeTable, type Stamps } from './kept-table.ts';
import { namesOfList, type RecordNames } from './names.ts';
import { scanRecords } from './scan.node.ts';
import { type KeyedRecords, keysOfRecords, tabulate } from './tabulate.ts';

/** Records from which on the table is kept: fewer are walked through in less time than it takes to notice. */
const keptFrom = 20_000;

/** The largest `.idx` and the largest kept table: 40 million images. */
const mostIndexBytes = 2 ** 30;

/** Longer lists of names would take more memory than the images; the numbers of the classes serve as well. */
const mostListBytes = 2 ** 28;

/** Whether a file begins as a RecordIO file does. */
export async function isRecordFile(path: string): Promise<boolean> {
  const head = await readHead({ kind: 'file', path }, recordMagicBytes.length).catch(() => undefined);
  return head?.length === 4 && recordMagicBytes.every((byte, i) => head[i] === byte);
}

/**
 * Opens a RecordIO file as insightface and im2rec make them, with what lies beside it: `NAME.idx` tells the keys of the records,
 * `NAME.lst` the names of the people, `property` how many there are, unless another RecordIO
 * file lies in the folder. A class is a label, an image is called `label/key`. A file of
 * many records is walked through once; the table that comes of it is kept beside it, or in the cache folder.
 * @throws UserError in one sentence when a file is damaged or they do not belong together
 */
export async function openRecords(file: string, onRecords?: OnFiles): Promise<Dataset> {
  const path = resolve(file);
  const name = basename(path);
  const stem = path.slice(0, path.length - extname(path).length);
  const files = { idx: `${stem}.idx`, lst: `${stem}.lst`, property: join(dirname(path), 'property') };
  const { size, mtimeMs } = await stat(path).catch((error) => {
    throw new UserError(`cannot read ${file}: ${reasonOf(error)}`);
  });
  const stamps: Stamps = {
    rec: { size, mtimeMs },
    idx: await stampOf(files.idx),
    lst: await stampOf(files.lst),
    property: otherRecords(path).length > 0 ? null : await stampOf(files.property),
  };
  const kept = await keptTable(path, stamps, size);
  if (kept) return datasetOfTable(name, path, kept);

  const columns = await scanRecords(path, name, onRecords);
  const remarks = new Remarks();
  const index = stamps.idx ? await readIndex(files.idx) : undefined;
  const keyed = keysOfRecords(columns, { name, index });
  const table = tabulate(columns, keyed, {
    name,
    index,
    ranges: await rangesOf(path, columns, keyed),
    names: stamps.lst ? readNames(files.lst, stamps.lst.size, remarks) : undefined,
    classes: stamps.property ? readClasses(files.property, remarks) : undefined,
    remarks,
  });
  if (columns.count >= keptFrom) keep(path, encodeTable(table, stamps));
  return datasetOfTable(name, path, table);
}

async function stampOf(file: string): Promise<{ size: number; mtimeMs: number } | null> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? { size: found.size, mtimeMs: found.mtimeMs } : null;
}

/** Where the table of a file may be kept, the best place first. */
function keptPlaces(path: string): string[] {
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return [
    `${path}.normface-index`,
    join(cacheFolder(), 'records', `${basename(path)}-${hash}.normface-index`),
  ];
}

async function keptTable(path: string, stamps: Stamps, size: number): Promise<ImageTable | undefined> {
  for (const place of keptPlaces(path)) {
    if (!existsSync(place)) continue;
    const bytes = await readRegularFile(place, mostIndexBytes).catch(() => undefined);
    const table = bytes && decodeTable(bytes, stamps, size);
    if (table) return table;
  }
  return undefined;
}

/** Keeps a table where that is possible; where it is not, the file is walked through again next time. */
function keep(path: string, bytes: Uint8Array): void {
  for (const place of keptPlaces(path)) {
    try {
      makeFolders(dirname(place));
      replaceFile(place, bytes);
      return;
    } catch {
      // The folder is read-only or the disk is full.
    }
  }
}

async function readIndex(file: string) {
  const name = basename(file);
  const bytes = await readRegularFile(file, mostIndexBytes).catch((error) => {
    throw new UserError(`cannot read ${name}: ${reasonOf(error)}`);
  });
  return { name, list: parseIndexList(bytes, name) };
}

/** The two labels of the record with key 0 when it holds no image, as insightface writes it. */
async function rangesOf(
  path: string,
  columns: RecordColumns,
  { rows, keys }: KeyedRecords,
): Promise<readonly [number, number] | undefined> {
  const row = rows[keys.indexOf(0)];
  if (row === undefined) return undefined;
  if (columns.flag[row] !== 2 || columns.length[row] !== 0 || columns.joined[row] === 1) return undefined;
  const file = await open(path);
  try {
    const labels = new Float32Array(2);
    await file.read(new Uint8Array(labels.buffer), 0, 8, columns.start[row]! + frameHead + imageHead);
    const [images, identities] = labels as unknown as [number, number];
    const areKeys = [images, identities].every((key) => Number.isInteger(key) && key >= 1);
    if (!areKeys || identities < images)
      throw new UserError(
        `${basename(path)}: the record at byte ${columns.start[row]} announces keys up to ${images} and ${identities}; the first must be at least 1 and the second no less`,
      );
    return [images, identities];
  } finally {
    await file.close();
  }
}

function readNames(file: string, size: number, remarks: Remarks): RecordNames | undefined {
  if (size > mostListBytes) {
    remarks.add('lists of names that are too large passed over', basename(file));
    return undefined;
  }
  const names = namesOfList(readText(file));
  if (!names) remarks.add('lists without a folder for each label passed over', basename(file));
  return names;
}

/** The number of classes in a file `property`: `classes,height,width`. */
function readClasses(file: string, remarks: Remarks): number | undefined {
  const classes = /^\s*(\d{1,9})\s*,/.exec(readText(file))?.[1];
  if (classes === undefined) remarks.add('files that are no `classes,height,width` passed over', file);
  return classes === undefined ? undefined : Number(classes);
}
