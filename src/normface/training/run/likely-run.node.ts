import fs from 'node:fs';
import path from 'node:path';
import { suggest } from '../../../common/suggest.ts';

/** Folders below the one that was named wrongly in which runs are looked for. */
const depth = 3;
/** Folders of one folder that are looked into: a data set may have any number, and none of them is a run. */
const most = 500;

/** `, did you mean runs/demo/normface-001?` where the folder of a run is called nearly so, else nothing. */
export function likelyRun(named: string): string {
  let nearest = path.dirname(named);
  while (!fs.existsSync(nearest)) nearest = path.dirname(nearest);
  const guess = suggest(named, runFolders(nearest, depth));
  return guess === undefined ? '' : `, did you mean ${guess}?`;
}

/** Folders that hold checkpoints. */
function runFolders(folder: string, levels: number): string[] {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // a folder of someone else's, or a file
  }
  const below = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return below.slice(0, most).flatMap(({ name }) => {
    const child = path.join(folder, name);
    if (fs.existsSync(path.join(child, 'ckpt'))) return [child];
    return levels > 1 ? runFolders(child, levels - 1) : [];
  });
}
