/** Makes a table of images of the records of a file: which are images, of whom, and in which order. */

import { UserError } from '../../../common/errors.ts';
import type { Remark } from '../dataset.ts';
import { Remarks } from '../remarks.ts';
import type { RecordColumns } from './columns.ts';
import { frameHead } from './format.ts';
import type { ImageTable } from './image-table.ts';
import type { IndexList } from './index-list.ts';

/** Labels are f32, in which larger whole numbers are not all there. */
const mostExact = 2 ** 24;

/** What the files beside a RecordIO file tell of it. */
export interface RecordContext {
  /** What sentences call the file. */
  readonly name: string;
  /** The lines of its `.idx` and what that file is called; without one the records count from 0. */
  readonly index?: { readonly name: string; readonly list: IndexList };
  /**
   * The two labels of the record with key 0 if that is no image: images have the keys from 1 to before the first label, records of
   * identities those up to before the second (rec_builder.py of insightface).
   */
  readonly ranges?: readonly [images: number, identities: number];
  /** The folder that each label stands for, if a list beside the file tells. */
  readonly names?: ReadonlyMap<number, string>;
  /** Number of classes that a file `property` announces. */
  readonly classes?: number;
  readonly remarks?: Remarks;
}

/** Records by the keys of the index: `rows[i]` of the columns has the key `keys[i]`. */
export interface KeyedRecords {
  readonly rows: Uint32Array;
  readonly keys: Uint32Array;
}

/** Finds the records that the index names. @throws UserError when the index names what is no record, or something twice */
export function keysOfRecords(
  { count, start }: RecordColumns,
  { name, index }: Pick<RecordContext, 'name' | 'index'>,
): KeyedRecords {
  if (!index) {
    const rows = Uint32Array.from({ length: count }, (_, row) => row);
    return { rows, keys: rows };
  }
  const { keys, offsets } = index.list;
  const rows = new Uint32Array(keys.length);
  const isNamed = new Uint8Array(count);
  for (let line = 0; line < keys.length; line++) {
    const row = rowOf(start, offsets[line]!);
    if (row < 0)
      throw new UserError(
        `${index.name} names byte ${offsets[line]} for key ${keys[line]}, where no record of ${name} begins: do the two files belong together?`,
      );
    if (isNamed[row] === 1)
      throw new UserError(`${index.name} names the record at byte ${offsets[line]} twice`);
    isNamed[row] = 1;
    rows[line] = row;
  }
  return { rows, keys };
}

/** Binary search. */
function rowOf(start: Float64Array, offset: number): number {
  let low = 0;
  let high = start.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = start[middle]!;
    if (found === offset) return middle;
    if (found < offset) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Makes the table. @throws UserError for a label that is no class, a key that is there twice, and where no image is left */
export function tabulate(columns: RecordColumns, keyed: KeyedRecords, context: RecordContext): ImageTable {
  const { name, index, names, classes, remarks = new Remarks() } = context;
  const found: Remark[] = [];
  const add = (what: string, count: number) => {
    if (count > 0) found.push({ what, count, examples: [], important: true });
  };
  if (index) add(`records that ${index.name} does not name passed over`, columns.count - keyed.rows.length);
  const images = sortedByKey(imagesAmong(columns, keyed, context, add), keyed.keys);
  if (images.length === 0) throw new UserError(`${name} holds no images`);
  images.forEach((image, i) => {
    if (i > 0 && keyed.keys[image] === keyed.keys[images[i - 1]!])
      throw new UserError(`${index!.name} names the key ${keyed.keys[image]} twice`);
  });
  const counts = new Map<number, number>();
  for (const image of images) {
    const label = labelOf(columns, keyed.rows[image]!, name);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  if (classes !== undefined && classes !== counts.size)
    add(`people instead of the ${classes} that the file property announces`, counts.size);
  const { identities, order } = classNames(counts, names, remarks, name);
  return {
    identities,
    ...sortedByClass(columns, keyed, images, order, counts),
    remarks: [...found, ...remarks.list()],
  };
}

/**
 * Entries of the index that are images. A first label beyond 2²⁴ is rounded, as with the 17 million images of Glint360K: there every
 * record with an image counts.
 * @param add told of what is missing or left over
 */
function imagesAmong(
  { flag, length }: RecordColumns,
  { rows, keys }: KeyedRecords,
  { ranges }: RecordContext,
  add: (what: string, count: number) => void,
): Uint32Array {
  if (!ranges) return Uint32Array.from(keys, (_, entry) => entry);
  const [end, endOfAll] = ranges;
  const isExact = end <= mostExact;
  const images = new Uint32Array(keys.length);
  let count = 0;
  let beyond = 0;
  keys.forEach((key, entry) => {
    const row = rows[entry]!;
    const isImage = isExact ? key < end : flag[row] === 0 || length[row]! > 0;
    if (key >= 1 && isImage) images[count++] = entry;
    else if (isExact && key >= endOfAll) beyond++;
  });
  add('records beyond those that the first record announces passed over', beyond);
  if (isExact) add('images that the first record announces are not there', end - 1 - count);
  return images.subarray(0, count);
}

/** @throws UserError for what is no number of a class */
function labelOf({ label, start }: RecordColumns, row: number, name: string): number {
  const value = label[row]!;
  if (Number.isInteger(value) && value >= 0 && value <= mostExact) return value;
  throw new UserError(
    `${name}: the record at byte ${start[row]} has the label ${value}; classes are whole numbers from 0 to ${mostExact}`,
  );
}

/** The entries in ascending order of their keys; they mostly are already. */
function sortedByKey(entries: Uint32Array, keys: Uint32Array): Uint32Array {
  for (let i = 1; i < entries.length; i++)
    if (keys[entries[i]!]! < keys[entries[i - 1]!]!) return entries.sort((a, b) => keys[a]! - keys[b]!);
  return entries;
}

/** Columns of the images by class (counting sort); within a class they keep their order. */
function sortedByClass(
  columns: RecordColumns,
  { rows, keys }: KeyedRecords,
  images: Uint32Array,
  order: readonly number[],
  counts: ReadonlyMap<number, number>,
): Omit<ImageTable, 'identities' | 'remarks'> {
  const count = images.length;
  const classes = new Map<number, { readonly number: number; next: number }>();
  let begin = 0;
  order.forEach((label, number) => {
    classes.set(label, { number, next: begin });
    begin += counts.get(label)!;
  });
  const label = new Uint32Array(count);
  const key = new Uint32Array(count);
  const offset = new Float64Array(count);
  const extent = new Uint32Array(count);
  const joined = new Uint8Array(count);
  for (const image of images) {
    const row = rows[image]!;
    const own = classes.get(columns.label[row]!)!;
    const to = own.next++;
    const isJoined = columns.joined[row] === 1;
    const start = columns.start[row]!;
    label[to] = own.number;
    key[to] = keys[image]!;
    joined[to] = Number(isJoined);
    offset[to] = isJoined ? start : start + frameHead + columns.skip[row]!;
    extent[to] = isJoined ? columns.skip[row]! : columns.length[row]!;
  }
  return { label, key, offset, extent, joined };
}

/**
 * A name for each label, and the labels in the order of the names: the folder of the list, or the number with as many digits as the
 * largest has.
 */
function classNames(
  counts: ReadonlyMap<number, number>,
  names: ReadonlyMap<number, string> | undefined,
  remarks: Remarks,
  file: string,
): { identities: string[]; order: number[] } {
  const labels = [...counts.keys()].sort((a, b) => a - b);
  const listed = names && labels.every((label) => names.has(label)) ? names : undefined;
  if (names && !listed) remarks.add('a list of names (.lst) that lacks people passed over', file, true);
  const digits = String(labels[labels.length - 1]).length;
  const named = labels.map((label): [string, number] => [
    listed?.get(label) ?? String(label).padStart(digits, '0'),
    label,
  ]);
  named.sort(([a], [b]) => (a < b ? -1 : 1));
  return { identities: named.map(([name]) => name), order: named.map(([, label]) => label) };
}
