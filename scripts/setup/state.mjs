import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the last successful set-up found. It lies in node_modules, so that anyone who deletes or reinstalls the packages
 * also deletes it.
 *
 * @typedef {{ packages?: string, adapter?: { fingerprint: string, description: string } }} SetupState
 */

const FILE = 'node_modules/.normface-setup.json';

/** @param {string} root @returns {SetupState} */
export function readState(root) {
  try {
    return JSON.parse(readFileSync(join(root, FILE), 'utf8'));
  } catch {
    return {};
  }
}

/** @param {string} root @param {SetupState} changes */
export function updateState(root, changes) {
  const path = join(root, FILE);
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, JSON.stringify({ ...readState(root), ...changes }));
  renameSync(`${path}.${process.pid}`, path);
}

/** @param {string} text */
export function digest(text) {
  return createHash('sha256').update(text).digest('hex');
}
