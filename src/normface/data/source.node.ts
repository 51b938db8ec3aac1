/** Reads the bytes of image files, in folders, archives and RecordIO files. */

import { type FileHandle, open } from 'node:fs/promises';
import { constants, inflateRawSync } from 'node:zlib';
import { reasonOf } from '../../common/files.node.ts';
import { mostFileBytes, readRegularFile, regularFileSize } from '../../common/regular-file.node.ts';
import type { Source } from './dataset.ts';
import { readParts, recordParts } from './recordio/read-record.node.ts';

/** A source that is an image file: in a folder, a part of another file, or in memory. */
export type StoredSource = Extract<Source, { kind: 'file' | 'range' | 'record' | 'bytes' }>;

/** Photographs hardly shrink: what is deflated to less than a 200th, and no trifle, is made to fill the memory. */
const mostGrowth = 200;
const trifle = 2 ** 24;

/** How many bytes an image file has, unpacked. @throws Error with the reason in a few words when they are too many to read */
export async function storedSize(source: StoredSource): Promise<number> {
  if (source.kind === 'file') return regularFileSize(source.path);
  if (source.kind === 'bytes') return source.bytes.length;
  if (source.kind === 'record')
    return withFile(
      source.path,
      async (file) => (await recordParts(file, source.offset)).length - source.skip,
    );
  const { length, inflated = length } = source;
  if (Math.max(length, inflated) > mostFileBytes)
    throw new Error(`it is larger than ${mostFileBytes / 2 ** 20} MiB`);
  if (inflated > Math.max(trifle, mostGrowth * length))
    throw new Error(`unpacked it is more than ${mostGrowth} times as large`);
  return inflated;
}

/** All bytes of an image file. @throws Error with the reason in a few words */
export async function readSource(source: StoredSource): Promise<Uint8Array> {
  const bytes = await storedBytes(source);
  if (bytes.length === 0) throw new Error('the file is empty');
  return bytes;
}

function storedBytes(source: StoredSource): Uint8Array | Promise<Uint8Array> {
  switch (source.kind) {
    case 'file':
      return readRegularFile(source.path);
    case 'range':
      return readRange(source);
    case 'record':
      return readRecord(source);
    case 'bytes':
      return source.bytes;
  }
}

/** The first bytes of an image file: `count`, or all where it is shorter. @throws Error with the reason in a few words */
export async function readHead(source: StoredSource, count: number): Promise<Uint8Array> {
  if (source.kind === 'bytes') return source.bytes.subarray(0, count);
  if (source.kind === 'record') return (await readRecord(source)).subarray(0, count);
  return withFile(source.path, async (file) => {
    const { offset, length, inflated } =
      source.kind === 'range' ? source : { offset: 0, length: Infinity, inflated: undefined };
    // Deflated content begins with up to a few hundred bytes of tables.
    const bytes = new Uint8Array(Math.min(length, inflated === undefined ? count : count + 1024));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
    const read = bytes.subarray(0, bytesRead);
    if (inflated === undefined) return read;
    return inflateRawSync(read, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, count);
  });
}

async function readRange(source: Extract<Source, { kind: 'range' }>): Promise<Uint8Array> {
  await storedSize(source);
  const { path, offset, length, inflated } = source;
  return withFile(path, async (file) => {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    if (bytesRead < length) throw new Error('the archive ends inside it');
    if (inflated === undefined) return bytes;
    let content: Uint8Array | undefined;
    try {
      content = inflateRawSync(bytes, { maxOutputLength: Math.max(1, inflated) });
    } catch {
      // The bytes are no deflated content, or become more than the archive says.
    }
    if (content?.length !== inflated) throw new Error('its compressed content is damaged');
    return content;
  });
}

function readRecord({ path, offset, skip }: Extract<Source, { kind: 'record' }>): Promise<Uint8Array> {
  return withFile(path, async (file) =>
    (await readParts(file, await recordParts(file, offset))).subarray(skip),
  );
}

async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  await regularFileSize(path, Infinity);
  const file = await open(path).catch(rethrowReason);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function rethrowReason(error: unknown): never {
  throw new Error(reasonOf(error));
}
