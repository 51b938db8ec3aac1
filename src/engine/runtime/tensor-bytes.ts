import { bytesPerElement, checkDataType, type DataType } from '../core/data-type.ts';
import { DeviceError, formatShape } from '../core/errors.ts';
import { checkShape, elementCount, type Shape } from '../core/shape.ts';
import type { AdapterReport } from './adapter.ts';
import { align } from './memory.ts';

/**
 * Bytes of a tensor.
 *
 * @throws ShapeError if there is no such shape, ArgumentError if there is no such type, DeviceError where no buffer of the adapter can hold it
 */
export function bytesOf({ limits }: AdapterReport, shape: Shape, dtype: DataType, operator: string): number {
  checkDataType(dtype, operator);
  checkShape(shape, operator);
  const bytes = elementCount(shape) * bytesPerElement[dtype];
  const limit = limits.maxBufferSize;
  if (align(bytes) > limit) {
    throw new DeviceError(
      `a tensor of shape ${formatShape(shape)} needs ${bytes} bytes, more than a buffer of this adapter holds (${limit}); use a smaller batch`,
    );
  }
  return bytes;
}
