/** Reading safetensors files by parts: only what is wanted comes into memory, and once. */

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import { DONE } from './done.node.ts';
import { headerEnd, lengthBytes, parseHeader, type SafetensorsHeader } from './safetensors-header.ts';

/** Consecutive bytes of the tensors of a file. */
export interface WantedBytes {
  /** From the first byte of the first tensor on. */
  readonly begin: number;
  /** Where they go; as many are read as it holds. */
  readonly into: Uint8Array;
}

/** Bytes that are read at once where a whole file goes by. */
const pieceBytes = 2 ** 22;

/** Bytes for one call: a call that is asked for 2 GiB or more is refused by Node. */
const mostAtOnce = 2 ** 28;

/** A safetensors file of which the header has been read. */
export class TensorFile {
  readonly file: string;
  readonly header: SafetensorsHeader;
  /** Everything before the first tensor. */
  private readonly start: Uint8Array;
  private readonly size: number;

  /** @throws UserError when the file is missing, or its header is damaged or not that of a file of its size */
  constructor(file: string) {
    this.file = file;
    const { start, size } = this.opened((handle) => {
      const { size } = fs.fstatSync(handle);
      const length = new Uint8Array(Math.min(size, lengthBytes));
      this.fill(handle, length, 0);
      const start = new Uint8Array(headerEnd(length, size, file));
      this.fill(handle, start, 0);
      return { start, size };
    });
    this.start = start;
    this.size = size;
    this.header = parseHeader(start.subarray(lengthBytes), size, file);
  }

  /**
   * Reads some of the bytes.
   * @param sha256 of the whole file, hexadecimal: then all of it is read and compared; without it only what is wanted
   * @throws UserError when it is not the file that was saved
   */
  read(wanted: readonly WantedBytes[], sha256?: string): void {
    this.opened((handle) => {
      if (sha256 !== undefined) this.readChecked(handle, wanted, sha256);
      else for (const { begin, into } of wanted) this.fill(handle, into, this.start.length + begin);
    });
  }

  private readChecked(handle: number, wanted: readonly WantedBytes[], sha256: string): void {
    const hash = createHash('sha256').update(this.start);
    const buffer = new Uint8Array(Math.min(pieceBytes, this.size - this.start.length));
    for (let at = this.start.length; at < this.size; at += buffer.length) {
      const piece = buffer.subarray(0, this.size - at);
      this.fill(handle, piece, at);
      hash.update(piece);
      const first = at - this.start.length;
      for (const { begin, into } of wanted) {
        const [from, to] = [Math.max(first, begin), Math.min(first + piece.length, begin + into.length)];
        if (from < to) into.set(piece.subarray(from - first, to - first), from - begin);
      }
    }
    if (hash.digest('hex') !== sha256)
      throw new UserError(`${this.file} is damaged: its SHA-256 is not the one that ${DONE} has of it`);
  }

  private fill(handle: number, into: Uint8Array, position: number): void {
    for (let done = 0; done < into.length; ) {
      const count = Math.min(mostAtOnce, into.length - done);
      const read = fs.readSync(handle, into, done, count, position + done);
      if (read === 0) throw new UserError(`${this.file} became shorter while it was read`);
      done += read;
    }
  }

  private opened<T>(use: (handle: number) => T): T {
    let handle: number | undefined;
    try {
      handle = fs.openSync(this.file, 'r');
      return use(handle);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`cannot read ${this.file}: ${reasonOf(error)}`);
    } finally {
      if (handle !== undefined) fs.closeSync(handle);
    }
  }
}
