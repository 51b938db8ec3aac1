/** The package this code belongs to: where it lies and which version it is, from source or built. */

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of this package's `package.json`. */
export const packageRoot: string = findRoot(path.dirname(fileURLToPath(import.meta.url)));

/** Version of this package. */
export const packageVersion: string = manifest(packageRoot)!.version;

function findRoot(folder: string): string {
  if (manifest(folder)?.name === 'normface') return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('the package.json of normface is missing');
  return findRoot(parent);
}

function manifest(folder: string): { name?: string; version: string } | undefined {
  const file = path.join(folder, 'package.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
}
