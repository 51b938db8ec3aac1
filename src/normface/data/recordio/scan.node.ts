import { open } from 'node:fs/promises';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { GrowingColumns, type RecordColumns, type ScannedRecord } from './columns.ts';
import { frameHead, imageHead, paddedLength, parseFrame, part } from './format.ts';
import { type ReadableFile, readParts, recordParts } from './read-record.node.ts';

/** Bytes that are read at once: disks are fastest in order, and a block holds a hundred images of the usual size. */
const blockBytes = 2 ** 20;

/** Records between two calls of `onRecords`. */
const reportedEvery = 4096;

/**
 * Walks through a RecordIO file from frame to frame and reads what stands before each image.
 * @param name what sentences call the file
 * @throws UserError naming the offset where the file is damaged or ends
 */
export async function scanRecords(
  path: string,
  name: string,
  onRecords?: (count: number) => void,
): Promise<RecordColumns> {
  const file = await open(path).catch((error) => {
    throw new UserError(`cannot read ${name}: ${reasonOf(error)}`);
  });
  try {
    return await scanFile(file, name, onRecords);
  } finally {
    await file.close();
  }
}

/** {@link scanRecords} of a file that is open. */
export async function scanFile(
  file: ReadableFile,
  name: string,
  onRecords?: (count: number) => void,
): Promise<RecordColumns> {
  const { size } = await file.stat();
  if (size === 0) throw new UserError(`${name} is empty`);
  const blocks = new Blocks(file, size);
  const columns = new GrowingColumns();
  for (let at = 0; at < size; ) {
    at = await addRecord(columns, blocks, file, name, at);
    if (columns.count % reportedEvery === 0) onRecords?.(columns.count);
  }
  onRecords?.(columns.count);
  return columns.finish();
}

/** Adds the record that begins at `at`. @returns where the next begins */
async function addRecord(
  columns: GrowingColumns,
  blocks: Blocks,
  file: ReadableFile,
  name: string,
  at: number,
): Promise<number> {
  if (!blocks.holds(at, frameHead + imageHead + 4)) await blocks.load(at);
  const { size } = blocks;
  if (size - at < frameHead)
    throw new UserError(`${name} is cut short: it ends inside the record at byte ${at}`);
  const frame = parseFrame(blocks.view, at - blocks.begin);
  if (!frame) throw new UserError(`${name} is damaged: no record begins at byte ${at}`);
  if (frame.part === part.first) return addJoined(columns, file, name, at);
  if (frame.part !== part.whole)
    throw new UserError(
      `${name} is damaged: at byte ${at} a record goes on (part ${frame.part}) that has not begun`,
    );
  const content = at + frameHead;
  if (content + frame.length > size)
    throw new UserError(
      `${name} is cut short: the record at byte ${at} has ${frame.length} bytes, but ${size - content} are left`,
    );
  columns.add(describe(blocks.view, content - blocks.begin, frame.length, { name, at, joined: false }));
  return content + paddedLength(frame.length);
}

async function addJoined(
  columns: GrowingColumns,
  file: ReadableFile,
  name: string,
  at: number,
): Promise<number> {
  try {
    const parts = await recordParts(file, at);
    const payload = await readParts(file, parts);
    const view = new DataView(payload.buffer);
    columns.add(describe(view, 0, payload.length, { name, at, joined: true }));
    return parts.end;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} is damaged: ${reasonOf(error)}`);
  }
}

/** What a payload says of itself. @throws UserError when it is shorter than that needs */
function describe(
  view: DataView,
  begin: number,
  length: number,
  { name, at, joined }: { readonly name: string; readonly at: number; readonly joined: boolean },
): ScannedRecord {
  if (length < imageHead)
    throw new UserError(
      `${name}: the record at byte ${at} has ${length} bytes, fewer than the ${imageHead} that stand before an image`,
    );
  const flag = view.getUint32(begin, true);
  const skip = imageHead + 4 * flag;
  if (skip > length)
    throw new UserError(
      `${name}: the record at byte ${at} announces ${flag} labels, but it has ${length} bytes only`,
    );
  const label = view.getFloat32(begin + (flag > 0 ? imageHead : 4), true);
  return { start: at, skip, length: length - skip, flag, label, joined };
}

/** The stretch of a file that is in memory. */
class Blocks {
  readonly size: number;
  begin = 0;
  view = new DataView(new ArrayBuffer(0));
  readonly #file: ReadableFile;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  constructor(file: ReadableFile, size: number) {
    this.#file = file;
    this.size = size;
    this.#buffer = new Uint8Array(Math.min(blockBytes, size));
  }

  /** Whether bytes are in memory, as far as the file has them. */
  holds(at: number, count: number): boolean {
    return at >= this.begin && Math.min(at + count, this.size) <= this.begin + this.view.byteLength;
  }

  async load(at: number): Promise<void> {
    const wanted = Math.min(blockBytes, this.size - at);
    let read = 0;
    while (read < wanted) {
      const { bytesRead } = await this.#file.read(this.#buffer, read, wanted - read, at + read);
      if (bytesRead === 0) throw new UserError('the file became shorter while it was read');
      read += bytesRead;
    }
    this.begin = at;
    this.view = new DataView(this.#buffer.buffer, 0, wanted);
  }
}
