/** `TensorProto` of ONNX: what a file says of a tensor, and its numbers. */

import { UserError } from '../../../../common/errors.ts';
import { float16 } from '../../../../common/float16.ts';
import type { ProtobufMessage } from '../protobuf.ts';

/** `TensorProto.DataType`. */
const types = {
  1: { name: 'float', bytes: 4 },
  2: { name: 'uint8', bytes: 1 },
  3: { name: 'int8', bytes: 1 },
  4: { name: 'uint16', bytes: 2 },
  5: { name: 'int16', bytes: 2 },
  6: { name: 'int32', bytes: 4 },
  7: { name: 'int64', bytes: 8 },
  9: { name: 'bool', bytes: 1 },
  10: { name: 'float16', bytes: 2 },
  11: { name: 'double', bytes: 8 },
} as const;

type TypeName = (typeof types)[keyof typeof types]['name'];

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
    throw new UserError(`${source}: the tensor "${name}" ${reason}`);
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
  if (!Object.hasOwn(types, type)) return fail(`has the data type ${type}, which is not supported`);
  const known = types[type as keyof typeof types];
  const stored = storedNumbers(known.name, message);
  const count = stored.count(known.bytes);
  if (count !== size)
    fail(`[${shape.join(', ')}] of ${known.name} holds ${count} numbers instead of ${size}`);
  return {
    name,
    shape,
    isInteger: !['float', 'float16', 'double'].includes(known.name),
    numbers: stored.decode,
  };
}

/** `StringStringEntryProto`s of a field. */
export function readEntries(message: ProtobufMessage, number: number): Map<string, string> {
  return new Map(message.messages(number).map((entry) => [entry.text(1) ?? '', entry.text(2) ?? '']));
}

interface Stored {
  /** @param size bytes of a number of the tensor's type */
  count(size: number): number;
  decode(): ArrayLike<number>;
}

/** The field that holds the numbers of a type: the raw bytes where there are some. */
function storedNumbers(type: TypeName, message: ProtobufMessage): Stored {
  const [raw] = message.bytes(field.raw);
  // A copy in memory of its own, where a number of any size may begin. (`slice` of a Buffer of Node's copies nothing.)
  if (raw)
    return { count: (size) => raw.length / size, decode: () => decodeRaw(type, new Uint8Array(raw).buffer) };
  if (type === 'float' || type === 'double') {
    const list = type === 'float' ? message.numbers(field.floats) : message.numbers(field.doubles, 8);
    return { count: () => list.count, decode: () => list.read() };
  }
  // Types of up to 32 bits share a field; a half float is stored there as the whole number that its bits make.
  const list = message.integers(type === 'int64' ? field.int64 : field.int32);
  return {
    count: () => list.length,
    decode: () => (type === 'float16' ? Float32Array.from(list, float16) : list),
  };
}

/** Little-endian, as every platform that has WebGPU. */
function decodeRaw(type: TypeName, buffer: ArrayBuffer): ArrayLike<number> {
  switch (type) {
    case 'float':
      return new Float32Array(buffer);
    case 'double':
      return new Float64Array(buffer);
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer), float16);
    case 'int64':
      return Array.from(new BigInt64Array(buffer), Number);
    case 'int32':
      return new Int32Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'uint16':
      return new Uint16Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer);
  }
}
