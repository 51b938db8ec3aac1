import { mostFileBytes } from '../../../common/regular-file.node.ts';
import { frameHead, paddedLength, parseFrame, part, recordMagicBytes } from './format.ts';

/** What is needed of an open file, so that tests read bytes in memory. */
export interface ReadableFile {
  stat(): Promise<{ readonly size: number }>;
  read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
}

/** Parts that a record may have: an image holds the magic number about once in 2³² words, a file that was made to do harm anywhere. */
const mostParts = 4096;

/** A record of several parts: where their contents lie in the file, and where the frame after the last begins. */
export interface RecordParts {
  readonly ranges: readonly { readonly offset: number; readonly length: number }[];
  readonly length: number;
  readonly end: number;
}

/** Finds the parts of the record that begins at `offset`. @throws Error with the reason in a few words, which names an offset */
export async function recordParts(file: ReadableFile, offset: number): Promise<RecordParts> {
  const { size } = await file.stat();
  const ranges: { offset: number; length: number }[] = [];
  let length = 0;
  let at = offset;
  for (;;) {
    const head = new Uint8Array(frameHead);
    if ((await file.read(head, 0, frameHead, at)).bytesRead < frameHead)
      throw new Error(`the file ends inside the record at byte ${offset}`);
    const frame = parseFrame(new DataView(head.buffer), 0);
    const isFirst = ranges.length === 0;
    const expected: readonly number[] = isFirst ? [part.first] : [part.middle, part.last];
    if (!frame || !expected.includes(frame.part))
      throw new Error(`at byte ${at} there is no part of the record at byte ${offset}`);
    const begin = at + frameHead;
    if (begin + frame.length > size) throw new Error(`the file ends inside the record at byte ${offset}`);
    ranges.push({ offset: begin, length: frame.length });
    length += frame.length + (isFirst ? 0 : recordMagicBytes.length);
    if (length > mostFileBytes || ranges.length > mostParts)
      throw new Error(
        `the record at byte ${offset} has more than ${mostParts} parts or ${mostFileBytes / 2 ** 20} MiB`,
      );
    at = begin + paddedLength(frame.length);
    if (frame.part === part.last) return { ranges, length, end: at };
  }
}

/** The payload of a record of several parts. @throws Error with the reason in a few words */
export async function readParts(
  file: ReadableFile,
  { ranges, length }: RecordParts,
): Promise<Uint8Array<ArrayBuffer>> {
  const payload = new Uint8Array(length);
  let at = 0;
  for (const [i, range] of ranges.entries()) {
    if (i > 0) {
      payload.set(recordMagicBytes, at);
      at += recordMagicBytes.length;
    }
    const { bytesRead } = await file.read(payload, at, range.length, range.offset);
    if (bytesRead < range.length) throw new Error('the file ends inside it');
    at += range.length;
  }
  return payload;
}
