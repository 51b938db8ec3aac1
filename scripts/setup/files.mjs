import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file's text; empty if it cannot be read. @param {string} path */
export function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Paths of what lies in a folder, in a fixed order; none if it cannot be read. @param {string} folder */
export function listFolder(folder) {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
