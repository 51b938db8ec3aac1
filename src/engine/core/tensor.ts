import type { Device } from '../runtime/device.ts';
import { bindingAlignment, type Storage } from '../runtime/memory.ts';
import type { GraphNode } from './autograd.ts';
import { backward } from './autograd.ts';
import { check, formatShape, ShapeError } from './errors.ts';
import { describeTensor, formatValues, inspect } from './format.ts';

/** Element types. `rgba8` is one byte an element, four to a pixel: the last dimension is 4. */
export type DataType = 'f32' | 'u32' | 'i32' | 'rgba8';
/** Numbers of a tensor on the host, of its data type; rgba8 is bytes. */
export type TensorData = Float32Array | Uint32Array | Int32Array | Uint8Array;
/** Extents of a tensor, the outermost first; images are [n, height, width, channels], a scalar is []. */
export type Shape = readonly number[];

export const bytesPerElement: Record<DataType, number> = { f32: 4, u32: 4, i32: 4, rgba8: 1 };

const arrays = { f32: Float32Array, u32: Uint32Array, i32: Int32Array, rgba8: Uint8Array };

export function elementCount(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Throws unless there is such a type. */
export function checkDataType(dtype: DataType, operator: string): void {
  check(
    Object.hasOwn(bytesPerElement, dtype),
    operator,
    () => `there is no data type ${String(dtype)}; there are ${Object.keys(bytesPerElement).join(', ')}`,
  );
}

/** Throws unless every extent is a positive integer. A scalar is `[]`. */
export function checkShape(shape: Shape, operator: string): void {
  check(
    Array.isArray(shape),
    operator,
    () => `a shape is a list of extents, such as [2, 3], not ${String(shape)}`,
  );
  check(
    shape.every((extent) => Number.isInteger(extent) && extent > 0),
    operator,
    () => `every extent of a shape is a positive integer, not ${formatShape(shape)}`,
  );
}

/** Throws unless both operands of an operator are tensors, which JavaScript does not check. */
export function checkOperands(operator: string, ...operands: readonly unknown[]): void {
  for (const operand of operands)
    check(operand instanceof Tensor, operator, () => `the operands are tensors, not ${String(operand)}`);
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

/** The numbers in the array type of the element type. @throws ShapeError naming the first that is none or does not fit */
export function toTensorData(data: ArrayLike<number>, dtype: DataType, operator: string): TensorData {
  const TypedArray = arrays[dtype];
  if (Array.isArray(data)) {
    const at = data.findIndex((value) => typeof value !== 'number');
    check(
      at < 0,
      operator,
      () =>
        `the numbers are one flat list in row-major order, without lists or other things in it; element ${at} is none`,
    );
  }
  if (dtype !== 'f32') {
    const { least, most, within } = ranges[dtype];
    if (!within.some((Fitting) => data instanceof Fitting)) {
      for (let i = 0; i < data.length; i++) {
        const value = data[i]!;
        check(
          Number.isInteger(value) && value >= least && value <= most,
          operator,
          () => `element ${i} is ${value}; ${dtype} holds whole numbers from ${least} to ${most}`,
        );
      }
    }
  }
  // Dawn's bindings end the process when they are given shared memory.
  const isReady = data instanceof TypedArray && data.buffer instanceof ArrayBuffer;
  return isReady ? data : new TypedArray(data);
}

/** Where the gradient of a parameter lives, and whether this step has written it yet. */
export interface GradientSlot {
  readonly tensor: Tensor;
  written: boolean;
}

let nextId = 0;

/**
 * A dense row-major array in GPU memory and, where gradients are wanted, the graph node that made it.
 * Operators are functions of tensors; nothing here computes.
 */
export class Tensor {
  readonly id: number = nextId++;
  readonly device: Device;
  readonly shape: Shape;
  readonly dtype: DataType;
  readonly storage: Storage;
  /** The operator call that made this tensor; null for leaves and where no input wants a gradient. */
  node: GraphNode | null = null;
  requiresGradient = false;
  /** Filled by {@link Tensor.backward} for leaves that require a gradient. */
  gradient: Tensor | null = null;
  /** Set by `Parameters`. */
  gradientSlot: GradientSlot | null = null;
  private disposed = false;

  constructor(device: Device, shape: Shape, dtype: DataType, storage: Storage) {
    this.device = device;
    this.shape = shape;
    this.dtype = dtype;
    this.storage = storage;
    storage.retain();
    device.track(this);
  }

  get size(): number {
    return elementCount(this.shape);
  }

  get bytes(): number {
    return this.size * bytesPerElement[this.dtype];
  }

  /** Marks a leaf: {@link Tensor.backward} will leave its gradient in {@link Tensor.gradient}. */
  requireGradient(): this {
    if (this.dtype !== 'f32') throw new ShapeError(`requireGradient: a ${this.dtype} tensor has no gradient`);
    this.requiresGradient = true;
    return this;
  }

  /**
   * The same memory under another shape with as many elements. Not differentiable by itself: use the operator
   * `reshape` inside a graph.
   */
  view(shape: Shape): Tensor {
    this.checkAlive('view');
    checkShape(shape, 'view');
    check(
      elementCount(shape) === this.size,
      'view',
      () =>
        `${formatShape(this.shape)} has ${this.size} elements, ${formatShape(shape)} has ${elementCount(shape)}`,
    );
    return this.device.noteView(new Tensor(this.device, shape, this.dtype, this.storage));
  }

  /**
   * `count` consecutive entries of the first dimension, from `first` on, over the same memory. They must begin at a multiple of
   * {@link bindingAlignment} bytes.
   */
  rows(first: number, count: number): Tensor {
    this.checkAlive('rows');
    check(
      Number.isInteger(first) && Number.isInteger(count),
      'rows',
      () => `the first row and the count are whole numbers, not ${first} and ${count}`,
    );
    const rest = this.shape.slice(1);
    const bytesPerRow = elementCount(rest) * bytesPerElement[this.dtype];
    check(
      first >= 0 &&
        count > 0 &&
        first + count <= this.shape[0]! &&
        (first * bytesPerRow) % bindingAlignment === 0,
      'rows',
      () =>
        `rows ${first} to ${first + count - 1} of ${formatShape(this.shape)} do not exist or begin unaligned`,
    );
    const window = this.storage.window(first * bytesPerRow, count * bytesPerRow);
    return this.device.noteView(new Tensor(this.device, [count, ...rest], this.dtype, window));
  }

  /** Overwrites the contents (the tensor must not be an intermediate of a captured step). */
  write(data: ArrayLike<number>): void {
    this.checkAlive('write');
    check(
      data.length === this.size,
      'write',
      () => `got ${data.length} numbers for a tensor of shape ${formatShape(this.shape)} (${this.size})`,
    );
    this.device.upload(this.storage, toTensorData(data, this.dtype, 'write'));
  }

  /** Copies the contents to the host. Work issued later does not change what this call returns. */
  async read(): Promise<TensorData> {
    this.checkAlive('read');
    return new arrays[this.dtype](await this.device.download(this.storage, this.bytes));
  }

  /** {@link Tensor.read} for f32 tensors. */
  async readFloats(): Promise<Float32Array> {
    const data = await this.read();
    if (!(data instanceof Float32Array)) throw new ShapeError(`readFloats: the tensor holds ${this.dtype}`);
    return data;
  }

  /** Shape, type and values as text; long dimensions by their first and last entries. */
  async format(): Promise<string> {
    return `Tensor ${formatShape(this.shape)} ${this.dtype}\n${formatValues(await this.read(), this.shape)}`;
  }

  /** What `console.log` prints: values are on the device and have to be waited for. */
  [inspect](): string {
    return describeTensor(this);
  }

  /** The value of a one-element tensor. */
  async item(): Promise<number> {
    check(this.size === 1, 'item', () => `the tensor has shape ${formatShape(this.shape)}, not one element`);
    return (await this.read())[0]!;
  }

  /**
   * Reverse pass from this scalar, or from any tensor whose gradient is given: leaves that require a gradient get it, summed over
   * all paths. The graph is released; a second call on it throws.
   *
   * @param gradient of this tensor's shape; default 1
   */
  backward(gradient: Tensor | null = null): void {
    backward(this, gradient);
  }

  /** Gives the memory back, also that of the gradient. Using the tensor afterwards throws. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.node = null;
    if (!this.gradientSlot) this.gradient?.dispose();
    this.storage.release();
  }

  private checkAlive(operator: string): void {
    check(
      !this.disposed,
      operator,
      () => `a tensor of shape ${formatShape(this.shape)} was used after it was disposed of`,
    );
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }
}
