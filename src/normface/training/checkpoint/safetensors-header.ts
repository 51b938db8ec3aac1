/** What stands at the beginning of a safetensors file. */

import { UserError } from '../../../common/errors.ts';
import { parseJson } from '../../../common/json.ts';

/** The types of numbers, as a file names them. */
export const ARRAYS = {
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

/** A hundred thousand tensors fit; readers of this format accept up to 100 MB, which take a gigabyte to parse. */
const LARGEST_HEADER = 16_000_000;

/** A tensor as the header describes it; `begin` and `end` are bytes from the first tensor on. */
export interface DescribedTensor {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: readonly DescribedTensor[];
  /** The free text entries of `__metadata__`. */
  readonly metadata: Record<string, string>;
}

/** Bytes that say how long the header is. */
export const lengthBytes = 8;

/**
 * Bytes before the first tensor.
 * @param start the first eight bytes of the file, or all of it where it has less
 * @param size bytes of the file
 * @param source name of the file, for the message
 * @throws UserError when no header can be that long
 */
export function headerEnd(start: Uint8Array, size: number, source: string): number {
  const fail = failing(source);
  if (size < lengthBytes) fail(size === 0 ? 'it is empty' : `it has only ${size} bytes`);
  const declared = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(LARGEST_HEADER)) fail('it does not start with the length of a header');
  const end = lengthBytes + Number(declared);
  if (end > size) fail(`it ends within the header, after ${size} bytes`);
  return end;
}

/**
 * Reads a header. Strict: offsets must tile the data without hole or overlap.
 * @param header the bytes from the ninth to {@link headerEnd}
 * @param size bytes of the file
 * @throws UserError saying what is wrong with the file
 */
export function parseHeader(header: Uint8Array, size: number, source: string): SafetensorsHeader {
  const fail = failing(source);
  const { __metadata__, ...entries } = jsonOf(header, fail);
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(
    record(__metadata__ ?? {}) ?? fail('__metadata__ is not an object'),
  ))
    metadata[key] = typeof value === 'string' ? value : fail(`the metadata entry "${key}" is not text`);

  const available = size - lengthBytes - header.length;
  const tensors = Object.entries(entries).map(([name, entry]) => describe(name, entry, fail));
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== position) fail(`the bytes of tensor "${name}" do not follow those of the one before`);
    position = end;
  }
  if (position > available)
    fail(`it is cut short: ${position - available} of ${position} data bytes are missing`);
  if (position < available) fail(`${available - position} bytes follow the last tensor`);
  return { tensors, metadata };
}

function failing(source: string): Fail {
  return (reason) => {
    throw new UserError(`${source} is not a usable safetensors file: ${reason}`);
  };
}

type Fail = (reason: string) => never;

function jsonOf(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  try {
    const header = record(parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    if (header) return header;
  } catch {
    // The sentence below says all that a reader needs.
  }
  return fail('its header is not JSON');
}

function describe(name: string, entry: unknown, fail: Fail): DescribedTensor {
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

/** Numbers in a tensor. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
