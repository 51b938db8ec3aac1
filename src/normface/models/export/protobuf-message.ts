/** A message in Protocol Buffers' wire format (protobuf.dev, "Encoding"), as a list of bytes that are put together once: weights are copied only then. */

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export class ProtobufWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  private push(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.length += bytes.length;
    return this;
  }

  integer(field: number, value: number): this {
    return this.push(new BinaryWriter().tag(field, WireType.Varint).int64(value).finish());
  }

  float(field: number, value: number): this {
    return this.push(new BinaryWriter().tag(field, WireType.Bit32).float(value).finish());
  }

  text(field: number, value: string): this {
    return this.push(new BinaryWriter().tag(field, WireType.LengthDelimited).string(value).finish());
  }

  /** A list, packed. */
  integers(field: number, values: readonly number[]): this {
    const packed = new BinaryWriter();
    for (const value of values) packed.int64(value);
    return this.bytes(field, packed.finish());
  }

  /** Bytes, which must not change until the message is put together. */
  bytes(field: number, value: Uint8Array): this {
    return this.head(field, value.length).push(value);
  }

  message(field: number, value: ProtobufWriter): this {
    this.head(field, value.length);
    for (const part of value.parts) this.push(part);
    return this;
  }

  private head(field: number, length: number): this {
    return this.push(new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish());
  }

  finish(): Uint8Array {
    const all = new Uint8Array(this.length);
    let end = 0;
    for (const part of this.parts) {
      all.set(part, end);
      end += part.length;
    }
    return all;
  }
}
