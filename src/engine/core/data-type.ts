import { float16, float16Bits } from '../../common/float16.ts';
import { showValue } from '../../common/show-value.ts';
import { checkArgument } from './errors.ts';

/**
 * Element types. `rgba8` is one byte per element, four to a pixel: the last dimension is 4. `f16` is how real numbers are stored (IEEE
 * 754 binary16): kernels compute with them as f32, and the host reads them as such.
 */
export type DataType = 'f32' | 'f16' | 'u32' | 'i32' | 'rgba8';
/** Numbers of a tensor on the host; of f16 they are f32, rgba8 is bytes. */
export type TensorData = Float32Array | Uint32Array | Int32Array | Uint8Array;
/** The same as it lies in the memory of the GPU: f16 by its bits. */
export type StoredData = TensorData | Uint16Array;

export const bytesPerElement: Record<DataType, number> = { f32: 4, f16: 2, u32: 4, i32: 4, rgba8: 1 };

/** The array of the host that holds each element type as it is stored. */
const arrays = { f32: Float32Array, f16: Uint16Array, u32: Uint32Array, i32: Int32Array, rgba8: Uint8Array };

/** Whether elements are real numbers. */
export const isReal = (dtype: DataType): boolean => dtype === 'f32' || dtype === 'f16';

/**
 * What lies in the memory of a tensor as numbers.
 *
 * @param offset in bytes
 * @param count elements; default: all from there on
 */
export function fromStored(dtype: DataType, memory: ArrayBuffer, offset = 0, count?: number): TensorData {
  const stored = new arrays[dtype](memory, offset, count);
  return stored instanceof Uint16Array ? Float32Array.from(stored, float16) : stored;
}

/** Numbers as f16, rounded to the nearest; those beyond 65504 are infinite. */
function toHalves(data: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(Float32Array.from(data).buffer);
  return Uint16Array.from(words, float16Bits);
}

/** Throws unless there is such a type. */
export function checkDataType(dtype: DataType, operator: string): void {
  checkArgument(
    Object.hasOwn(bytesPerElement, dtype),
    operator,
    () => `there is no data type ${String(dtype)}; there are ${Object.keys(bytesPerElement).join(', ')}`,
  );
}

/** Whole numbers that an element type holds; a scan is needed only where the given array may hold others. */
const ranges = {
  u32: { least: 0, most: 2 ** 32 - 1, within: [Uint8Array, Uint16Array, Uint32Array, Uint8ClampedArray] },
  i32: {
    least: -(2 ** 31),
    most: 2 ** 31 - 1,
    within: [Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint8ClampedArray],
  },
  rgba8: { least: 0, most: 255, within: [Uint8Array, Uint8ClampedArray] },
} as const;

/** @throws ArgumentError unless these are numbers in a list or a typed array, as far as that is seen from outside */
export function checkNumbers(data: unknown, operator: string): void {
  checkArgument(
    typeof data === 'object' && data !== null && 'length' in data,
    operator,
    () => `the numbers are a list or a typed array, not ${showValue(data)}`,
  );
}

/** The numbers in the array type of the element type. @throws ArgumentError naming the first that is none or does not fit */
export function toTensorData(data: ArrayLike<number>, dtype: DataType, operator: string): StoredData {
  if (Array.isArray(data)) {
    const at = data.findIndex((value) => typeof value !== 'number');
    checkArgument(
      at < 0,
      operator,
      () =>
        `the numbers are one flat list in row-major order, without lists or other things in it; element ${at} is none`,
    );
  }
  if (dtype === 'f16') return toHalves(data);
  if (dtype !== 'f32') {
    const { least, most, within } = ranges[dtype];
    if (!within.some((Fitting) => data instanceof Fitting)) {
      for (let i = 0; i < data.length; i++) {
        const value = data[i]!;
        checkArgument(
          Number.isInteger(value) && value >= least && value <= most,
          operator,
          () => `element ${i} is ${value}; ${dtype} holds whole numbers from ${least} to ${most}`,
        );
      }
    }
  }
  const TypedArray = arrays[dtype];
  // Dawn's bindings end the process when they are given shared memory.
  const isReady = data instanceof TypedArray && data.buffer instanceof ArrayBuffer;
  return isReady ? data : new TypedArray(data);
}

/** What the operands of products are rounded to: see `DeviceOptions.operands`. */
export type OperandType = 'f32' | 'f16';
