import type { Device } from '../device.ts';
import { check } from '../errors.ts';
import { bindingAlignment } from '../memory.ts';
import { elementCount, Tensor } from '../tensor.ts';

/** Consecutive rows of a class matrix that are worked on together. */
export interface ClassWindow {
  readonly first: number;
  readonly classes: number;
}

/** Windows hold a multiple of this many rows, so that they start where a binding may, whatever the length of a row. */
const alignedRows = bindingAlignment / Float32Array.BYTES_PER_ELEMENT;

/**
 * The scores of one window are in memory: those of an eighth of all classes, but of at least 1,024, so that products are long (up
 * to there one window is all of them), and of at most 4,096, so that memory does not grow with the number of classes.
 */
const windowRows = (classes: number): number => Math.min(4096, Math.max(1024, Math.ceil(classes / 8)));

let forcedLimit = Number.POSITIVE_INFINITY;

/** For tests: inside `body` a binding holds at most this many bytes of a class matrix. */
export function withBindingLimit<T>(bytes: number, body: () => T): T {
  const previous = forcedLimit;
  forcedLimit = bytes;
  try {
    return body();
  } finally {
    forcedLimit = previous;
  }
}

/** Cuts a [classes, d] f32 matrix into windows that fit bindings and keep their scores small. */
export function classWindows(device: Device, operator: string, classes: number, d: number): ClassWindow[] {
  const limit = Math.min(device.report.limits.maxStorageBufferBindingSize, forcedLimit);
  const bytesPerRow = Float32Array.BYTES_PER_ELEMENT * d;
  const fitting = Math.min(Math.floor(limit / bytesPerRow), windowRows(classes));
  if (classes <= fitting) return [{ first: 0, classes }];
  const rows = Math.floor(fitting / alignedRows) * alignedRows;
  check(
    rows > 0,
    operator,
    () => `${alignedRows} rows of weights [${classes}, ${d}] exceed a binding of ${limit} bytes`,
  );
  return Array.from({ length: Math.ceil(classes / rows) }, (_, i) => ({
    first: i * rows,
    classes: Math.min(rows, classes - i * rows),
  }));
}

/** The rows of a window as a tensor on the same memory. */
export function rowsOf(tensor: Tensor, { first, classes }: ClassWindow): Tensor {
  const { device, shape, dtype, storage } = tensor;
  if (classes === shape[0]) return tensor;
  const rest = shape.slice(1);
  const bytesPerRow = Float32Array.BYTES_PER_ELEMENT * elementCount(rest);
  const window = storage.window(first * bytesPerRow, classes * bytesPerRow);
  return new Tensor(device, [classes, ...rest], dtype, window);
}
