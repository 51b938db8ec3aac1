/** Numbers in files of other programs, read as float32. */

import { float16 } from '../../../common/float16.ts';

/** Types by the names that PyTorch has for them, and bytes of a number. */
export const numberTypes = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
} as const;

export type NumberType = keyof typeof numberTypes;

/** A function that gives the number at an index. */
export function numbersOf(
  bytes: Uint8Array,
  type: NumberType,
  littleEndian: boolean,
): (index: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'float32':
      return (i) => view.getFloat32(4 * i, littleEndian);
    case 'float64':
      return (i) => view.getFloat64(8 * i, littleEndian);
    case 'float16':
      return (i) => float16(view.getUint16(2 * i, littleEndian));
    case 'bfloat16':
      return (i) => bfloat16(view.getUint16(2 * i, littleEndian));
    case 'int64':
      return (i) => Number(view.getBigInt64(8 * i, littleEndian));
    case 'int32':
      return (i) => view.getInt32(4 * i, littleEndian);
    case 'int16':
      return (i) => view.getInt16(2 * i, littleEndian);
    case 'int8':
      return (i) => view.getInt8(i);
    case 'uint64':
      return (i) => Number(view.getBigUint64(8 * i, littleEndian));
    case 'uint32':
      return (i) => view.getUint32(4 * i, littleEndian);
    case 'uint16':
      return (i) => view.getUint16(2 * i, littleEndian);
    case 'uint8':
      return (i) => view.getUint8(i);
    case 'bool':
      return (i) => Number(view.getUint8(i) !== 0);
  }
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
export function bfloat16(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}
