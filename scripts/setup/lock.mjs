import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** No set-up takes this long: a lock this old was left by a machine that went away. */
const OLDEST_LOCK_MS = 30 * 60_000;

/**
 * Whether a lock may be taken over because the process that wrote it cannot be at work any more.
 *
 * @param {{ pid: number, host: string, ageMs: number }} lock
 * @param {{ host: string, isAlive: (pid: number) => boolean }} here
 */
export function isAbandoned(lock, here) {
  if (lock.ageMs > OLDEST_LOCK_MS) return true;
  // A process number means nothing on another machine or in another container.
  return lock.host === here.host && !here.isAlive(lock.pid);
}

/**
 * Runs `work` while no other process that uses the same lock file does. A lock whose owner died is taken over.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {(ownerPid: number) => void} onWait called once if another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  let told = false;
  while (!tryCreate(path, mine)) {
    const lock = readLock(path);
    if (lock && isAbandoned(lock, { host: hostname(), isAlive })) {
      takeAway(path, lock.text);
      continue;
    }
    if (lock && !told) {
      told = true;
      onWait(lock.pid);
    }
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path @param {string} text */
function tryCreate(path, text) {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} path */
function readLock(path) {
  let text = '';
  let ageMs = 0;
  try {
    ageMs = Date.now() - statSync(path).mtimeMs;
    text = readFileSync(path, 'utf8');
  } catch {
    return null; // released in the meantime
  }
  try {
    const { pid, host } = JSON.parse(text);
    return { text, pid: Number(pid), host: String(host), ageMs };
  } catch {
    return { text, pid: 0, host: '', ageMs }; // not written out (yet): only its age can free it
  }
}

/**
 * Removes an abandoned lock. Of several processes that found it, one wins the rename; a process that is late and
 * caught the winner's new lock puts that back.
 *
 * @param {string} path
 * @param {string} abandonedText
 */
function takeAway(path, abandonedText) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') === abandonedText) rmSync(aside);
    else renameSync(aside, path);
  } catch {
    // Another process was faster.
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
