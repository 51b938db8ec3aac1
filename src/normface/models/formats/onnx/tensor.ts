/** `TensorProto` of ONNX: what a file says of a tensor, and its numbers. */

import { float16 } from '../../../../common/float16.ts';
import { bfloat16, type NumberType, numbersOf, numberTypes } from '../number-types.ts';
import type { ProtobufMessage } from '../protobuf.ts';
import { refusal } from '../refusal.ts';

/** `TensorProto.DataType`. */
const types: Readonly<Record<number, NumberType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

/** A tensor whose size was compared with the bytes that are there. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly isInteger: boolean;
  /** Its numbers, decoded when asked for. */
  numbers(): ArrayLike<number>;
}

/** More dimensions than tensors of nets have. */
const mostDimensions = 16;

/** Fields of `TensorProto`. */
const field = {
  shape: 1,
  type: 2,
  floats: 4,
  int32: 5,
  int64: 7,
  name: 8,
  raw: 9,
  doubles: 10,
  uint64: 11,
  external: 13,
  location: 14,
};

/**
 * @param source what sentences call the file
 * @throws UserError with the tensor's name where it is damaged, of an unsupported type, or stored elsewhere
 */
export function readTensor(message: ProtobufMessage, source: string): OnnxTensor {
  const name = message.text(field.name) ?? '';
  const fail = (reason: string): never => {
    throw refusal(`${source}: the tensor "${name}" ${reason}`);
  };
  if (message.has(field.external) || message.number(field.location) === 1) {
    const location = readEntries(message, field.external).get('location');
    fail(
      `keeps its numbers in another file${location === undefined ? '' : ` ("${location}")`}; save the model with all its data in one file`,
    );
  }
  const shape = message.integers(field.shape);
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (shape.length > mostDimensions) fail(`has ${shape.length} dimensions`);
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) || !Number.isSafeInteger(size))
    fail(`has the impossible shape [${shape.join(', ')}]`);
  const type = message.number(field.type) ?? 0;
  const known = types[type];
  if (!known) return fail(`has the data type ${type}, which is not supported`);
  const { count, decode } = storedNumbers(known, message);
  if (count !== size) fail(`[${shape.join(', ')}] of ${known} holds ${count} numbers instead of ${size}`);
  return { name, shape, isInteger: !/float/.test(known), numbers: decode };
}

/** `StringStringEntryProto`s of a field. */
export function readEntries(message: ProtobufMessage, number: number): Map<string, string> {
  return new Map(message.messages(number).map((entry) => [entry.text(1) ?? '', entry.text(2) ?? '']));
}

interface Stored {
  readonly count: number;
  decode(): ArrayLike<number>;
}

/** The field that holds the numbers of a type: the raw bytes, little-endian, where there are some. */
function storedNumbers(type: NumberType, message: ProtobufMessage): Stored {
  const raw = message.bytes(field.raw).at(-1);
  if (raw && raw.length > 0)
    return { count: raw.length / numberTypes[type], decode: () => decodeRaw(type, raw) };
  if (type === 'float32' || type === 'float64') {
    const list = type === 'float32' ? message.numbers(field.floats) : message.numbers(field.doubles, 8);
    return { count: list.count, decode: () => list.read() };
  }
  // Types of up to 32 bits but uint32 share a field; half floats are stored there as the whole numbers that their bits make.
  const place = type === 'int64' ? field.int64 : /^uint(32|64)$/.test(type) ? field.uint64 : field.int32;
  const list = message.integers(place);
  const half = { float16, bfloat16 }[type as string];
  return { count: list.length, decode: () => (half ? Float32Array.from(list, half) : list) };
}

function decodeRaw(type: NumberType, raw: Uint8Array): ArrayLike<number> {
  // A copy in memory of its own, where a number of any size may begin. (`slice` of a Buffer of Node's copies nothing.)
  if (type === 'float32') return new Float32Array(new Uint8Array(raw).buffer);
  const numbers = numbersOf(raw, type, true);
  const length = raw.length / numberTypes[type];
  const values =
    type === 'float16' || type === 'bfloat16' ? new Float32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = numbers(i);
  return values;
}
