/** The zip archive of torch.save since PyTorch 1.6: `NAME/data.pkl`, `NAME/data/KEY` for each storage, `NAME/byteorder`. */

import { inflateSync } from 'fflate';
import type { UserError } from '../../../common/errors.ts';
import { refusal } from './refusal.ts';
import { storedBytes, type ZipEntry, ZipError, zipDirectory } from './zip-directory.ts';

/** Files of an archive; each tensor has one. */
const mostEntries = 20_000;
/** Deflate makes at most 1032 bytes of one (zlib's technical details); a few more are allowed to short entries. */
const mostRatio = 1032;
const largestEntry = 2 ** 31;
const deflated = 8;

/** Entries of a zip archive, unpacked one at a time. */
export class TorchArchive {
  private readonly bytes: Uint8Array;
  private readonly source: string;
  private readonly entries: ReadonlyMap<string, ZipEntry>;
  /** What all names begin with. */
  private readonly prefix: string;

  /** @throws UserError when it is no archive of torch.save */
  constructor(bytes: Uint8Array, source: string) {
    this.bytes = bytes;
    this.source = source;
    this.entries = new Map(
      this.checked(() => zipDirectory(bytes, mostEntries)).map((entry) => [entry.name, entry]),
    );
    const names = [...this.entries.keys()];
    const pickle = names.find((name) => /(^|\/)data\.pkl$/.test(name));
    if (pickle === undefined)
      throw refusal(`${source} is a zip archive, but none of torch.save: it has no data.pkl`);
    this.prefix = pickle.slice(0, -'data.pkl'.length);
    if (this.has('constants.pkl') || names.some((name) => name.startsWith(`${this.prefix}code/`)))
      throw refusal(
        `${source} is a TorchScript archive, a program; save the numbers alone with torch.save(model.state_dict(), …)`,
      );
  }

  has(name: string): boolean {
    return this.entries.has(this.prefix + name);
  }

  /** The bytes of an entry, of a stored one a view. @throws UserError when there is none, or it is damaged */
  read(name: string): Uint8Array {
    const whole = this.prefix + name;
    const entry = this.entries.get(whole);
    if (!entry) throw refusal(`${this.source} is damaged: it has no ${whole}`);
    const { size, originalSize, compression } = entry;
    const isStored = compression === 0;
    if (!isStored && compression !== deflated)
      throw this.error(`${whole} is compressed by method ${compression}, which is not supported`);
    if (
      originalSize > largestEntry ||
      (isStored ? originalSize !== size : originalSize > mostRatio * size + 1024)
    )
      throw this.error(`${whole} says that it has ${originalSize} bytes in ${size}`);
    const stored = this.checked(() => storedBytes(this.bytes, entry));
    return isStored ? stored : this.inflated(whole, stored, originalSize);
  }

  private inflated(name: string, stored: Uint8Array, size: number): Uint8Array {
    try {
      // One byte more than there should be, which tells that there are more.
      const found = inflateSync(stored, { out: new Uint8Array(size + 1) });
      if (found.length === size) return found;
    } catch {
      // The sentence below says all that a reader needs.
    }
    throw this.error(`${name} does not unpack to ${size} bytes`);
  }

  private checked<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof ZipError ? this.error(error.message) : error;
    }
  }

  private error(reason: string): UserError {
    return refusal(`${this.source} is a damaged zip archive: ${reason}`);
  }
}
