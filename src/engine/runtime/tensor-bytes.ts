import { bytesPerElement, checkDataType, type DataType } from '../core/data-type.ts';
import { DeviceError, formatShape } from '../core/errors.ts';
import { checkShape, elementCount, type Shape } from '../core/shape.ts';
import type { AdapterReport } from './adapter.ts';
import { align } from './memory.ts';

/** @param what needs it, for the message @throws DeviceError unless the device has numbers of 16 bits */
export function checkHalf({ features, description, vendor }: AdapterReport, what: string): void {
  if (!features.includes('shader-f16'))
    throw new DeviceError(
      `${what} needs the feature shader-f16, which this device of the adapter ${description || vendor} lacks`,
    );
}

/**
 * Bytes of a tensor.
 *
 * @throws ShapeError if there is no such shape, ArgumentError if there is no such type, DeviceError where no buffer of the adapter can
 * hold it, or the device has no f16
 */
export function bytesOf(report: AdapterReport, shape: Shape, dtype: DataType, operator: string): number {
  const { limits } = report;
  checkDataType(dtype, operator);
  if (dtype === 'f16') checkHalf(report, 'a tensor of f16');
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
