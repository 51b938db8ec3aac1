import { joined } from './pickle-writer.ts';

/** An archive with every number of its directory in the records of zip64 (APPNOTE.TXT of PKWARE, sections 4.3.14, 4.3.15 and 4.5.3). */
export function zip64(zip: Uint8Array): Uint8Array {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = zip.length - 22;
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  const entries: Uint8Array[] = [];
  for (let at = start; at < end; ) {
    const nameLength = view.getUint16(at + 28, true);
    const head = zip.slice(at, at + 46 + nameLength);
    const [size, originalSize, place] = [20, 24, 42].map((field) => view.getUint32(at + field, true));
    const fields = new DataView(head.buffer);
    for (const field of [20, 24, 42]) fields.setUint32(field, 0xffffffff, true);
    fields.setUint16(30, 28, true);
    fields.setUint16(32, 0, true);
    entries.push(head, shorts(1, 24), longs(originalSize!, size!, place!));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  const directory = joined(...entries);
  const end64 = start + directory.length;
  const last = zip.slice(end);
  new DataView(last.buffer).setUint16(8, 0xffff, true);
  new DataView(last.buffer).setUint16(10, 0xffff, true);
  new DataView(last.buffer).setUint32(16, 0xffffffff, true);
  return joined(
    zip.subarray(0, start),
    directory,
    ...[
      words(0x06064b50),
      longs(44),
      shorts(45, 45),
      words(0, 0),
      longs(count, count, directory.length, start),
    ],
    ...[words(0x07064b50, 0), longs(end64), words(1)],
    last,
  );
}

const shorts = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const longs = (...values: number[]) => new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
