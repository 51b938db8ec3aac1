/**
 * The safetensors file format: u64 length of the header, a JSON header padded with spaces to a multiple of 8, then the tensors'
 * bytes, little-endian like every platform that has WebGPU.
 */

import {
  ARRAYS,
  elements,
  headerEnd,
  lengthBytes,
  parseHeader,
  type StoredData,
  type StoredDtype,
} from './safetensors-header.ts';

export type { StoredData, StoredDtype };

/** A tensor in a file: row-major, `data.length` is the product of `shape`. */
export interface StoredTensor {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly data: StoredData;
}

/** What a .safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The free text entries of `__metadata__`. */
  readonly metadata: Record<string, string>;
}

/** An f32 tensor for a file. */
export function float32Tensor(data: Float32Array, shape: readonly number[]): StoredTensor {
  return { dtype: 'F32', shape, data };
}

/**
 * The bytes of a safetensors file. Tensors are laid out by falling element size, then name, so each starts aligned.
 * @throws Error when a tensor's data does not have the length or type that its shape and dtype say
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Record<string, string> = {},
): Uint8Array {
  const pieces = safetensorsPieces(tensors, metadata);
  const file = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    file.set(piece, offset);
    offset += piece.length;
  }
  return file;
}

/** As {@link encodeSafetensors}, one piece after the other: the header, and the memory of each tensor itself. */
export function safetensorsPieces(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Record<string, string> = {},
): Uint8Array[] {
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  );
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let end = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    if (name === '__metadata__') throw new Error('a tensor cannot be named __metadata__');
    if (!(data instanceof ARRAYS[dtype]) || data.length !== elements(shape))
      throw new Error(
        `tensor ${name}: ${data.length} values of ${data.constructor.name} are not ${dtype} [${shape}]`,
      );
    const begin = end;
    end += data.byteLength;
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(lengthBytes + headerLength).fill(0x20, lengthBytes);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerLength), true);
  start.set(json, lengthBytes);
  return [start, ...ordered.map(([, { data }]) => bytesOf(data))];
}

/** The memory of numbers. */
export function bytesOf({ buffer, byteOffset, byteLength }: StoredData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Reads a safetensors file; the tensors own their memory. Strict: offsets must tile the data without hole or overlap.
 * @param source name of the file, for the message
 * @throws UserError saying what is wrong with the file
 */
export function decodeSafetensors(file: Uint8Array, source: string): SafetensorsFile {
  const dataStart = headerEnd(file, file.length, source);
  const header = parseHeader(file.subarray(lengthBytes, dataStart), file.length, source);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of header.tensors) {
    const start = file.byteOffset + dataStart + begin;
    const bytes = file.buffer.slice(start, start + (end - begin));
    tensors.set(name, { dtype, shape, data: new ARRAYS[dtype](bytes as ArrayBuffer) });
  }
  return { tensors, metadata: header.metadata };
}
