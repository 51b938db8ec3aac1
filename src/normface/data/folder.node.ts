import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { reasonOf } from '../training/files.node.ts';
import type { Tree, TreeFile } from './layout.ts';

/** All files below a folder, by path. Links are followed. @throws UserError when it cannot be read. */
export async function readFolder(path: string): Promise<Tree> {
  const files: TreeFile[] = [];
  const visited = new Set<string>();

  async function walk(folder: string, prefix: string): Promise<void> {
    let entries: Awaited<ReturnType<typeof readList>>;
    try {
      // A link may lead back to a folder above it.
      const real = await realpath(folder);
      if (visited.has(real)) return;
      visited.add(real);
      entries = await readList(folder);
    } catch (error) {
      throw new UserError(`cannot read the folder ${folder}: ${reasonOf(error)}`);
    }
    await Promise.all(
      entries.map(async ({ name, kind }) => {
        const inside = prefix + name;
        if (kind === 'folder') await walk(join(folder, name), `${inside}/`);
        else if (kind === 'file')
          files.push({ path: inside, source: { kind: 'file', path: join(folder, name) } });
      }),
    );
  }

  await walk(resolve(path), '');
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { name: basename(resolve(path)), files };
}

async function readList(folder: string): Promise<{ name: string; kind: 'file' | 'folder' | 'other' }[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return Promise.all(
    entries.map(async (entry) => {
      // A link that leads nowhere is listed as a file, so that the loader reports it by name.
      const target = entry.isSymbolicLink()
        ? await stat(join(folder, entry.name)).catch(() => undefined)
        : entry;
      const kind =
        target === undefined || target.isFile() ? 'file' : target.isDirectory() ? 'folder' : 'other';
      return { name: entry.name, kind };
    }),
  );
}
