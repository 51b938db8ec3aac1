/** Messages of protocol buffers ("Encoding", protobuf.dev), read field by field without a schema: Caffe's and ONNX's files are made of them. */

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { UserError } from '../../../common/errors.ts';
import { refusal } from './refusal.ts';

/** More fields than all messages of any net have together, long lists being packed into one. */
const mostFields = 2 ** 22;

/** A packed or scattered list of numbers that has not been read yet. */
export interface NumberList {
  readonly count: number;
  read(): Float32Array;
}

/** What messages of one file share. */
interface FileState {
  /** Offset of the file's first byte in its buffer. */
  readonly begin: number;
  /** How many more fields may be read. */
  fields: number;
}

/**
 * A message. Messages inside it are read when they are asked for, so a file nested without end costs nothing. Every length is compared with
 * the bytes that are left before anything is made of it.
 */
export class ProtobufMessage {
  private readonly fields = new Map<number, (number | Uint8Array)[]>();
  private readonly source: string;
  private readonly start: number;
  private readonly file: FileState;

  /**
   * @param source what sentences call the file
   * @param file given to messages inside others
   * @throws UserError with the offset where the bytes are no message
   */
  constructor(
    bytes: Uint8Array,
    source: string,
    file: FileState = { begin: bytes.byteOffset, fields: mostFields },
  ) {
    this.source = source;
    this.file = file;
    this.start = bytes.byteOffset - file.begin;
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const at = reader.pos;
      if (--file.fields < 0) throw this.error(`there are more than ${mostFields} fields`, at);
      const [field, value] = this.next(reader, bytes, at);
      const values = this.fields.get(field);
      if (values) values.push(value);
      else this.fields.set(field, [value]);
    }
  }

  private next(
    reader: BinaryReader,
    bytes: Uint8Array,
    at: number,
  ): [field: number, value: number | Uint8Array] {
    try {
      const [field, type] = reader.tag();
      const left = reader.len - reader.pos;
      if (type === WireType.Varint) return [field, Number(reader.int64())];
      if (type === WireType.Bit32 && left >= 4) return [field, reader.float()];
      if (type === WireType.Bit64 && left >= 8) return [field, reader.double()];
      if (type === WireType.LengthDelimited) {
        const length = reader.uint32();
        const from = reader.pos;
        if (length > reader.len - from)
          throw this.error(`field ${field} has ${length} bytes, but ${reader.len - from} are left`, at);
        reader.pos += length;
        return [field, bytes.subarray(from, reader.pos)];
      }
      throw this.error(
        type === WireType.Bit32 || type === WireType.Bit64
          ? `field ${field} is cut short`
          : `field ${field} is a group, which no such file has`,
        at,
      );
    } catch (error) {
      throw error instanceof UserError ? error : this.error('there is no field', at);
    }
  }

  private error(reason: string, at = 0): UserError {
    return refusal(`${this.source} is damaged or of another format: at byte ${this.start + at}, ${reason}`);
  }

  has(field: number): boolean {
    return this.fields.has(field);
  }

  /** Numbers of the fields that are there. */
  get present(): number[] {
    return [...this.fields.keys()];
  }

  /** Byte lists of a field, views of the file's bytes. */
  bytes(field: number): Uint8Array[] {
    return (this.fields.get(field) ?? []).map((value) => {
      if (typeof value === 'number') throw this.error(`field ${field} is a number`);
      return value;
    });
  }

  messages(field: number): ProtobufMessage[] {
    return this.bytes(field).map((bytes) => new ProtobufMessage(bytes, this.source, this.file));
  }

  /** The last of a field; an empty one where there is none. */
  message(field: number): ProtobufMessage {
    return new ProtobufMessage(this.bytes(field).at(-1) ?? new Uint8Array(), this.source, this.file);
  }

  texts(field: number): string[] {
    return this.bytes(field).map((bytes) => new TextDecoder().decode(bytes));
  }

  text(field: number): string | undefined {
    return this.texts(field).at(-1);
  }

  /** Integers of a field, packed or one by one; beyond 2⁵³ they are inexact. */
  integers(field: number): number[] {
    return (this.fields.get(field) ?? []).flatMap((value) => {
      if (typeof value === 'number') return [value];
      const reader = new BinaryReader(value);
      const numbers: number[] = [];
      try {
        while (reader.pos < reader.len && --this.file.fields >= 0) numbers.push(Number(reader.int64()));
      } catch {
        throw this.error(`the list in field ${field} is cut short`);
      }
      if (this.file.fields < 0) throw this.error(`the list in field ${field} is too long`);
      return numbers;
    });
  }

  /** A single number, as an integer or a float of either size. */
  number(field: number): number | undefined {
    const last = this.fields.get(field)?.at(-1);
    if (last === undefined || typeof last === 'number') return last;
    return this.integers(field).at(-1);
  }

  /** Floats or, of eight bytes, doubles of a field, packed or one by one. */
  numbers(field: number, bytesEach: 4 | 8 = 4): NumberList {
    const parts = this.fields.get(field) ?? [];
    const counts = parts.map((part) => {
      if (typeof part === 'number') return 1;
      if (part.length % bytesEach !== 0)
        throw this.error(`field ${field} has ${part.length} bytes, not a multiple of ${bytesEach}`);
      return part.length / bytesEach;
    });
    const count = counts.reduce((sum, length) => sum + length, 0);
    return {
      count,
      read() {
        const values = new Float32Array(count);
        let to = 0;
        for (const part of parts) {
          if (typeof part === 'number') values[to++] = part;
          else if (bytesEach === 4) {
            new Uint8Array(values.buffer).set(part, 4 * to);
            to += part.length / 4;
          } else {
            const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
            for (let at = 0; at < part.length; at += 8) values[to++] = view.getFloat64(at, true);
          }
        }
        return values;
      },
    };
  }
}
