import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '../errors.ts';
import { reasonOf } from '../training/files.node.ts';

/** Photographs hardly shrink by gzip: what becomes larger by more than this is no archive of them. */
const mostGrowth = 100;

/** Archives that were unpacked, by path, size and time of change: training and evaluation often read the same one. */
const unpacked = new Map<string, Promise<Unpacked>>();

/** A temporary file, gone when the process ends or when it is removed. */
export interface Unpacked {
  readonly file: string;
  remove(): void;
}

/**
 * Unpacks a file compressed by gzip into a temporary one, since its content cannot be read by position otherwise.
 * @throws UserError when the file is damaged, grows too much or the disk is full
 */
export async function unpackGzip(path: string, name: string): Promise<Unpacked> {
  const { size, mtimeMs } = await stat(path);
  const key = JSON.stringify([path, size, mtimeMs]);
  const known = unpacked.get(key) ?? unpack(path, name, size * mostGrowth, () => unpacked.delete(key));
  unpacked.set(key, known);
  return known;
}

async function unpack(path: string, name: string, limit: number, forget: () => void): Promise<Unpacked> {
  const folder = mkdtempSync(join(tmpdir(), 'normface-unpacked-'));
  const file = join(folder, 'content.tar');
  const remove = () => {
    forget();
    process.off('exit', remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  let bytes = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      const tooMuch = `${name} is no archive of images: unpacked it is more than ${mostGrowth} times as large`;
      done(bytes > limit ? new UserError(tooMuch) : null, chunk);
    },
  });
  try {
    await pipeline(createReadStream(path), createGunzip(), bounded, createWriteStream(file, { flags: 'wx' }));
  } catch (error) {
    remove();
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} cannot be unpacked: ${reasonOf(error)}`);
  }
  return { file, remove };
}
