/** Photographs as people have them: files, folders and archives of any depth. */

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.node.ts';
import type { OnFiles } from '../data/archives/walk.ts';
import type { Remark, Source } from '../data/dataset.ts';
import { isGenerated } from '../data/generated-dataset.ts';
import { isMnist } from '../data/mnist.node.ts';
import { isDataset, readTree } from '../data/open.node.ts';

/** A photograph: its path in the tree that comes out, and where its bytes are. */
export interface Photograph {
  readonly path: string;
  readonly source: Source;
  /** Bytes of the file, and when it or its archive was changed, in milliseconds since 1970: whether it is the same as before. */
  readonly bytes: number;
  readonly modified: number;
}

export interface Photographs {
  readonly photographs: readonly Photograph[];
  readonly remarks: readonly Remark[];
  /** Folders and files that were named, absolute. */
  readonly inputs: readonly string[];
}

/** Files whose sizes are asked for at once. */
const askedAtOnce = 64;

/**
 * Opens what was named. Of one folder or archive, photographs have their paths inside of it; of several, its name comes before them. A
 * file that is one image has its name.
 * @throws UserError when something is not there or holds no images, or two photographs have one path
 */
export async function openPhotographs(named: readonly string[], onFiles?: OnFiles): Promise<Photographs> {
  const found: { path: string; source: Source; archive?: string }[] = [];
  const remarks: Remark[] = [];
  for (const input of named) {
    if (isGenerated(input) || isMnist(input))
      throw new UserError(`${input}: these images are aligned as they are; give photographs`);
    const status = await stat(input).catch((error) => {
      throw new UserError(`cannot open ${input}: ${reasonOf(error)}`);
    });
    if (!(await isDataset(input))) {
      found.push({ path: path.basename(input), source: { kind: 'file', path: path.resolve(input) } });
      continue;
    }
    const tree = await readTree(input, onFiles);
    remarks.push(...tree.remarks);
    const before = named.length > 1 ? `${tree.name}/` : '';
    for (const file of tree.files)
      found.push({
        path: before + file.path,
        source: file.source,
        ...(status.isFile() ? { archive: input } : {}),
      });
  }
  checkPaths(found);
  const photographs: Photograph[] = [];
  for (let start = 0; start < found.length; start += askedAtOnce)
    photographs.push(...(await Promise.all(found.slice(start, start + askedAtOnce).map(withState))));
  return { photographs, remarks, inputs: named.map((input) => path.resolve(input)) };
}

function checkPaths(found: readonly { readonly path: string }[]): void {
  const seen = new Set<string>();
  for (const photograph of found) {
    if (seen.has(photograph.path))
      throw new UserError(`two photographs would be ${photograph.path}: align them one after the other`);
    seen.add(photograph.path);
  }
}

/** What cannot be asked is said when the photograph is read. */
async function withState({
  path: name,
  source,
  archive,
}: {
  readonly path: string;
  readonly source: Source;
  readonly archive?: string;
}): Promise<Photograph> {
  const file = archive ?? ('path' in source ? source.path : '');
  const status = await stat(file).catch(() => undefined);
  return {
    path: name,
    source,
    bytes: source.kind === 'range' ? source.length : (status?.size ?? 0),
    modified: Math.floor(status?.mtimeMs ?? 0),
  };
}

/**
 * Where the crops of photographs go: the same path with another ending; the old one stays before it where two photographs of a folder
 * differ in nothing else. Without regard to upper and lower case, as in the file systems of Windows and macOS.
 * @returns by path of the photograph, the path of its crop without its ending
 */
export function cropNames(photographs: readonly { readonly path: string }[]): Map<string, string> {
  const stemOf = (name: string) => name.replace(/\.[^./]+$/, '');
  const counts = new Map<string, number>();
  for (const photograph of photographs) {
    const stem = stemOf(photograph.path).toLowerCase();
    counts.set(stem, (counts.get(stem) ?? 0) + 1);
  }
  return new Map(
    photographs.map((photograph) => {
      const stem = stemOf(photograph.path);
      return [photograph.path, counts.get(stem.toLowerCase()) === 1 ? stem : photograph.path];
    }),
  );
}
