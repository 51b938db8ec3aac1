import source from '../../../shaders/heads/class_windows.wesl';
import { check } from '../../core/errors.ts';
import { type Device, rowsOf, type Tensor } from '../../core/tensor.ts';
import { bindingAlignment } from '../../runtime/memory.ts';
import { runtimeOf } from '../../runtime/runtime.ts';

const extentsKernel = { name: 'class_windows', source };

/** Consecutive rows of a class matrix that are worked on together. */
export interface ClassWindow {
  readonly first: number;
  readonly classes: number;
}

/** Windows hold a multiple of this many rows, so that they start where a binding may, whatever the length of a row. */
const alignedRows = bindingAlignment / Float32Array.BYTES_PER_ELEMENT;

/**
 * Scores of one window, whatever the number of classes. A processor's cache holds the 4 MiB of a software driver's window; on a GPU 16 MiB
 * are a thousand tiles of 64×64, so that all its cores have some until near the end, and fewer windows read the features less often.
 */
const mostScores = (device: Device): number => (device.report.software ? 1 << 20 : 1 << 22);

/** Large batches still get windows that make long products. */
const leastRows = 1024;

/** Most bytes of class weights that a kernel binds. */
export function mostWeightBytes({ report, settings }: Device): number {
  return Math.min(report.limits.maxStorageBufferBindingSize, settings.limits.classWindowBytes);
}

/** Cuts a [classes, d] f32 matrix into windows that fit bindings and keep the scores [n, window] small. */
export function classWindows(
  device: Device,
  operator: string,
  n: number,
  [classes, d]: readonly [number, number],
): ClassWindow[] {
  const limit = mostWeightBytes(device);
  const bytesPerRow = Float32Array.BYTES_PER_ELEMENT * d;
  const scores = Math.max(leastRows, Math.floor(mostScores(device) / n));
  const fitting = Math.min(Math.floor(limit / bytesPerRow), scores);
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

/**
 * Where each window begins and how many classes take part from there on, as kernels bind it: [2] u32.
 *
 * @param classesInUse one u32: the number of rows that are classes; default: all
 * @param firstClass number of the class of the first row
 */
export function windowExtents(
  device: Device,
  windows: readonly ClassWindow[],
  classesInUse: Tensor | undefined,
  firstClass = 0,
): Tensor[] {
  if (!classesInUse)
    return windows.map(({ first, classes }) => runtimeOf(device).uniform([firstClass + first, classes]));
  const words = bindingAlignment / Uint32Array.BYTES_PER_ELEMENT;
  const extents = device.empty([windows.length, words], 'u32');
  device.dispatch({
    kernel: extentsKernel,
    constants: { WINDOWS: windows.length, ROWS: windows[0]!.classes, STRIDE: words / 2, FIRST: firstClass },
    bindings: { classes_in_use: classesInUse, windows: extents },
    grid: [Math.ceil(windows.length / 64), 1, 1],
    cost: { flops: 2 * windows.length, bytes: 8 * windows.length },
  });
  return windows.map((_, i) => rowsOf(extents, i, 1));
}
