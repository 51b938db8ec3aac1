/** RecordIO files by hand, independent of the code that writes them. */

/** The magic number as bytes of a file. */
export const magicBytes = Buffer.from([0x0a, 0x23, 0xd7, 0xce]);

/** One frame: part 0 is a whole record, 1 its first part, 2 a middle one, 3 the last. */
export function frame(content: Uint8Array, part = 0): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(part * 2 ** 29 + content.length);
  return Buffer.concat([magicBytes, head, content, Buffer.alloc((4 - (content.length % 4)) % 4)]);
}

/** What stands in a record: the head with one label or a list of them, and the image. */
export function payload(
  label: number | readonly number[],
  id: number,
  image: Uint8Array = Buffer.alloc(0),
): Buffer {
  const list = typeof label === 'number' ? [] : label;
  const head = Buffer.alloc(24 + 4 * list.length);
  head.writeUInt32LE(list.length, 0);
  if (typeof label === 'number') head.writeFloatLE(label, 4);
  head.writeBigUInt64LE(BigInt(id), 8);
  for (const [i, value] of list.entries()) head.writeFloatLE(value, 24 + 4 * i);
  return Buffer.concat([head, image]);
}

/** A file of records and the text of its index, whose keys count from 0 or are given. */
export function recordFile(
  records: readonly Uint8Array[],
  keys = records.map((_, i) => i),
): { rec: Buffer; idx: string; offsets: number[] } {
  let at = 0;
  const offsets = records.map((record) => {
    at += record.length;
    return at - record.length;
  });
  return {
    rec: Buffer.concat(records),
    idx: offsets.map((offset, i) => `${keys[i]}\t${offset}\n`).join(''),
    offsets,
  };
}
