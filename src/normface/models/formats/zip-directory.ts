/**
 * The directory of a zip archive in memory (APPNOTE.TXT of PKWARE, sections 4.3 and 4.5.3, with the records of zip64): where each entry's
 * bytes are. Every place and length is compared with the archive before anything is made of it.
 */

export interface ZipEntry {
  readonly name: string;
  /** 0: stored, 8: deflated. */
  readonly compression: number;
  /** Bytes in the archive, and of what they hold. */
  readonly size: number;
  readonly originalSize: number;
  /** Where the entry's local header begins. */
  readonly at: number;
}

const signatures = {
  entry: 0x02014b50,
  local: 0x04034b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator: 0x07064b50,
};
const endLength = 22;
const locatorLength = 20;
/** An archive's comment, behind its end. */
const longestComment = 0xffff;
/** Says that a number stands in a record of zip64. */
const elsewhere = { u16: 0xffff, u32: 0xffffffff };

/** What is wrong with an archive, in a few words. */
export class ZipError extends Error {}

/**
 * Entries in the order of the directory.
 *
 * @param most entries that are read
 * @throws ZipError where it is cut short or damaged, or has more of them
 */
export function zipDirectory(bytes: Uint8Array, most: number): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, start } = directoryEnd(view);
  if (count > most) throw new ZipError(`it has more than ${most} files`);
  const entries: ZipEntry[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== signatures.entry)
      throw new ZipError(`at byte ${at}, there is no entry ${i} of its directory`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    ) as [number, number, number];
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > bytes.length)
      throw new ZipError(`at byte ${at}, the entry ${i} of its directory is cut short`);
    const nameAt = at + 46;
    const name = new TextDecoder().decode(bytes.subarray(nameAt, nameAt + nameLength));
    if (view.getUint16(at + 8, true) & 1) throw new ZipError(`${name} is encrypted`);
    const [originalSize, size, place] = numbers64(
      view,
      [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)],
      nameAt + nameLength,
      extraLength,
    );
    entries.push({ name, compression: view.getUint16(at + 10, true), size, originalSize, at: place });
    at = next;
  }
  return entries;
}

/** The bytes of an entry as they are stored, a view. @throws ZipError where they are not there */
export function storedBytes(bytes: Uint8Array, { name, size, at }: ZipEntry): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + 30 > bytes.length || view.getUint32(at, true) !== signatures.local)
    throw new ZipError(`at byte ${at}, ${name} does not begin`);
  const from = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (from + size > bytes.length)
    throw new ZipError(
      `${name} has ${size} bytes, but ${Math.max(0, bytes.length - from)} are left at byte ${from}`,
    );
  return bytes.subarray(from, from + size);
}

/** Where the directory begins, and how many entries it has. */
function directoryEnd(view: DataView): { count: number; start: number } {
  let end = view.byteLength - endLength;
  const first = Math.max(0, end - longestComment);
  while (end >= first && view.getUint32(end, true) !== signatures.end) end--;
  if (end < first) throw new ZipError('it is cut short: its directory is missing');
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  const locator = end - locatorLength;
  if (locator < 0 || view.getUint32(locator, true) !== signatures.locator) return { count, start };
  const end64 = number64(view, locator + 8);
  if (end64 + 56 > view.byteLength || view.getUint32(end64, true) !== signatures.end64)
    throw new ZipError(`at byte ${end64}, there is no end of a directory of zip64`);
  return {
    count: count === elsewhere.u16 ? number64(view, end64 + 32) : count,
    start: start === elsewhere.u32 ? number64(view, end64 + 48) : start,
  };
}

/** Those of an entry's three numbers that stand in its extra field of zip64 (header 1) have all bits set; there they are in the same order. */
function numbers64(
  view: DataView,
  numbers: readonly [number, number, number],
  extraAt: number,
  extraLength: number,
): [number, number, number] {
  if (!numbers.includes(elsewhere.u32)) return [...numbers];
  const end = extraAt + extraLength;
  for (let at = extraAt; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let from = at + 4;
    return numbers.map((number) => {
      if (number !== elsewhere.u32) return number;
      if (from + 8 > end) throw new ZipError(`at byte ${at}, a field of zip64 is cut short`);
      from += 8;
      return number64(view, from - 8);
    }) as [number, number, number];
  }
  // Without the field it is the number itself.
  return [...numbers];
}

/** Beyond 2⁵³ it is inexact, and beyond any archive. */
const number64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));
