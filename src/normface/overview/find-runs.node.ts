/** The runs below a folder, and the results of evaluations beside them. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.node.ts';

/** Levels below the folder that are looked at: `runs/lfw-001`, and `runs/demo/softmax-001`. */
const usualDepth = 4;

/** What only the folder of a run holds, some of it where the run was broken off early or files were lost. */
const filesOfRuns = ['log.jsonl', 'ckpt', 'config.source.json'];
/** What others may call their files, too: it tells a run together with the name of the folder. */
const commonFiles = ['config.json', 'environment.json', 'lock.json'];

/** What folders of runs are called; one that is empty was made and left at once. */
const nameOfRuns = /-\d{3,}$/;

/** Folders, each once, as paths that begin with the folder that was searched. */
export interface Found {
  readonly runs: readonly string[];
  /** Folders with a `result.json`, as `normface eval` and `normface demo` write it. */
  readonly evaluations: readonly string[];
  /** Folders that could not be looked into, with the reason. */
  readonly unreadable: readonly { readonly folder: string; readonly reason: string }[];
}

/**
 * Looks for runs in a folder and so many levels below it; the folder itself may be a run. Folders whose names begin with a dot
 * are passed over, and nothing is looked for within a run.
 * @throws UserError when the folder is not there
 */
export function findRuns(root: string, depth = usualDepth): Found {
  let info: fs.Stats;
  try {
    info = fs.statSync(root);
  } catch (error) {
    throw new UserError(
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `there is no folder ${root}`
        : `cannot read ${root}: ${reasonOf(error)}`,
    );
  }
  if (!info.isDirectory()) throw new UserError(`${root} is a file, not a folder with runs`);
  const runs: string[] = [];
  const evaluations: string[] = [];
  const unreadable: { folder: string; reason: string }[] = [];
  // Links may lead to a folder twice, or round in a circle.
  const seen = new Set<string>();
  const visit = (folder: string, levels: number): void => {
    let entries: fs.Dirent[];
    try {
      const real = fs.realpathSync(folder);
      if (seen.has(real)) return;
      seen.add(real);
      entries = fs.readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      unreadable.push({ folder, reason: reasonOf(error) });
      return;
    }
    const names = new Set(entries.map(({ name }) => name));
    const isCalled = nameOfRuns.test(path.basename(path.resolve(folder)));
    const isNamed = isCalled && (names.size === 0 || commonFiles.some((name) => names.has(name)));
    if (isNamed || filesOfRuns.some((name) => names.has(name))) {
      runs.push(folder);
      return;
    }
    if (names.has('result.json')) evaluations.push(folder);
    if (levels === 0) return;
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const child = path.join(folder, entry.name);
      if (entry.isDirectory() || (entry.isSymbolicLink() && isFolder(child))) visit(child, levels - 1);
    }
  };
  visit(root, depth);
  // A folder with settings alone may be of anything, unless it was named and holds nothing else.
  const isLone = runs.length + evaluations.length === 0;
  if (isLone && fs.existsSync(path.join(root, 'config.json'))) runs.push(root);
  return { runs, evaluations, unreadable };
}

function isFolder(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Bytes of all files of a folder; links are not followed, and what cannot be looked at does not count. */
export function bytesOf(folder: string): number {
  let bytes = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    let entries: fs.Dirent[];
    try {
      entries = fs.readdirSync(next, { withFileTypes: true });
    } catch {
      continue;
    }
    for (const entry of entries) {
      const child = path.join(next, entry.name);
      if (entry.isDirectory()) folders.push(child);
      else bytes += fs.lstatSync(child, { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return bytes;
}
