/** Finds the files of a folder or an archive: links, circles and hidden parts are dealt with alike in both. */

import type { Remark, Source } from '../dataset.ts';
import { Remarks } from '../remarks.ts';

/** A name inside a folder. `what` says of other kinds what they are, in plural, such as "sparse files". */
export type Entry =
  | { readonly name: string; readonly kind: 'file' | 'folder' | 'link' }
  | { readonly name: string; readonly kind: 'other'; readonly what: string };

/** Where folders and files are found: a disk or an archive. Its paths contain no links. */
export interface FileSystem {
  /** Path of the folder that everything is in. */
  readonly root: string;
  /** What is to be said of it already. */
  readonly remarks?: Remarks;
  /** Path of what has a name inside a folder. */
  join(folder: string, name: string): string;
  list(folder: string): readonly Entry[] | Promise<readonly Entry[]>;
  /** Where a link leads, or undefined when that is no file or folder. */
  follow(link: string): Target | undefined | Promise<Target | undefined>;
  source(file: string): Source;
}

export interface Target {
  readonly kind: 'file' | 'folder';
  readonly path: string;
}

/** A file: its path with `/` between folders, as its links have it, and where its bytes are. */
export interface TreeFile {
  readonly path: string;
  readonly source: Source;
}

/** The files of a folder or an archive by path, what it is called, and what was passed over. */
export interface Tree {
  readonly name: string;
  readonly files: readonly TreeFile[];
  readonly remarks: readonly Remark[];
}

/** Called now and then with the number of files found so far. */
export type OnFiles = (files: number) => void;

/** Folders that are listed at once: more hide the time that a network drive takes to answer. */
const listedAtOnce = 32;

/** Names under which one folder is read: a chain of folders with two links each to the next would have a name for every path. */
const mostNames = 100;

/** Folders above a file: what is placed deeper is no data set, but may be a trap for those who look at every path of it. */
export const mostLevels = 64;
export const tooDeep = `files and folders deeper than ${mostLevels} levels`;

/** What Synology, QNAP, Windows and macOS put beside people's files: previews, waste and indices. */
const systemFolder =
  /^(@eadir|@recycle|#recycle|#snapshot|\$recycle\.bin|system volume information|lost\+found|__macosx)$/i;

/** A folder still to be listed: where it is, what its path is called by the links to it, and where the folders above it are. */
interface Visit {
  readonly folder: string;
  readonly prefix: string;
  readonly above: readonly string[];
}

/** All files of a folder or an archive by path; links are followed, hidden files and folders of the system are passed over. */
export async function walk(name: string, system: FileSystem, onFiles?: OnFiles): Promise<Tree> {
  const files: TreeFile[] = [];
  const remarks = system.remarks ?? new Remarks();
  const reachedAs = new Map<string, string[]>();
  const pending: Visit[] = [{ folder: system.root, prefix: '', above: [] }];

  async function visit({ folder, prefix, above }: Visit): Promise<void> {
    const names = reachedAs.get(folder) ?? [];
    if (names.length === mostNames)
      return remarks.add(`folders with more than ${mostNames} names through links passed over`, prefix, true);
    reachedAs.set(folder, names);
    names.push(prefix);
    const nowAbove = [...above, folder];
    const enter = (inner: string, path: string) => {
      if (nowAbove.length > mostLevels) remarks.add(`${tooDeep} passed over`, path, true);
      else pending.push({ folder: inner, prefix: `${path}/`, above: nowAbove });
    };

    for (const entry of await system.list(folder)) {
      const place = system.join(folder, entry.name);
      const path = prefix + entry.name;
      if (systemFolder.test(entry.name)) remarks.add('folders of the system passed over', path);
      else if (entry.name.startsWith('.')) addHidden(entry, path);
      else if (entry.kind === 'file') files.push({ path, source: system.source(place) });
      else if (entry.kind === 'folder') enter(place, path);
      else if (entry.kind === 'other') remarks.add(`${entry.what} passed over`, path, true);
      else {
        const target = await system.follow(place);
        if (!target) remarks.add('links that lead to no file passed over', path, true);
        else if (target.kind === 'file') files.push({ path, source: system.source(target.path) });
        else if (nowAbove.includes(target.path))
          remarks.add('links that lead back to a folder above them passed over', path);
        else enter(target.path, path);
      }
    }
    onFiles?.(files.length);
  }

  /** Hidden files are mostly notes of the system: `._1.jpg` is what macOS adds to `1.jpg`. */
  function addHidden({ kind }: Entry, path: string): void {
    if (kind === 'folder') remarks.add('hidden folders passed over', path, true);
    else remarks.add('hidden files passed over', path);
  }

  while (pending.length > 0) {
    const next = pending.splice(-listedAtOnce);
    await Promise.all(next.map(visit));
  }
  for (const names of reachedAs.values()) {
    if (names.length === 1) continue;
    const paths = names.map((path) => path.slice(0, -1)).sort();
    remarks.add('folders that are read under several names, through links', paths.join(' = '), true);
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { name, files, remarks: remarks.list() };
}
