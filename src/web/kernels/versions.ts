/** Texts of kernels that a person keeps to compare them, in the browser's storage. */

/** A kept text. It belongs to one dispatch of a kernel in one case: its extents are compiled in. */
export interface Version {
  readonly name: string;
  readonly text: string;
}

/** The part of Storage that is needed. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const prefix = 'normface-versions ';

/** Kept versions of one place: a dispatch of a kernel in a case, under a key of its own. */
export class Versions {
  private readonly key: string;
  private readonly shelf: Shelf | null;
  private kept: Version[];

  /** @param shelf null where the browser lends no storage: versions then last as long as the page */
  constructor(place: string, shelf: Shelf | null) {
    this.key = prefix + place;
    this.shelf = shelf;
    this.kept = parse(read(shelf, this.key));
  }

  get all(): readonly Version[] {
    return this.kept;
  }

  /** The version of that name. */
  named(name: string): Version | undefined {
    return this.kept.find((version) => version.name === name);
  }

  /** Keeps a text; one that is kept already stays as it is. @returns its version */
  keep(text: string): Version {
    const known = this.kept.find((version) => version.text === text);
    if (known) return known;
    const numbers = this.kept.map(({ name }) => Number(/\d+$/.exec(name)?.[0] ?? 0));
    const version = { name: `Version ${Math.max(0, ...numbers) + 1}`, text };
    this.kept = [...this.kept, version];
    this.store();
    return version;
  }

  forget(name: string): void {
    this.kept = this.kept.filter((version) => version.name !== name);
    this.store();
  }

  private store(): void {
    try {
      if (this.kept.length > 0) this.shelf?.setItem(this.key, JSON.stringify(this.kept));
      else this.shelf?.removeItem(this.key);
    } catch {
      // A full or forbidden storage: they last as long as the page.
    }
  }
}

function read(shelf: Shelf | null, key: string): string | null {
  try {
    return shelf?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

function parse(stored: string | null): Version[] {
  try {
    const value: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(value) ? value.filter(isVersion) : [];
  } catch {
    return [];
  }
}

function isVersion(value: unknown): value is Version {
  const { name, text } = Object(value) as Partial<Version>;
  return typeof name === 'string' && typeof text === 'string';
}
