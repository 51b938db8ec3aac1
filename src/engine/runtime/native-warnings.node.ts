/**
 * Dawn writes to file descriptor 2 itself, past process.stderr, and cannot be told not to. For Mesa's software driver that is two
 * lines at every opening that nobody can act on. Node has no dup2, which would hold them back; the C library's is called
 * through koffi, an optional package without which they are printed.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadKoffi } from './koffi.node.ts';

const known =
  /^Warning: maxDynamic(Uniform|Storage)BuffersPerPipelineLayout artificially reduced from \d+ to \d+ .*\n?/gm;

interface Descriptors {
  readonly dup: (descriptor: number) => number;
  readonly dup2: (from: number, to: number) => number;
}

async function descriptors(): Promise<Descriptors | null> {
  // Only Linux has that driver.
  if (process.platform !== 'linux') return null;
  const koffi = await loadKoffi();
  try {
    const library = koffi?.load(null);
    if (!library) return null;
    return { dup: library.func('int dup(int)'), dup2: library.func('int dup2(int, int)') };
  } catch {
    return null;
  }
}

/** A file that only this process can reach, and that is gone with it. */
function scratchFile(): number | null {
  try {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-'));
    const file = fs.openSync(path.join(folder, 'stderr'), 'wx+', 0o600);
    fs.rmSync(folder, { recursive: true });
    return file;
  } catch {
    return null;
  }
}

/**
 * Runs `body` and leaves out the known warnings of what it writes to file descriptor 2 before it returns; the rest follows
 * afterwards. What an asynchronous body writes later is not held back.
 */
export async function withoutNativeWarnings<T>(body: () => T): Promise<Awaited<T>> {
  const native = await descriptors();
  const file = native && scratchFile();
  if (!native || file === null) return await body();
  let result: T;
  const stderr = native.dup(2);
  native.dup2(file, 2);
  try {
    result = body();
  } finally {
    native.dup2(stderr, 2);
    fs.closeSync(stderr);
    const written = Buffer.alloc(fs.fstatSync(file).size);
    fs.readSync(file, written, 0, written.length, 0); // from the start: the writers have left the offset at the end
    fs.closeSync(file);
    const rest = written.toString().replace(known, '');
    if (rest) process.stderr.write(rest);
  }
  return await result;
}
