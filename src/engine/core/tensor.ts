import type { AdapterReport } from '../runtime/adapter.ts';
import type { CapturedStep } from '../runtime/captured-step.ts';
import type { Dispatch, KernelArgument } from '../runtime/kernel.ts';
import { bindingAlignment, type Storage } from '../runtime/memory.ts';
import { type ReadHost, readTogether } from '../runtime/read-together.ts';
import type { Settings } from '../tuning/settings.ts';
import type { Tuner } from '../tuning/tune.ts';
import {
  bytesPerElement,
  checkNumbers,
  type DataType,
  isReal,
  type OperandType,
  type StoredData,
  type TensorData,
  toTensorData,
} from './data-type.ts';
import { check, checkArgument, formatShape, ShapeError } from './errors.ts';
import { describeTensor, formatValues, inspect } from './format.ts';
import type { Phase } from './phase.ts';
import { isRecording } from './recording.ts';
import type { Scope } from './scope.ts';
import { checkShape, elementCount, type Shape } from './shape.ts';

/** An open GPU: makes tensors, runs kernels, captures steps. (It and {@link Tensor} are described in terms of each other.) */
export interface Device {
  /** WebGPU's own device, for kernels and buffers of one's own. */
  readonly gpu: GPUDevice;
  readonly report: AdapterReport;
  /** What the operands of matrix products and convolutions are rounded to. */
  readonly operands: OperandType;
  /** Picks the variants of operators. */
  readonly tuner: Tuner;
  /** The constants of kernels that may be chosen freely, and the limits that may be lowered. */
  readonly settings: Settings;

  /**
   * Uploads numbers in row-major order.
   * @throws ShapeError unless there are as many numbers as elements, ArgumentError where the element type does not hold them
   */
  tensor(data: ArrayLike<number>, shape: Shape, dtype?: DataType): Tensor;
  /** Uploads decoded pictures: 4 bytes per pixel, row-major, `pixels.length = 4·n·height·width`. */
  images(pixels: Uint8Array, shape: readonly [number, number, number]): Tensor;
  /** Memory with undefined contents, for a kernel to fill. */
  empty(shape: Shape, dtype?: DataType): Tensor;
  zeros(shape: Shape, dtype?: DataType): Tensor;
  /** A shared tensor filled with one number. Never dispose of it. */
  constant(value: number, shape: Shape): Tensor;

  /**
   * Frees every tensor made inside `body`, except those it returns (a tensor, or an array or object of tensors): they belong to
   * the enclosing scope. Gradients live as long as their leaves. The body may be asynchronous, and such scopes may run side by
   * side: see {@link Scope}.
   */
  scope<T>(body: (scope: Scope) => T): T;
  /**
   * Decides every random bit of the work that follows: same seed and step, same bits. Also restarts eager stream numbers.
   *
   * @param firstRow where this device has only a part of a batch: which row of the whole batch its first one is (default 0). Each
   * row then draws the bits that it draws in the whole batch.
   */
  setRandom(seed: number, step: number, firstRow?: number): void;

  /** Names the operator that the dispatches of `body` belong to, and its pass (default `forward`); inside of another one, they belong to that. `body` must not be asynchronous. */
  within<T>(operator: string, body: () => T, phase?: Phase): T;
  /** Records one kernel call. Outputs are the tensors bound to writable bindings. */
  dispatch(dispatch: Dispatch): void;
  /**
   * Runs `body` once without executing it, plans the memory of all its intermediates, and returns the step that replays it.
   * What varies from run to run must be in tensors made outside: inputs, parameters, {@link Device.setRandom}. Gradients of
   * leaves that are not parameters can be read from the step where `body` returns them.
   *
   * @throws ArgumentError if `body` is asynchronous: what follows an `await` would not be in the step
   */
  capture<T>(body: () => T): CapturedStep<T>;
  /**
   * Makes something large: where the GPU refuses memory for it, what the device keeps and nobody uses is freed, and it is made once
   * more.
   *
   * @param discard frees what was made without enough memory
   * @throws OutOfMemoryError if the memory does not suffice then either
   */
  allocating<T>(make: () => T, discard: (made: T) => void): Promise<T>;
  /** Waits until all submitted work has run. @throws DeviceError for what went wrong in it */
  synchronize(): Promise<void>;

  /** Bytes of pooled eager memory: live, reserved, most ever reserved. */
  memory(): { used: number; reserved: number; peak: number };
  /** Frees the GPU. Everything made on this device is gone. */
  close(): void;
}

/** What a device does for its tensors behind their methods: every device has it. */
export interface TensorRuntime extends ReadHost {
  /** Who frees which tensor: is told of every one that is made, and of every one that is disposed of. */
  readonly scopes: { track(tensor: Tensor): void; release(tensor: Tensor): void };
  /** The part of a program that is being recorded: see `Runtime.inPart`. */
  readonly part: string | null;
  /** Views that are made while a step is captured live as long as the step: nobody else could free them. */
  noteView(view: Tensor): void;
  upload(storage: Storage, data: StoredData): void;
  /** See {@link Tensor.backward}. */
  backward(root: Tensor, gradient: Tensor | null): void;
}

const runtimeOf = (device: Device): TensorRuntime => device as Device & TensorRuntime;

/** One operator call in the graph. */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly Tensor[];
  /**
   * Gradients of the inputs, given that of the output; null where an input needs none. `into(i)` is the tensor to write
   * input i's gradient to: for a parameter not yet reached in this step it is its place in the gradient arena.
   */
  backward(gradient: Tensor, into: (input: number) => Tensor): readonly (Tensor | null)[];
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
export class Tensor implements KernelArgument {
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
  /** The part of a program that it was made in; its reverse pass belongs to that too. */
  readonly part: string | null;
  /** Set by `Parameters`. */
  gradientSlot: GradientSlot | null = null;
  /** Set by the scopes: the tensors that are freed with this one. */
  holder: Set<Tensor> | null = null;
  private disposed = false;

  constructor(device: Device, shape: Shape, dtype: DataType, storage: Storage) {
    this.device = device;
    this.shape = shape;
    this.dtype = dtype;
    this.storage = storage;
    storage.retain();
    const runtime = runtimeOf(device);
    this.part = runtime.part;
    runtime.scopes.track(this);
  }

  get size(): number {
    return elementCount(this.shape);
  }

  get bytes(): number {
    return this.size * bytesPerElement[this.dtype];
  }

  /** Marks a leaf: {@link Tensor.backward} will leave its gradient in {@link Tensor.gradient}. */
  requireGradient(): this {
    if (!isReal(this.dtype)) throw new ShapeError(`requireGradient: a ${this.dtype} tensor has no gradient`);
    this.requiresGradient = true;
    return this;
  }

  /**
   * The same memory under another shape with as many elements, for what needs no gradient; the operator `reshape` passes one on.
   * @throws ShapeError unless both have as many elements, and where a gradient would be lost
   */
  view(shape: Shape): Tensor {
    checkNoGradient(this, 'view', 'reshape');
    return viewOf(this, shape);
  }

  /**
   * `count` consecutive entries of the first dimension, from `first` on, over the same memory, for what needs no gradient. They
   * must begin at a multiple of 256 bytes.
   * @throws ArgumentError unless these are whole numbers, ShapeError unless such rows begin there or where a gradient would be lost
   */
  rows(first: number, count: number): Tensor {
    checkNoGradient(this, 'rows', 'slice');
    return rowsOf(this, first, count);
  }

  /** Overwrites the contents (the tensor must not be an intermediate of a captured step). */
  write(data: ArrayLike<number>): void {
    checkAlive(this, 'write');
    checkNumbers(data, 'write');
    check(
      data.length === this.size,
      'write',
      () => `got ${data.length} numbers for a tensor of shape ${formatShape(this.shape)} (${this.size})`,
    );
    runtimeOf(this.device).upload(this.storage, toTensorData(data, this.dtype, 'write'));
  }

  /** Copies the contents to the host. Work issued later does not change what this call returns. */
  async read(): Promise<TensorData> {
    return (await readTogether(runtimeOf(this.device), [this]))[0]!;
  }

  /** {@link Tensor.read} for tensors of real numbers. */
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
    runtimeOf(this.device).backward(this, gradient);
  }

  /** Gives the memory back, also that of the gradient. Using the tensor afterwards throws. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.node = null;
    if (!this.gradientSlot) this.gradient?.dispose();
    this.storage.release();
    runtimeOf(this.device).scopes.release(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }
}

/** {@link Tensor.view} for operators, which know how the gradient goes on. */
export function viewOf(tensor: Tensor, shape: Shape): Tensor {
  checkAlive(tensor, 'view');
  checkShape(shape, 'view');
  check(
    elementCount(shape) === tensor.size,
    'view',
    () =>
      `${formatShape(tensor.shape)} has ${tensor.size} elements, ${formatShape(shape)} has ${elementCount(shape)}`,
  );
  return aliasOf(tensor, shape, tensor.storage);
}

/** {@link Tensor.rows} for operators, which know how the gradient goes on. */
export function rowsOf(tensor: Tensor, first: number, count: number): Tensor {
  checkAlive(tensor, 'rows');
  checkArgument(
    Number.isInteger(first) && Number.isInteger(count),
    'rows',
    () => `the first row and the count are whole numbers, not ${first} and ${count}`,
  );
  const { shape, dtype, storage } = tensor;
  const rest = shape.slice(1);
  const bytesPerRow = elementCount(rest) * bytesPerElement[dtype];
  check(
    first >= 0 && count > 0 && first + count <= shape[0]! && (first * bytesPerRow) % bindingAlignment === 0,
    'rows',
    () => `rows ${first} to ${first + count - 1} of ${formatShape(shape)} do not exist or begin unaligned`,
  );
  return aliasOf(tensor, [count, ...rest], storage.window(first * bytesPerRow, count * bytesPerRow));
}

/** Another tensor over memory of this one. */
function aliasOf({ device, dtype }: Tensor, shape: Shape, storage: Storage): Tensor {
  const alias = new Tensor(device, shape, dtype, storage);
  runtimeOf(device).noteView(alias);
  return alias;
}

/** Throws where a graph is recorded that the gradient of this tensor would have to pass. */
function checkNoGradient({ requiresGradient, shape }: Tensor, method: string, operator: string): void {
  check(
    !(requiresGradient && isRecording()),
    method,
    () =>
      `a tensor of shape ${formatShape(shape)} requires a gradient, which would end here; use the operator ${operator}, or withoutGradients where none is wanted`,
  );
}

function checkAlive({ isDisposed, shape }: Tensor, operator: string): void {
  check(
    !isDisposed,
    operator,
    () => `a tensor of shape ${formatShape(shape)} was used after it was disposed of`,
  );
}
