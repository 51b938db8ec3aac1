import { createReadStream, createWriteStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { isRunning } from '../../../common/temporary.node.ts';

/** Photographs hardly shrink by gzip: what becomes larger by more than this is no archive of them. */
const mostGrowth = 100;

/** Archives that were unpacked, by path, size and time of change: training and evaluation often read the same one. */
const unpacked = new Map<string, Promise<Unpacked>>();

/** Folders of this process; their names tell others whose they are. */
const folders = new Set<string>();
const prefix = `normface-unpacked-${hostname()}-`;

/** The signals that end a process without its event `exit`. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

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
  removeForsaken();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  const file = join(folder, 'content.tar');
  const remove = () => {
    forget();
    folders.delete(folder);
    if (folders.size === 0) watch('off');
    rmSync(folder, { recursive: true, force: true });
  };
  if (folders.size === 0) watch('on');
  folders.add(folder);
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

/** Begins or ceases to await the end of the process. */
function watch(change: 'on' | 'off'): void {
  process[change]('exit', removeAll);
  for (const signal of signals) process[change](signal, endBySignal);
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Ends the process as the signal does by itself, unless others listen to it too: those may still read, and end it in their own time. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.off(signal, endBySignal);
  process.kill(process.pid, signal);
}

/** Removes what processes of this machine left that were ended by force. */
function removeForsaken(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number(/^(\d+)-/.exec(name.slice(prefix.length))?.[1]) : Number.NaN;
    if (Number.isNaN(pid) || isRunning(pid)) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // It belongs to another user, who removes it.
    }
  }
}
