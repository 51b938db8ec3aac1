/** A table of images as a file, so that a large RecordIO file is walked through once and not at every start. */

import { parseJson } from '../../../common/json.ts';
import type { Remark } from '../dataset.ts';
import type { ImageTable } from './image-table.ts';

/** What a file begins with: its kind and its version. Another version is another file. */
const signature = 'normface records 1\n';
const columnNames = ['offset', 'key', 'extent', 'label', 'joined'] as const;

/** Size and time of change of the files that a table was made of: it holds as long as they are the same. */
export type Stamps = Readonly<Record<string, { readonly size: number; readonly mtimeMs: number } | null>>;

interface Head {
  readonly stamps: Stamps;
  readonly count: number;
  readonly identities: readonly string[];
  readonly remarks: readonly Remark[];
}

/** The bytes of a table: a line that tells its kind, the length of a JSON text, that text, and the columns one after the other. */
export function encodeTable(table: ImageTable, stamps: Stamps): Uint8Array {
  const { identities, remarks } = table;
  const head: Head = { stamps, count: table.key.length, identities, remarks };
  const json = new TextEncoder().encode(JSON.stringify(head));
  const start = new TextEncoder().encode(`${signature}${json.length}\n`);
  const columns = columnNames.map((name) => {
    const { buffer, byteOffset, byteLength } = table[name];
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  const parts = [start, json, ...columns];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The table in a file, or undefined when it was made of other files, is damaged or leads out of the RecordIO file. */
export function decodeTable(bytes: Uint8Array, stamps: Stamps, recordBytes: number): ImageTable | undefined {
  const start = new RegExp(`^${signature}(\\d{1,9})\\n`).exec(
    new TextDecoder('latin1').decode(bytes.subarray(0, 64)),
  );
  if (!start) return undefined;
  const begin = start[0].length;
  const end = begin + Number(start[1]);
  if (end > bytes.length) return undefined;
  let head: Head;
  try {
    head = parseJson(new TextDecoder().decode(bytes.subarray(begin, end))) as unknown as Head;
    if (JSON.stringify(head.stamps) !== JSON.stringify(stamps)) return undefined;
  } catch {
    return undefined;
  }
  const { count, identities, remarks } = head;
  if (!Number.isSafeInteger(count) || !Array.isArray(identities) || !Array.isArray(remarks)) return undefined;
  if (bytes.length - end !== count * (8 + 4 + 4 + 4 + 1)) return undefined;
  let at = end;
  // A copy, which begins where any kind of number may.
  const take = (width: number): ArrayBuffer => {
    const column = new Uint8Array(width * count);
    column.set(bytes.subarray(at, at + column.length));
    at += column.length;
    return column.buffer;
  };
  const table = {
    identities,
    remarks,
    offset: new Float64Array(take(8)),
    key: new Uint32Array(take(4)),
    extent: new Uint32Array(take(4)),
    label: new Uint32Array(take(4)),
    joined: new Uint8Array(take(1)),
  };
  for (let row = 0; row < count; row++) {
    const fits = table.offset[row]! >= 0 && table.offset[row]! + table.extent[row]! <= recordBytes;
    if (!fits || table.label[row]! >= identities.length) return undefined;
  }
  return table;
}
