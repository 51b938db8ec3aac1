import { check, DeviceError, formatShape } from '../core/errors.ts';
import { inspect } from '../core/format.ts';
import { TensorScopes, tensorsIn } from '../core/scopes.ts';
import {
  bytesPerElement,
  checkDataType,
  checkShape,
  type DataType,
  elementCount,
  type GradientSlot,
  type Shape,
  Tensor,
  type TensorData,
  toTensorData,
} from '../core/tensor.ts';
import { Settings } from '../tuning/settings.ts';
import { type KnownMeasurements, Tuner } from '../tuning/tune.ts';
import { type AdapterReport, describeAdapter } from './adapter.ts';
import { DebugTrap } from './debug-trap.ts';
import { Failures } from './failures.ts';
import { watchFinite } from './finite.ts';
import type { Dispatch } from './kernel.ts';
import { checkLabelRange, type LabelRange, labelError } from './labels.ts';
import { align, BufferPool, type Storage } from './memory.ts';
import type { DeviceOptions, OperandType } from './options.ts';
import { Pipelines } from './pipelines.ts';
import { boundTensors, checkGrid, type PreparedDispatch } from './prepared.ts';
import { type CapturedStep, Recorder, type StepRunner } from './step.ts';
import { Transfers } from './transfers.ts';

/** Dispatches recorded eagerly before they are submitted: enough to hide the cost of a submit, few enough to start early. */
const dispatchesPerSubmit = 64;

/**
 * An open GPU. Operators record their dispatches here: eager ones go to a command encoder and are submitted in batches,
 * those made inside {@link Device.capture} go to a recorder.
 */
export class Device {
  readonly gpu: GPUDevice;
  readonly report: AdapterReport;
  readonly pool: BufferPool;
  readonly tuner: Tuner;
  readonly settings = new Settings();
  /** Runs captured steps in a way of its own, to look inside; null: as they are. */
  stepRunner: StepRunner | null = null;
  readonly operands: OperandType;
  private readonly pipelines: Pipelines;
  private readonly transfers: Transfers;
  private readonly failures: Failures;
  private readonly scopes = new TensorScopes();
  private readonly constants = new Map<string, Tensor>();
  private readonly trap = new DebugTrap(this);
  private readonly debug: NonNullable<DeviceOptions['debug']>;
  private readonly operators: string[] = [];
  private calls = 0;
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  private pending = 0;
  private recorder: Recorder | null = null;
  private edit: ((dispatch: Dispatch) => Dispatch) | null = null;
  /** Seed and step of every random operator, on the device as [seed, step]; set with {@link Device.setRandom}. */
  private randomState: Tensor | null = null;
  private randomStreams = 0;
  private lost: string | null = null;
  private closed = false;

  constructor(gpu: GPUDevice, report: AdapterReport, options: DeviceOptions = {}, known?: KnownMeasurements) {
    this.gpu = gpu;
    this.report = report;
    this.failures = new Failures(gpu);
    this.pipelines = new Pipelines(gpu, this.failures);
    this.transfers = new Transfers(gpu);
    this.pool = new BufferPool((bytes) => this.createBuffer(bytes), report.limits.maxBufferSize);
    this.tuner = new Tuner(this, options.tune, known);
    this.operands = options.operands ?? 'f32';
    this.debug = options.debug ?? {};
    gpu.lost.then((info) => {
      if (!this.closed) this.lost = info.message || info.reason;
    });
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
    const content = toTensorData(data, dtype, 'tensor');
    // A tensor with contents of its own is not an intermediate, also when it is made while a step is being captured.
    const tensor = new Tensor(this, [...shape], dtype, this.pool.allocate(bytes));
    this.upload(tensor.storage, content);
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

  /** Bytes of a tensor. @throws DeviceError where no buffer of the adapter can hold it */
  bytesOf(shape: Shape, dtype: DataType, operator: string): number {
    checkDataType(dtype, operator);
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

  zeros(shape: Shape, dtype: DataType = 'f32'): Tensor {
    this.bytesOf(shape, dtype, 'zeros');
    return this.tensor(new Uint8Array(elementCount(shape)), shape, dtype);
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
    const create = (): GPUBuffer =>
      this.gpu.createBuffer({
        size: align(bytes),
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
    return this.failures.watch(
      'out-of-memory',
      create,
      () =>
        `out of GPU memory: ${bytes} bytes on top of ${this.pool.reserved} pooled ones were refused; use a smaller batch or a smaller net`,
    );
  }

  // ---- lifetime of eager tensors -------------------------------------------------------------------------------------

  /** Called by the constructor of every tensor. */
  track(tensor: Tensor): void {
    this.scopes.track(tensor);
  }

  /** Views that are made while a step is captured live as long as the step: nobody else could free them. */
  noteView(view: Tensor): Tensor {
    this.recorder?.views.push(view);
    return view;
  }

  /** Runs `make` so that the enclosing scope does not own what it creates. */
  untracked<T>(make: () => T): T {
    return this.scopes.untracked(make);
  }

  /** The gradient that a reverse pass adds to. What a captured step computes starts anew in every run. */
  gradientOf(leaf: Tensor): Tensor | null {
    return this.recorder && !this.recorder.leaves.has(leaf) ? null : leaf.gradient;
  }

  /** Whether a parameter's gradient has contributions already. What a captured step computes starts anew in every run. */
  gradientIsWritten(slot: GradientSlot): boolean {
    if (this.recorder && !this.recorder.slots.has(slot)) {
      this.recorder.slots.add(slot);
      slot.written = false;
    }
    return slot.written;
  }

  /** Makes a tensor the gradient of a leaf, which from now on owns it. */
  giveGradient(leaf: Tensor, gradient: Tensor): void {
    this.recorder?.leaves.set(leaf, leaf.gradient);
    this.scopes.release(gradient);
    leaf.gradient = gradient;
  }

  /**
   * Frees every tensor made inside `body`, except those it returns (a tensor, or an array or object of tensors). Gradients
   * live as long as their leaves. The body may be asynchronous; scopes nest, but must not run side by side.
   */
  scope<T>(body: () => T): T {
    return this.scopes.run(body);
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
    if (this.operators.length === 0) this.calls++;
    this.operators.push(operator);
    try {
      return body();
    } finally {
      this.operators.pop();
    }
  }

  /** Number of the latest operator call: see {@link PreparedDispatch.call}. */
  get call(): number {
    return this.calls;
  }

  /** Records one kernel call. Outputs are the tensors bound to writable bindings. */
  dispatch(given: Dispatch): void {
    this.assertUsable();
    const dispatch = this.edit?.(given) ?? given;
    const prepared = this.prepare(dispatch);
    if (this.recorder) this.recorder.push(prepared);
    else this.encode(prepared);
    if (this.debug.checkFinite) watchFinite(this.trap, prepared, this.recorder !== null);
  }

  /** In debug mode, checks labels on the device: the next read throws a {@link LabelError} if one is outside the classes. */
  checkLabels(operator: string, labels: Tensor, range: LabelRange): void {
    if (!this.debug.checkLabels) return;
    this.within(operator, () =>
      this.trap.arm(
        this.recorder !== null,
        ([label, classes]) => labelError(label!, classes!, `operator ${operator}`, range.of),
        (serial, finding) => checkLabelRange(labels, range, serial, finding),
      ),
    );
  }

  /** For kernel research: inside `body`, every dispatch is what `edit` makes of it. */
  editing<T>(edit: (dispatch: Dispatch) => Dispatch, body: () => T): T {
    const previous = this.edit;
    this.edit = edit;
    try {
      return body();
    } finally {
      this.edit = previous;
    }
  }

  private prepare(dispatch: Dispatch): PreparedDispatch {
    const operator = this.operators[0] ?? dispatch.kernel.name;
    checkGrid(this, operator, dispatch);
    const kernel = this.pipelines.kernelOf(dispatch);
    const isPlanned = ({ storage }: Tensor): boolean => this.recorder?.owns(storage) ?? false;
    const tensors = boundTensors(this, operator, kernel, dispatch, isPlanned);
    const { decisions } = this.tuner;
    // A kernel that no operator calls is a call of its own.
    const call = this.operators.length === 0 ? ++this.calls : this.calls;
    return { kernel, tensors, grid: dispatch.grid, operator, call, dispatch, decisions };
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
    return this.recording((recorder) => {
      const outputs = this.scopes.untracked(body);
      return recorder.finish(outputs, tensorsIn(outputs));
    });
  }

  /** What {@link Device.capture} would capture, without memory for it: for those who want to know what a step would do. */
  dispatchesOf(body: () => unknown): readonly PreparedDispatch[] {
    return this.recording((recorder) => {
      this.scopes.untracked(body);
      return recorder.dispatches;
    });
  }

  private recording<T>(body: (recorder: Recorder) => T): T {
    if (this.recorder) throw new DeviceError('capture: a step is already being captured');
    const recorder = new Recorder(this);
    this.recorder = recorder;
    this.randomStreams = 0;
    try {
      return body(recorder);
    } finally {
      for (const [leaf, gradient] of recorder.leaves) leaf.gradient = gradient;
      this.recorder = null;
    }
  }

  // ---- transfers -----------------------------------------------------------------------------------------------------

  upload(storage: Storage, data: TensorData): void {
    this.assertUsable();
    if (!storage.buffer)
      throw new DeviceError('write: the intermediates of a captured step cannot be written from the host');
    this.flush();
    this.transfers.upload(storage.buffer, storage.offset, data);
  }

  async download(storage: Storage, bytes: number): Promise<ArrayBuffer> {
    this.assertUsable();
    if (!storage.buffer)
      throw new DeviceError(
        'read: this tensor has no memory; it was disposed of, or is an intermediate of a captured step that the step does not return',
      );
    this.flush();
    let contents: ArrayBuffer;
    try {
      contents = await this.transfers.download(storage.buffer, storage.offset, bytes);
    } catch (error) {
      this.assertUsable();
      throw new DeviceError(`read: the device gave no data back: ${(error as Error).message}`);
    }
    await this.verify();
    return contents;
  }

  /** Waits until all submitted work has run. */
  async synchronize(): Promise<void> {
    this.assertUsable();
    this.flush();
    await this.gpu.queue.onSubmittedWorkDone();
    this.assertUsable();
    await this.verify();
  }

  /** Throws what went wrong in the work that is done. */
  private async verify(): Promise<void> {
    await this.failures.throwFirst();
    await this.trap.verify();
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

  /** What `console.log` prints. */
  [inspect](): string {
    return `Device: ${describeAdapter(this.report)}`;
  }

  /** Frees the GPU. Everything made on this device is gone. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.gpu.destroy();
  }
}
