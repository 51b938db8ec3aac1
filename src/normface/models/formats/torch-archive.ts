/** The zip archive of torch.save since PyTorch 1.6: `NAME/data.pkl`, `NAME/data/KEY` for each storage, `NAME/byteorder`. */

import { unzipSync } from 'fflate';
import { UserError } from '../../../common/errors.ts';
import { refusal } from './refusal.ts';

interface Entry {
  readonly size: number;
  readonly originalSize: number;
  readonly compression: number;
}

/** Files of an archive; each tensor has one. */
const mostEntries = 20_000;
/** Deflate makes at most 1032 bytes of one (zlib's technical details); a few more are allowed to short entries. */
const mostRatio = 1032;
const largestEntry = 2 ** 31;

/** Entries of a zip archive, unpacked one at a time. */
export class TorchArchive {
  private readonly bytes: Uint8Array;
  private readonly source: string;
  private readonly entries = new Map<string, Entry>();
  /** What all names begin with. */
  private readonly prefix: string;

  /** @throws UserError when it is no archive of torch.save */
  constructor(bytes: Uint8Array, source: string) {
    this.bytes = bytes;
    this.source = source;
    this.walk((name, entry) => {
      if (this.entries.size >= mostEntries) throw this.error(`it has more than ${mostEntries} files`);
      this.entries.set(name, entry);
      return false;
    });
    const pickle = [...this.entries.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
    if (pickle === undefined)
      throw refusal(`${source} is a zip archive, but none of torch.save: it has no data.pkl`);
    this.prefix = pickle.slice(0, -'data.pkl'.length);
    if (
      this.has('constants.pkl') ||
      [...this.entries.keys()].some((name) => name.startsWith(`${this.prefix}code/`))
    )
      throw refusal(
        `${source} is a TorchScript archive, a program; save the numbers alone with torch.save(model.state_dict(), …)`,
      );
  }

  has(name: string): boolean {
    return this.entries.has(this.prefix + name);
  }

  /** The bytes of an entry, in memory of their own. @throws UserError when there is none, or it is damaged */
  read(name: string): Uint8Array {
    const whole = this.prefix + name;
    const entry = this.entries.get(whole);
    if (!entry) throw refusal(`${this.source} is damaged: it has no ${whole}`);
    const { size, originalSize, compression } = entry;
    const isStored = compression === 0;
    if (
      size > this.bytes.length ||
      originalSize > largestEntry ||
      (isStored ? originalSize !== size : originalSize > mostRatio * size + 1024)
    )
      throw this.error(`${whole} says that it has ${originalSize} bytes in ${size}`);
    let isFound = false;
    const found = this.walk((other) => {
      const isThis = other === whole && !isFound;
      isFound ||= isThis;
      return isThis;
    })[whole];
    if (!found || found.length !== originalSize) throw this.error(`${whole} is cut short`);
    return found;
  }

  private walk(filter: (name: string, entry: Entry) => boolean): Record<string, Uint8Array> {
    try {
      return unzipSync(this.bytes, { filter: ({ name, ...entry }) => filter(name, entry) });
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw this.error(error instanceof Error ? error.message : String(error));
    }
  }

  private error(reason: string): UserError {
    return refusal(`${this.source} is a damaged zip archive: ${reason}`);
  }
}
