import { type AdapterReport, reportAdapter } from './adapter.ts';
import { check, DeviceError, formatShape, NotFiniteError, ShapeError } from './errors.ts';
import { FiniteTrap } from './finite.ts';
import { type CompiledKernel, type Dispatch, describeCompilation, linkKernel } from './kernel.ts';
import { align, BufferPool, type Storage } from './memory.ts';
import { type CapturedStep, Recorder } from './step.ts';
import {
  bytesPerElement,
  checkShape,
  type DataType,
  elementCount,
  type Shape,
  Tensor,
  type TensorData,
} from './tensor.ts';
import { type KnownMeasurements, type TuneMode, Tuner, type TuneStore } from './tune.ts';
import { indexedDbStore } from './tune-store.ts';

/** See {@link DeviceOptions.operands}. */
export type OperandType = 'f32' | 'f16';

export interface DeviceOptions {
  /** Part of the name of the wanted adapter, compared without case. */
  adapter?: string;
  /** false refuses software drivers (default true: they are slow but correct). */
  allowSoftware?: boolean;
  /** `safe` (default) keeps every check of the WebGPU implementation; `fast` drops those that correct kernels do not need. */
  mode?: 'safe' | 'fast';
  /** In Node, toggles of Dawn in addition to those of the mode. Dawn's source describes each. */
  toggles?: { enable?: readonly string[]; disable?: readonly string[] };
  /** Which variants of kernels to use: those shipped, those measured before on this adapter, or measure what is missing. Default `cache`. */
  tune?: TuneMode;
  /**
   * What the operands of matrix products and convolutions are rounded to: `f16` takes half the memory traffic inside a kernel
   * and opens the matrix units of GPUs, for a relative error of 5e-4 an operand (and infinities past 65,504); sums and all
   * tensors are f32 with either. Default `f32`.
   */
  operands?: OperandType;
  /** Measure also what was measured before. */
  ignoreMeasurements?: boolean;
  debug?: {
    /** Tests every result for NaN and infinities; the first read after one throws and names the operator. */
    checkFinite?: boolean;
  };
}

/** A dispatch made ready: pipeline, tensors in the order of their bindings, and the operator it belongs to. */
export interface PreparedDispatch {
  readonly kernel: CompiledKernel;
  readonly tensors: readonly Tensor[];
  readonly grid: readonly [number, number, number];
  readonly operator: string;
  readonly dispatch: Dispatch;
}

/** Dispatches recorded eagerly before they are submitted: enough to hide the cost of a submit, few enough to start early. */
const dispatchesPerSubmit = 64;

/** Buffers for reading back are kept up to this size: losses and statistics are read every step, weights rarely. */
const largestKeptStaging = 1 << 20;

/**
 * An open GPU. Operators record their dispatches here: eager ones go to a command encoder and are submitted in batches,
 * those made inside {@link Device.capture} go to a recorder.
 */
export class Device {
  readonly gpu: GPUDevice;
  readonly report: AdapterReport;
  readonly pool: BufferPool;
  readonly tuner: Tuner;
  readonly operands: OperandType;
  private readonly pipelines = new Map<string, CompiledKernel>();
  private readonly constants = new Map<string, Tensor>();
  private readonly trap: FiniteTrap | null;
  private readonly failures: Error[] = [];
  /** Error scopes whose outcome is still to come. */
  private readonly checks = new Set<Promise<void>>();
  private readonly scopes: Set<Tensor>[] = [];
  private readonly staging = new Map<number, GPUBuffer[]>();
  private readonly operators: string[] = [];
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  private pending = 0;
  private recorder: Recorder | null = null;
  /** Seed and step of every random operator, on the device as [seed, step]; set with {@link Device.setRandom}. */
  private randomState: Tensor | null = null;
  private randomStreams = 0;
  private lost: string | null = null;
  private closed = false;

  constructor(gpu: GPUDevice, report: AdapterReport, options: DeviceOptions = {}, known?: KnownMeasurements) {
    this.gpu = gpu;
    this.report = report;
    this.pool = new BufferPool((bytes) => this.createBuffer(bytes), report.limits.maxBufferSize);
    this.tuner = new Tuner(this, options.tune, known);
    this.operands = options.operands ?? 'f32';
    this.trap = options.debug?.checkFinite ? new FiniteTrap(this) : null;
    gpu.addEventListener('uncapturederror', (event) => {
      event.preventDefault(); // the next read throws it; do not log it as well
      this.failures.push(this.translate((event as GPUUncapturedErrorEvent).error));
    });
    gpu.lost.then((info) => {
      if (!this.closed) this.lost = info.message || info.reason;
    });
  }

  /** Ends an error scope; what it caught is thrown by the next read, before errors that follow from it. */
  private closeErrorScope(describe: (error: GPUError) => Promise<string>): void {
    const check = this.gpu
      .popErrorScope()
      .then(async (error) => {
        if (error) this.failures.unshift(new DeviceError(await describe(error)));
      })
      .catch(() => {}) // a lost device reports its loss elsewhere
      .finally(() => this.checks.delete(check));
    this.checks.add(check);
  }

  private translate(error: GPUError): Error {
    return new DeviceError(`the GPU refused a command: ${error.message.split('\n')[0]}`);
  }

  // ---- tensors -------------------------------------------------------------------------------------------------------

  /** Uploads numbers in row-major order. */
  tensor(data: ArrayLike<number>, shape: Shape, dtype: DataType = 'f32'): Tensor {
    const bytes = align(this.bytesOf(shape, dtype, 'tensor'), 4);
    check(
      data.length === elementCount(shape),
      'tensor',
      () =>
        `got ${data.length} numbers for a tensor of shape ${formatShape(shape)} (${elementCount(shape)} elements)`,
    );
    // A tensor with contents of its own is not an intermediate, also when it is made while a step is being captured.
    const tensor = new Tensor(this, [...shape], dtype, this.pool.allocate(bytes));
    tensor.write(data);
    return tensor;
  }

  /** Uploads decoded pictures: 4 bytes a pixel, row-major, `pixels.length = 4·n·height·width`. */
  images(pixels: Uint8Array, [n, height, width]: readonly [number, number, number]): Tensor {
    return this.tensor(pixels, [n, height, width, 4], 'rgba8');
  }

  /** Memory with undefined contents, for a kernel to fill. */
  empty(shape: Shape, dtype: DataType = 'f32'): Tensor {
    const bytes = this.bytesOf(shape, dtype, 'empty');
    const storage = this.recorder ? this.recorder.allocate(bytes) : this.pool.allocate(bytes);
    return new Tensor(this, [...shape], dtype, storage);
  }

  /** Bytes of a tensor, after checking that the adapter can hold it. */
  private bytesOf(shape: Shape, dtype: DataType, operator: string): number {
    checkShape(shape, operator);
    const bytes = elementCount(shape) * bytesPerElement[dtype];
    const limit = this.report.limits.maxBufferSize;
    if (bytes > limit) {
      throw new DeviceError(
        `a tensor of shape ${formatShape(shape)} needs ${bytes} bytes, more than a buffer of this adapter holds (${limit}); use a smaller batch`,
      );
    }
    return bytes;
  }

  zeros(shape: Shape): Tensor {
    this.bytesOf(shape, 'f32', 'zeros');
    return this.tensor(new Float32Array(elementCount(shape)), shape);
  }

  /** A shared tensor filled with one number. Never dispose of it. */
  constant(value: number, shape: Shape): Tensor {
    const key = `${value} ${shape.join('x')}`;
    let tensor = this.constants.get(key);
    if (!tensor) {
      tensor = this.untracked(() => this.tensor(new Float32Array(elementCount(shape)).fill(value), shape));
      this.constants.set(key, tensor);
    }
    return tensor;
  }

  /** A shared tensor that holds a few whole numbers, for kernels that serve many shapes. Never dispose of it. */
  uniform(values: readonly number[]): Tensor {
    const key = `uniform ${values.join(' ')}`;
    let tensor = this.constants.get(key);
    if (!tensor) {
      tensor = this.untracked(() => this.tensor(values, [values.length], 'u32'));
      this.constants.set(key, tensor);
    }
    return tensor;
  }

  /** A zeroed buffer outside the pool, for parameters and other state. */
  createBuffer(bytes: number): GPUBuffer {
    this.assertUsable();
    this.gpu.pushErrorScope('out-of-memory');
    const buffer = this.gpu.createBuffer({
      size: align(bytes),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.closeErrorScope(async () => {
      const pooled = this.pool.reserved;
      return `out of GPU memory: ${bytes} bytes on top of ${pooled} pooled ones were refused; use a smaller batch or a smaller net`;
    });
    return buffer;
  }

  // ---- lifetime of eager tensors -------------------------------------------------------------------------------------

  /** Called by the constructor of every tensor. */
  track(tensor: Tensor): void {
    this.scopes.at(-1)?.add(tensor);
  }

  /** Runs `make` so that the enclosing scope does not own what it creates. */
  untracked<T>(make: () => T): T {
    this.scopes.push(new Set());
    try {
      return make();
    } finally {
      this.scopes.pop();
    }
  }

  /** The gradient that a reverse pass adds to. What a captured step computes starts anew in every run. */
  gradientOf(leaf: Tensor): Tensor | null {
    return this.recorder && !this.recorder.leaves.has(leaf) ? null : leaf.gradient;
  }

  /** Makes a tensor the gradient of a leaf, which from now on owns it. */
  giveGradient(leaf: Tensor, gradient: Tensor): void {
    this.recorder?.leaves.set(leaf, leaf.gradient);
    for (const scope of this.scopes) scope.delete(gradient);
    leaf.gradient = gradient;
  }

  /**
   * Frees every tensor made inside `body`, except those it returns (a tensor, or an array or object of tensors). Gradients
   * live as long as their leaves. The body may be asynchronous; scopes nest, but must not run side by side.
   */
  scope<T>(body: () => T): T {
    const scope = new Set<Tensor>();
    this.scopes.push(scope);
    const finish = (result: unknown): void => {
      this.scopes.splice(this.scopes.indexOf(scope), 1);
      const kept = new Set(tensorsIn(result));
      for (const tensor of scope) {
        const { gradient } = tensor;
        if (kept.has(tensor)) this.track(tensor);
        else if (gradient && kept.has(gradient)) {
          tensor.gradient = null;
          this.track(gradient);
        }
        if (!kept.has(tensor)) tensor.dispose();
      }
    };
    let result: T;
    try {
      result = body();
    } catch (error) {
      finish(null);
      throw error;
    }
    if (!(result instanceof Promise)) {
      finish(result);
      return result;
    }
    return result.then(
      (value) => {
        finish(value);
        return value;
      },
      (error) => {
        finish(null);
        throw error;
      },
    ) as T;
  }

  // ---- random numbers ------------------------------------------------------------------------------------------------

  /** The [seed, step] pair that random operators read. */
  get randomTensor(): Tensor {
    this.randomState ??= this.untracked(() => this.tensor([0, 0], [2], 'u32'));
    return this.randomState;
  }

  /** Decides every random bit of the work that follows: same seed and step, same bits. Also restarts eager stream numbers. */
  setRandom(seed: number, step: number): void {
    this.randomTensor.write([seed >>> 0, step >>> 0]);
    if (!this.recorder) this.randomStreams = 0;
  }

  /** Number of the next random operator of this step, so that two of them draw different bits. */
  nextRandomStream(): number {
    return this.randomStreams++;
  }

  // ---- dispatching ---------------------------------------------------------------------------------------------------

  /** Names the operator that the dispatches of `body` belong to. */
  within<T>(operator: string, body: () => T): T {
    this.operators.push(operator);
    try {
      return body();
    } finally {
      this.operators.pop();
    }
  }

  /** Records one kernel call. Outputs are the tensors bound to writable bindings. */
  dispatch(dispatch: Dispatch): void {
    this.assertUsable();
    const prepared = this.prepare(dispatch);
    if (this.recorder) this.recorder.push(prepared);
    else this.encode(prepared);
    if (this.trap && dispatch.kernel.name !== FiniteTrap.kernelName)
      this.trap.watch(prepared, this.recorder !== null);
  }

  private prepare(dispatch: Dispatch): PreparedDispatch {
    const operator = this.operators[0] ?? dispatch.kernel.name;
    const limit = this.report.limits.maxComputeWorkgroupsPerDimension;
    if (dispatch.grid.some((extent) => !Number.isInteger(extent) || extent < 1 || extent > limit)) {
      throw new DeviceError(
        `${operator}: kernel ${dispatch.kernel.name} asks for a grid of ${dispatch.grid.join(' × ')} workgroups; the adapter allows 1 to ${limit} in a dimension`,
      );
    }
    const kernel = this.compile(dispatch);
    const tensors = kernel.bindings.map(({ name }) => {
      const tensor = dispatch.bindings[name];
      if (!tensor)
        throw new DeviceError(`${operator}: kernel ${kernel.name} has a binding ${name} that got no tensor`);
      if (tensor.isDisposed)
        throw new ShapeError(
          `${operator}: a tensor of shape ${formatShape(tensor.shape)} was used after it was disposed of`,
        );
      if (tensor.device !== this)
        throw new ShapeError(
          `${operator}: a tensor of shape ${formatShape(tensor.shape)} belongs to another device`,
        );
      if (!tensor.storage.buffer && !this.recorder?.owns(tensor.storage))
        throw new ShapeError(
          `${operator}: a tensor of shape ${formatShape(tensor.shape)} is an intermediate of a captured step; return it from the captured function to use it`,
        );
      const bound = Math.max(tensor.bytes, 4);
      if (bound > this.report.limits.maxStorageBufferBindingSize) {
        throw new DeviceError(
          `${operator}: a tensor of shape ${formatShape(tensor.shape)} (${bound} bytes) exceeds the adapter's largest binding (${this.report.limits.maxStorageBufferBindingSize} bytes); use a smaller batch`,
        );
      }
      return tensor;
    });
    return { kernel, tensors, grid: dispatch.grid, operator, dispatch };
  }

  /** The pipeline of a dispatch, compiled at first use. */
  compile(dispatch: Pick<Dispatch, 'kernel' | 'constants' | 'conditions'>): CompiledKernel {
    const linkedKernel = linkKernel(dispatch.kernel, dispatch.constants, dispatch.conditions);
    const known = this.pipelines.get(linkedKernel.key);
    if (known) return known;
    this.gpu.pushErrorScope('validation');
    const shader = this.gpu.createShaderModule({ label: linkedKernel.name, code: linkedKernel.wgsl });
    const layout = this.gpu.createBindGroupLayout({
      entries: linkedKernel.bindings.map(({ binding, writable }) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: writable ? 'storage' : 'read-only-storage' },
      })),
    });
    const pipeline = this.gpu.createComputePipeline({
      label: linkedKernel.name,
      layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: shader, entryPoint: 'main' },
    });
    this.closeErrorScope(async (error) => {
      this.pipelines.delete(linkedKernel.key); // so that the next use reports it again
      const { messages } = await shader.getCompilationInfo();
      const details = describeCompilation(linkedKernel, messages) || error.message;
      return `kernel ${linkedKernel.key} does not compile: ${details}`;
    });
    const compiled = { ...linkedKernel, pipeline, layout };
    this.pipelines.set(linkedKernel.key, compiled);
    return compiled;
  }

  /** Resources of a dispatch, in the order of its bindings. */
  bindGroup({ kernel, tensors }: PreparedDispatch): GPUBindGroup {
    return this.gpu.createBindGroup({
      layout: kernel.layout,
      entries: kernel.bindings.map(({ binding }, index) => {
        const { storage, bytes } = tensors[index]!;
        return {
          binding,
          resource: { buffer: storage.buffer!, offset: storage.offset, size: align(bytes, 4) },
        };
      }),
    });
  }

  private encode(prepared: PreparedDispatch): void {
    this.encoder ??= this.gpu.createCommandEncoder();
    this.pass ??= this.encoder.beginComputePass();
    this.pass.setPipeline(prepared.kernel.pipeline);
    this.pass.setBindGroup(0, this.bindGroup(prepared));
    this.pass.dispatchWorkgroups(...prepared.grid);
    if (++this.pending >= dispatchesPerSubmit) this.flush();
  }

  /** Submits what was recorded eagerly. */
  flush(): void {
    if (!this.encoder) return;
    this.pass?.end();
    this.gpu.queue.submit([this.encoder.finish()]);
    this.encoder = null;
    this.pass = null;
    this.pending = 0;
  }

  // ---- captured steps ------------------------------------------------------------------------------------------------

  /**
   * Runs `body` once without executing it, plans the memory of all its intermediates, and returns the step that replays it.
   * What varies from run to run must be in tensors made outside: inputs, parameters, {@link Device.setRandom}. Gradients of
   * leaves that are not parameters can be read from the step where `body` returns them.
   */
  capture<T>(body: () => T): CapturedStep<T> {
    if (this.recorder) throw new DeviceError('capture: a step is already being captured');
    const recorder = new Recorder(this);
    this.recorder = recorder;
    this.randomStreams = 0;
    const scope = new Set<Tensor>();
    this.scopes.push(scope);
    try {
      const outputs = body();
      return recorder.finish(outputs, tensorsIn(outputs));
    } finally {
      for (const [leaf, gradient] of recorder.leaves) leaf.gradient = gradient;
      this.scopes.splice(this.scopes.indexOf(scope), 1);
      this.recorder = null;
    }
  }

  // ---- transfers -----------------------------------------------------------------------------------------------------

  upload(storage: Storage, data: TensorData): void {
    this.assertUsable();
    if (!storage.buffer)
      throw new DeviceError('write: the intermediates of a captured step cannot be written from the host');
    this.flush();
    const bytes = align(data.byteLength, 4);
    const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (bytes === data.byteLength)
      this.gpu.queue.writeBuffer(storage.buffer, storage.offset, source as Uint8Array<ArrayBuffer>);
    else {
      const padded = new Uint8Array(bytes);
      padded.set(source);
      this.gpu.queue.writeBuffer(storage.buffer, storage.offset, padded);
    }
  }

  async download(storage: Storage, bytes: number): Promise<ArrayBuffer> {
    this.assertUsable();
    if (!storage.buffer)
      throw new DeviceError(
        'read: this tensor has no memory; it was disposed of, or is an intermediate of a captured step that the step does not return',
      );
    this.flush();
    const size = align(bytes);
    const buffer =
      this.staging.get(size)?.pop() ??
      this.gpu.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
    const encoder = this.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(storage.buffer, storage.offset, buffer, 0, align(bytes, 4));
    this.gpu.queue.submit([encoder.finish()]);
    try {
      await buffer.mapAsync(GPUMapMode.READ, 0, align(bytes, 4));
    } catch (error) {
      this.assertUsable();
      throw new DeviceError(`read: the device gave no data back: ${(error as Error).message}`);
    }
    const copy = buffer.getMappedRange(0, align(bytes, 4)).slice(0, bytes);
    buffer.unmap();
    const list = this.staging.get(size);
    if (size > largestKeptStaging) buffer.destroy();
    else if (list) list.push(buffer);
    else this.staging.set(size, [buffer]);
    await this.throwFailures();
    await this.trap?.verify();
    return copy;
  }

  /** Waits until all submitted work has run. */
  async synchronize(): Promise<void> {
    this.assertUsable();
    this.flush();
    await this.gpu.queue.onSubmittedWorkDone();
    this.assertUsable();
    await this.throwFailures();
    await this.trap?.verify();
  }

  private async throwFailures(): Promise<void> {
    await Promise.all(this.checks);
    const failure = this.failures.shift();
    if (failure) {
      this.failures.length = 0;
      throw failure;
    }
  }

  /** Throws if the device was lost or closed. */
  assertUsable(): void {
    if (this.lost) throw new DeviceError(`the GPU device was lost: ${this.lost}`);
    if (this.closed) throw new DeviceError('the GPU device was closed');
  }

  /** Bytes of pooled eager memory: live, reserved, most ever reserved. */
  memory(): { used: number; reserved: number; peak: number } {
    const { used, reserved, peak } = this.pool;
    return { used, reserved, peak };
  }

  /** Frees the GPU. Everything made on this device is gone. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.gpu.destroy();
  }
}

/** The tensors in a result: itself, or those in an array or a plain object, at any depth. */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.values(value).flatMap(tensorsIn);
  }
  return [];
}

/** Opens the browser's GPU. In Node use `openDevice` of `device.node.ts`. */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) throw new DeviceError('this browser has no WebGPU');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new DeviceError('this browser has WebGPU but offers no adapter');
  return openAdapter(adapter, options, indexedDbStore);
}

/**
 * Opens a device of an adapter with all its limits and the features that kernels can use.
 *
 * @param storeFor where measurements of kernels are kept
 */
export async function openAdapter(
  adapter: GPUAdapter,
  options: DeviceOptions,
  storeFor: (report: AdapterReport) => TuneStore | null,
): Promise<Device> {
  const report = reportAdapter(adapter);
  if (report.software && options.allowSoftware === false) {
    throw new DeviceError(
      `the only adapter is a software driver (${report.description}), and software drivers are not allowed`,
    );
  }
  if (options.operands === 'f16' && !adapter.features.has('shader-f16')) {
    throw new DeviceError(
      `f16 operands need the feature shader-f16, which the adapter ${report.description || report.vendor} lacks`,
    );
  }
  const limits: Record<string, number> = {};
  for (const name of requestedLimits) limits[name] = adapter.limits[name];
  const gpu = await adapter.requestDevice({
    requiredFeatures: usableFeatures.filter((feature) => adapter.features.has(feature)),
    requiredLimits: limits,
  });
  const { tune = 'cache', ignoreMeasurements = false } = options;
  const store = tune === 'off' ? null : storeFor(report);
  const measurements = ignoreMeasurements ? undefined : await store?.load();
  return new Device(gpu, report, { ...options, tune }, { store, measurements });
}

const usableFeatures = [
  'subgroups',
  'shader-f16',
  'timestamp-query',
  // Not in the standard yet.
  'chromium-experimental-subgroup-matrix' as GPUFeatureName,
] as const;

/** Limits stay at their small defaults unless they are asked for. */
const requestedLimits = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

export { NotFiniteError };
