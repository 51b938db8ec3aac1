import type { Remark } from './dataset.ts';

/** Paths that are shown of each remark. */
const shown = 3;

/** Letters of a path that are shown. */
const mostLetters = 240;

/** Collects what is to be said of files, by what was done with them. */
export class Remarks {
  readonly #paths = new Map<string, { paths: string[]; important: boolean }>();

  /** @param important whether images may be missing or doubled because of it */
  add(what: string, path: string, important = false): void {
    const known = this.#paths.get(what);
    if (known) known.paths.push(path);
    else this.#paths.set(what, { paths: [path], important });
  }

  /** In the order of their names, whatever order they were found in. */
  list(): Remark[] {
    return [...this.#paths]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, { paths, important }]) => ({
        what,
        count: paths.length,
        examples: paths.sort().slice(0, shown).map(shortened),
        important,
      }));
  }
}

/** The beginning and the end of a long path. */
function shortened(path: string): string {
  if (path.length <= mostLetters) return path;
  return `${path.slice(0, mostLetters / 2)} … ${path.slice(-mostLetters / 2)}`;
}
