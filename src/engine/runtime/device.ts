import { backward } from '../core/backward.ts';
import { checkNumbers, type DataType, type StoredData, toTensorData } from '../core/data-type.ts';
import { check, checkArgument, DeviceError, DeviceLostError, formatShape } from '../core/errors.ts';
import { inspect } from '../core/format.ts';
import { LeakWatch } from '../core/leaks.ts';
import type { Phase } from '../core/phase.ts';
import type { Scope } from '../core/scope.ts';
import { TensorScopes, tensorsIn } from '../core/scopes.ts';
import { elementCount, type Shape } from '../core/shape.ts';
import { synchronous } from '../core/synchronous.ts';
import { Tensor } from '../core/tensor.ts';
import type { KnownMeasurements } from '../tuning/measurements.ts';
import { Settings } from '../tuning/settings.ts';
import { Tuner } from '../tuning/tune.ts';
import { type AdapterReport, describeAdapter } from './adapter.ts';
import { Allocations } from './allocations.ts';
import type { CapturedStep, StepRunner } from './captured-step.ts';
import { Commands } from './commands.ts';
import { type Checking, DebugTrap } from './debug-trap.ts';
import type { Exchange } from './exchange.ts';
import { Failures } from './failures.ts';
import { watchFinite } from './finite.ts';
import { Gradients } from './gradients.ts';
import { type Dispatch, type KernelArgument, type LinkedKernel, linkKernel } from './kernel.ts';
import { checkLabelRange, type LabelRange, labelError } from './labels.ts';
import { lossOf } from './loss.ts';
import type { BufferPool, Storage } from './memory.ts';
import { OperatorCalls } from './operator-calls.ts';
import type { DeviceOptions, OperandType } from './options.ts';
import { usualWorkPerSubmission } from './parts.ts';
import { type CompiledKernel, Pipelines } from './pipelines.ts';
import {
  checkGrid,
  kernelsFor,
  type PreparedDispatch,
  passText,
  usableTensors,
  withStoredBytes,
} from './prepared.ts';
import { programOf, type StepProgram, stepOf } from './program.ts';
import { RandomState } from './random-state.ts';
import { Recorder } from './recorder.ts';
import type { Runtime } from './runtime.ts';
import { SharedTensors } from './shared-tensors.ts';
import { bytesOf } from './tensor-bytes.ts';
import { type Source, Transfers } from './transfers.ts';

/**
 * A device at work. Operators record their dispatches here: eager ones go to a command encoder and are submitted in batches,
 * those made inside `capture` go to a recorder. Its members are described where they are declared: in `Device` and `Runtime`.
 */
export class DeviceRuntime implements Runtime {
  readonly gpu: GPUDevice;
  readonly report: AdapterReport;
  readonly pool: BufferPool;
  readonly tuner: Tuner;
  readonly settings = new Settings();
  readonly operands: OperandType;
  readonly workPerSubmission: number;
  stepRunner: StepRunner | null = null;
  isIdle = false;
  readonly scopes: TensorScopes;
  readonly gradients: Gradients;
  readonly random = new RandomState((state) => this.words(state));
  private readonly shared = new SharedTensors((...given) => this.untracked(() => this.tensor(...given)));
  private readonly allocations: Allocations;
  private readonly commands: Commands;
  private readonly pipelines: Pipelines;
  private readonly transfers: Transfers;
  private readonly failures: Failures;
  private readonly trap = new DebugTrap((words) => this.words(words));
  private readonly debug: NonNullable<DeviceOptions['debug']>;
  private readonly calls = new OperatorCalls();
  private recorder: Recorder | null = null;
  private sketched: Dispatch[] | null = null;
  private edit: ((dispatch: Dispatch) => Dispatch) | null = null;
  private lost: string | null = null;
  private closed = false;

  constructor(gpu: GPUDevice, report: AdapterReport, options: DeviceOptions = {}, known?: KnownMeasurements) {
    this.gpu = gpu;
    this.report = report;
    const { gflopPerSubmission } = options;
    checkArgument(
      gflopPerSubmission === undefined || gflopPerSubmission > 0,
      'openDevice',
      () => `gflopPerSubmission must be a positive number, not ${gflopPerSubmission}`,
    );
    this.workPerSubmission =
      gflopPerSubmission === undefined ? usualWorkPerSubmission(report) : 1e9 * gflopPerSubmission;
    this.commands = new Commands(gpu, this.workPerSubmission);
    this.failures = new Failures(gpu);
    this.pipelines = new Pipelines(gpu, this.failures);
    this.transfers = new Transfers(gpu);
    this.allocations = new Allocations(this, this.failures);
    this.pool = this.allocations.pool;
    this.tuner = new Tuner(this, options.tune, { ...known, seconds: options.tuneSeconds });
    this.operands = options.operands ?? 'f32';
    this.debug = options.debug ?? {};
    this.scopes = new TensorScopes(this.debug.leaks ? new LeakWatch(this.debug.onLeak) : null);
    this.gradients = new Gradients(this.scopes);
    gpu.lost.then((info) => {
      if (!this.closed) this.lost = info.message || info.reason;
    });
  }

  // ---- tensors -------------------------------------------------------------------------------------------------------

  tensor(data: ArrayLike<number>, shape: Shape, dtype: DataType = 'f32'): Tensor {
    const bytes = bytesOf(this.report, shape, dtype, 'tensor');
    checkNumbers(data, 'tensor');
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

  images(pixels: Uint8Array, [n, height, width]: readonly [number, number, number]): Tensor {
    return this.tensor(pixels, [n, height, width, 4], 'rgba8');
  }

  empty(shape: Shape, dtype: DataType = 'f32'): Tensor {
    const bytes = bytesOf(this.report, shape, dtype, 'empty');
    const storage = this.recorder ? this.recorder.allocate(bytes) : this.pool.allocate(bytes);
    return new Tensor(this, [...shape], dtype, storage);
  }

  zeros(shape: Shape, dtype: DataType = 'f32'): Tensor {
    bytesOf(this.report, shape, dtype, 'zeros');
    return this.tensor(new Uint8Array(elementCount(shape)), shape, dtype);
  }

  constant(value: number, shape: Shape): Tensor {
    return this.shared.constant(value, shape);
  }

  /** Whole numbers in a tensor that no scope owns. */
  private words(values: readonly number[]): Tensor {
    return this.untracked(() => this.tensor(values, [values.length], 'u32'));
  }

  uniform(values: readonly number[]): Tensor {
    return this.shared.uniform(values);
  }

  createBuffer(bytes: number): GPUBuffer {
    this.assertUsable();
    return this.allocations.createBuffer(bytes);
  }

  allocating<T>(make: () => T, discard: (made: T) => void): Promise<T> {
    return this.allocations.allocating(make, discard);
  }

  // ---- lifetime and gradients of tensors -----------------------------------------------------------------------------

  noteView(view: Tensor): void {
    this.recorder?.views.push(view);
  }

  untracked<T>(make: () => T): T {
    return this.scopes.untracked(make);
  }

  scope<T>(body: (scope: Scope) => T): T {
    return this.scopes.run(body);
  }

  backward(root: Tensor, gradient: Tensor | null): void {
    backward(root, gradient);
  }

  setRandom(seed: number, step: number, firstRow = 0): void {
    this.random.set(seed, step, firstRow);
    if (!this.recorder) this.random.restart();
  }

  // ---- dispatching ---------------------------------------------------------------------------------------------------

  within<T>(operator: string, body: () => T, phase?: Phase): T {
    return this.calls.within(operator, body, phase);
  }

  inPart<T>(name: string | null, body: () => T): T {
    return this.calls.inPart(name, body);
  }

  get part(): string | null {
    return this.calls.part;
  }

  get call(): number {
    return this.calls.latest;
  }

  dispatch(given: Dispatch): void {
    this.assertUsable();
    const dispatch = withStoredBytes(this.edit?.(given) ?? given);
    if (this.sketched) {
      this.sketched.push(dispatch);
      return;
    }
    const runs = this.prepare(dispatch);
    for (const run of runs) {
      if (this.recorder) this.recorder.push(run);
      else this.commands.encode(run);
    }
    if (this.debug.checkFinite) watchFinite(this, this.trap, runs, this.recorder !== null);
  }

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

  checking<T>(when: Checking, body: () => T): T {
    return this.trap.within(when, () => synchronous('checking', body()));
  }

  settleChecks(): ReturnType<DebugTrap['settle']> {
    return this.trap.settle();
  }

  exchange(exchange: Exchange): void {
    if (this.sketched) return;
    if (!this.recorder)
      throw new DeviceError(`exchange ${exchange.name}: the host takes part in captured steps only`);
    this.recorder.exchange(exchange);
  }

  editing<T>(edit: (dispatch: Dispatch) => Dispatch, body: () => T): T {
    const previous = this.edit;
    this.edit = edit;
    try {
      return synchronous('editing', body());
    } finally {
      this.edit = previous;
    }
  }

  /** One dispatch, or where tensors are too large for its kernel the several that take its place. */
  private prepare(dispatch: Dispatch): PreparedDispatch[] {
    const pass = this.calls.pass ?? { operator: dispatch.kernel.name, phase: 'forward' as const };
    const operator = passText(pass);
    checkGrid(this.report, operator, dispatch);
    const linked = linkKernel(dispatch.kernel, dispatch.constants, dispatch.conditions);
    const isPlanned = ({ storage }: KernelArgument): boolean => this.recorder?.owns(storage) ?? false;
    const bound = usableTensors(this, operator, linked, dispatch, isPlanned);
    const { decisions } = this.tuner;
    const call = this.calls.ofDispatch();
    const { part } = this;
    return kernelsFor(this.report.limits, operator, linked, bound).map((one) => {
      const kernel = this.pipelines.kernelOf(one);
      const tensors = kernel.bindings.map(({ name }) => bound[name]!);
      return { kernel, tensors, grid: dispatch.grid, ...pass, part, call, dispatch, decisions };
    });
  }

  flush(): void {
    this.commands.flush();
  }

  // ---- captured steps ------------------------------------------------------------------------------------------------

  capture<T>(body: () => T): CapturedStep<T> {
    return this.recording((recorder) => {
      const outputs = synchronous('capture', this.scopes.untracked(body));
      return recorder.finish(outputs, tensorsIn(outputs));
    });
  }

  dispatchesOf(body: () => unknown): readonly PreparedDispatch[] {
    return this.recording((recorder) => {
      synchronous('dispatchesOf', this.scopes.untracked(body));
      return recorder.dispatches;
    });
  }

  sketch(body: () => unknown): readonly Dispatch[] {
    const sketched: Dispatch[] = [];
    return this.recording(() => {
      this.sketched = sketched;
      try {
        synchronous('sketch', this.scopes.untracked(body));
      } finally {
        this.sketched = null;
      }
      return sketched;
    });
  }

  async programOf(body: () => unknown): Promise<StepProgram> {
    const { views, ...recorded } = this.recording((recorder) => {
      synchronous('programOf', this.scopes.untracked(body));
      return { dispatches: recorder.dispatches, views: recorder.views, ...recorder.plan() };
    });
    try {
      return await programOf(recorded, (sources) => this.download(sources));
    } finally {
      for (const view of views) view.dispose();
    }
  }

  stepOf(program: StepProgram): CapturedStep<null> {
    return stepOf(this, program);
  }

  compiled(kernel: LinkedKernel): CompiledKernel {
    return this.pipelines.kernelOf(kernel);
  }

  private recording<T>(body: (recorder: Recorder) => T): T {
    if (this.recorder) throw new DeviceError('capture: a step is already being captured');
    const recorder = new Recorder(this);
    this.recorder = recorder;
    this.random.restart();
    try {
      return this.gradients.ofStep(() => body(recorder));
    } finally {
      this.recorder = null;
    }
  }

  // ---- transfers -----------------------------------------------------------------------------------------------------

  upload(storage: Storage, data: StoredData): void {
    this.assertUsable();
    this.flush();
    this.transfers.upload(storage, data);
  }

  async download(
    sources: readonly Source[],
    encoder = this.commands.take(),
    isRepeated = false,
  ): Promise<ArrayBuffer[]> {
    this.assertUsable();
    return this.trap.look(async (finding) => {
      let contents: ArrayBuffer[];
      try {
        const all = finding ? [...sources, finding] : sources;
        contents = await this.transfers.download(all, encoder, isRepeated);
      } catch (error) {
        throw (await lossOf(this)) ?? error;
      }
      await this.failures.throwFirst();
      const words = finding ? new Uint32Array(contents.pop()!) : [];
      return { result: contents, words };
    });
  }

  async synchronize(): Promise<void> {
    this.assertUsable();
    this.flush();
    await this.gpu.queue.onSubmittedWorkDone();
    this.assertUsable();
    await this.failures.throwFirst();
    if (this.trap.isArmed) await this.download([]);
  }

  assertUsable(): void {
    if (this.lost) throw new DeviceLostError(`the GPU device was lost: ${this.lost}`);
    if (this.closed) throw new DeviceError('the GPU device was closed');
  }

  memory(): { used: number; reserved: number; peak: number } {
    const { used, reserved, peak } = this.pool;
    return { used, reserved, peak };
  }

  /** What `console.log` prints. */
  [inspect](): string {
    return `Device: ${describeAdapter(this.report)}`;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.gpu.destroy();
  }
}
