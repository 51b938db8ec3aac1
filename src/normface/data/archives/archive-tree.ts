import type { Source } from '../dataset.ts';
import { Remarks } from '../remarks.ts';
import { type Entry, type FileSystem, mostLevels, type Target, tooDeep } from './walk.ts';

type Node =
  | { readonly kind: 'folder'; readonly nodes: Map<string, Node> }
  | { readonly kind: 'file'; readonly source: Source }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other'; readonly what: string };

/** Links followed in one path before they count as a circle, as in Linux. */
const mostLinks = 40;

/** Targets of links are paths, which are no longer in Linux and macOS: longer content is none. */
export const mostTargetBytes = 4096;

/**
 * The members of an archive as a tree of folders. A member that comes again replaces the earlier one, as it does when the archive
 * is unpacked.
 */
export class ArchiveTree implements FileSystem {
  readonly root = '';
  readonly remarks = new Remarks();
  readonly #top: Node & { kind: 'folder' } = { kind: 'folder', nodes: new Map() };

  join(folder: string, name: string): string {
    return folder === '' ? name : `${folder}/${name}`;
  }

  addFile(path: string, source: Source): void {
    this.#add(path, { kind: 'file', source });
  }

  /** @param target path from the folder of the link, or from the top when it begins with `/` */
  addLink(path: string, target: string): void {
    this.#add(path, { kind: 'link', target });
  }

  /** @param what what it is, in plural, such as "sparse files" */
  addOther(path: string, what: string): void {
    this.#add(path, { kind: 'other', what });
  }

  /** The bytes of a file that was added, or undefined. */
  find(path: string): Source | undefined {
    const node = this.#node(memberPath(path));
    return node?.kind === 'file' ? node.source : undefined;
  }

  list(folder: string): Entry[] {
    const node = this.#node(folder);
    if (node?.kind !== 'folder') return [];
    return [...node.nodes].map(([name, inner]) =>
      inner.kind === 'other' ? { name, kind: inner.kind, what: inner.what } : { name, kind: inner.kind },
    );
  }

  source(file: string): Source {
    return this.find(file)!;
  }

  follow(link: string): Target | undefined {
    let left = mostLinks;
    // The next name is the last.
    const todo = partsOf(link).reverse();
    let done: string[] = [];
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (name === '..') {
        // Above the top is outside of the archive, where nothing is.
        if (done.pop() === undefined) return undefined;
        continue;
      }
      done.push(name);
      if (done.length > mostLevels + 1) return undefined;
      const node = this.#node(done.join('/'));
      if (!node) return undefined;
      if (node.kind !== 'link') continue;
      if (left-- === 0 || node.target.length > mostTargetBytes) return undefined;
      todo.push(...partsOf(node.target).reverse());
      done = node.target.startsWith('/') ? [] : done.slice(0, -1);
    }
    const path = done.join('/');
    const kind = this.#node(path)?.kind;
    return kind === 'file' || kind === 'folder' ? { kind, path } : undefined;
  }

  #add(path: string, node: Node): void {
    const inside = memberPath(path);
    const parts = inside.split('/');
    if (parts.length > mostLevels + 1) {
      this.remarks.add(`${tooDeep} passed over`, path, true);
      return;
    }
    if (inside !== partsOf(path).join('/'))
      this.remarks.add('members that lead out of the archive, read without the .. in their paths', path);
    let { nodes } = this.#top;
    for (const part of parts.slice(0, -1)) {
      let inner = nodes.get(part);
      if (inner?.kind !== 'folder') {
        inner = { kind: 'folder', nodes: new Map() };
        nodes.set(part, inner);
      }
      nodes = inner.nodes;
    }
    nodes.set(parts[parts.length - 1]!, node);
  }

  #node(path: string): Node | undefined {
    let node: Node | undefined = this.#top;
    for (const part of partsOf(path)) node = node?.kind === 'folder' ? node.nodes.get(part) : undefined;
    return node;
  }
}

/**
 * A member's path as it is unpacked: without `.`, a leading `/` and anything up to the last `..`, which GNU tar leaves out too,
 * since nothing may be written outside of the folder that an archive is unpacked in.
 */
export function memberPath(name: string): string {
  const parts = partsOf(name);
  return parts.slice(parts.lastIndexOf('..') + 1).join('/');
}

/** The names in a path; empty ones and `.` mean nothing. */
function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
