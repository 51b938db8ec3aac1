/**
 * The safetensors file format: u64 length of the header, a JSON header padded with spaces to a multiple of 8, then the tensors'
 * bytes, little-endian like every platform that has WebGPU.
 */

import { UserError } from '../../../common/errors.ts';
import { parseJson } from '../../../common/json.ts';

const ARRAYS = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  /** Half floats are handed over as their bits. */
  F16: Uint16Array,
  BF16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

export type StoredDtype = keyof typeof ARRAYS;
export type StoredData =
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

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

/** A hundred thousand tensors fit; readers of this format accept up to 100 MB, which take a gigabyte to parse. */
const LARGEST_HEADER = 16_000_000;

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
  const file = new Uint8Array(8 + headerLength + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, 8, 8 + headerLength).set(json, 8);
  let offset = 8 + headerLength;
  for (const [, { data }] of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file; the tensors own their memory. Strict: offsets must tile the data without hole or overlap.
 * @param source name of the file, for the message
 * @throws UserError saying what is wrong with the file
 */
export function decodeSafetensors(file: Uint8Array, source: string): SafetensorsFile {
  const fail = (reason: string): never => {
    throw new UserError(`${source} is not a usable safetensors file: ${reason}`);
  };
  if (file.length < 8) fail(file.length === 0 ? 'it is empty' : `it has only ${file.length} bytes`);
  const declared = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(LARGEST_HEADER)) fail('it does not start with the length of a header');
  const headerLength = Number(declared);
  if (8 + headerLength > file.length) fail(`it ends within the header, after ${file.length} bytes`);
  const { __metadata__, ...entries } = parseHeader(file.subarray(8, 8 + headerLength), fail);
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(
    record(__metadata__ ?? {}) ?? fail('__metadata__ is not an object'),
  ))
    metadata[key] = typeof value === 'string' ? value : fail(`the metadata entry "${key}" is not text`);

  const available = file.length - 8 - headerLength;
  const described = Object.entries(entries).map(([name, entry]) => describe(name, entry, fail));
  described.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of described) {
    if (begin !== position) fail(`the bytes of tensor "${name}" do not follow those of the one before`);
    position = end;
  }
  if (position > available)
    fail(`it is cut short: ${position - available} of ${position} data bytes are missing`);
  if (position < available) fail(`${available - position} bytes follow the last tensor`);

  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of described) {
    const start = file.byteOffset + 8 + headerLength + begin!;
    const bytes = file.buffer.slice(start, start + (end! - begin!));
    tensors.set(name, { dtype, shape, data: new ARRAYS[dtype](bytes as ArrayBuffer) });
  }
  return { tensors, metadata };
}

type Fail = (reason: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  try {
    const header = record(parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    if (header) return header;
  } catch {
    // The sentence below says all that a reader needs.
  }
  return fail('its header is not JSON');
}

function describe(name: string, entry: unknown, fail: Fail) {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = record(entry) ?? fail(`tensor "${name}" has no description`);
  if (typeof dtype !== 'string' || !Object.hasOwn(ARRAYS, dtype))
    return fail(`tensor "${name}" has the unknown type ${JSON.stringify(dtype)}`);
  if (!isCounts(shape)) return fail(`tensor "${name}" has no shape`);
  if (!isCounts(offsets) || offsets.length !== 2) return fail(`tensor "${name}" has no offsets`);
  const [begin, end] = offsets as [number, number];
  const kind = dtype as StoredDtype;
  if (end - begin !== elements(shape) * ARRAYS[kind].BYTES_PER_ELEMENT)
    return fail(`tensor "${name}" of ${dtype} [${shape}] does not have ${end - begin} bytes`);
  return { name, dtype: kind, shape, begin, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function record(value: unknown): Record<string, unknown> | undefined {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? (value as Record<string, unknown>) : undefined;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
