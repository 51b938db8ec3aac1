import type { StoredData, TensorData } from '../core/data-type.ts';
import { DeviceError } from '../core/errors.ts';
import {
  type ExchangeTimes,
  type Moment,
  momentsOf,
  type PlacedExchange,
  RunningExchanges,
} from './exchange.ts';
import type { KernelArgument } from './kernel.ts';
import type { MemoryPlan, Storage } from './memory.ts';
import { cutIntoParts } from './parts.ts';
import { PassClock, type PassTimes } from './pass-clock.ts';
import { bindGroupOf, type PreparedDispatch } from './prepared.ts';
import { type ReadHost, readTogether } from './read-together.ts';

/** Runs a captured step in place of {@link CapturedStep.run}. */
export interface StepRunner {
  run(step: CapturedStep<unknown>): void;
}

/** The device that a captured step runs on, as far as the step needs it. */
export interface StepHost extends ReadHost {
  readonly gpu: GPUDevice;
  readonly stepRunner: StepRunner | null;
  /** Most work in a submission, in operations. */
  readonly workPerSubmission: number;
  /** Submits what was recorded eagerly. */
  flush(): void;
  /** Throws if the device was lost or closed. */
  assertUsable(): void;
  upload(storage: Storage, data: StoredData): void;
}

const now = (): number => performance.now();

/** What a recorded step is made of. */
export interface RecordedStep {
  readonly dispatches: readonly PreparedDispatch[];
  readonly exchanges: readonly PlacedExchange[];
  readonly views: readonly { dispose(): void }[];
}

/**
 * A step recorded once: pipelines, bind groups and memory are fixed; a run is one command buffer with one pass, or on GPUs some
 * of them where it is much work (see parts.ts). Where the host takes part (see exchange.ts), the step is submitted up to there.
 */
export class CapturedStep<T> {
  /** What the captured function returned. Its tensors hold the results of the latest run. */
  readonly outputs: T;
  readonly dispatches: readonly PreparedDispatch[];
  readonly plan: MemoryPlan;
  private readonly device: StepHost;
  private readonly blocks: readonly GPUBuffer[];
  private readonly views: readonly { dispose(): void }[];
  private readonly bindGroups: readonly GPUBindGroup[];
  /** Where the tensors of each dispatch lie, in the order of its bindings. */
  readonly places: readonly (readonly { readonly buffer: GPUBuffer; readonly offset: number }[])[];
  /** Where each part that is submitted by itself ends. */
  private readonly parts: readonly number[];
  private readonly moments: readonly Moment[];
  /** Called for every exchange of a run, in the order in which they end, before the run is done. */
  onExchange: ((times: ExchangeTimes) => void) | null = null;
  /** Where it is set, the GPU's passes of a run with exchanges are timed; called with null where the adapter has no timestamps. */
  onPasses: ((passes: readonly PassTimes[] | null) => void) | null = null;
  private disposed = false;

  constructor(
    device: StepHost,
    outputs: T,
    { dispatches, exchanges, views }: RecordedStep,
    plan: MemoryPlan,
    blocks: readonly GPUBuffer[],
  ) {
    this.device = device;
    this.outputs = outputs;
    this.dispatches = dispatches;
    this.plan = plan;
    this.blocks = blocks;
    this.views = views;
    this.moments = momentsOf(exchanges);
    this.parts = cutIntoParts(
      dispatches.map(({ dispatch }) => dispatch.cost),
      device.workPerSubmission,
    );
    this.bindGroups = dispatches.map((dispatch) => bindGroupOf(device.gpu, dispatch));
    this.places = dispatches.map(({ tensors }) =>
      tensors.map(({ storage }) => ({ buffer: storage.buffer!, offset: storage.offset })),
    );
  }

  /** Bytes of memory for all intermediates together. */
  get arenaBytes(): number {
    return this.plan.blocks.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Arithmetic of one run. */
  get flops(): number {
    return this.dispatches.reduce((sum, { dispatch }) => sum + dispatch.cost.flops, 0);
  }

  /**
   * Compiles all kernels side by side; without this the first run compiles one after another. What does not compile is
   * reported by the first read after a run.
   *
   * Measured with the 58 kernels of a training step on 2 cores, Mesa 25.0.7 and no shader cache: 265 ms instead of 350.
   * llvmpipe leaves most of its work to the first run; drivers of GPUs do all of it here.
   *
   * @param onProgress called as kernels are done
   */
  async compile(onProgress?: (done: number, total: number) => void): Promise<void> {
    const kernels = new Set(this.dispatches.map(({ kernel }) => kernel));
    let done = 0;
    await Promise.all(
      [...kernels].map(async (kernel) => {
        await kernel.compile();
        onProgress?.(++done, kernels.size);
      }),
    );
  }

  /**
   * Submits the step. Returns at once; read an output to wait for it.
   *
   * @throws DeviceError where the host takes part in the step: see {@link CapturedStep.runAndRead}
   */
  run(): void {
    const { gpu, stepRunner } = this.device;
    if (this.moments.length > 0)
      throw new DeviceError(
        'run: the host takes part in this step, which has to be waited for: use runAndRead',
      );
    if (stepRunner) stepRunner.run(this);
    else gpu.queue.submit([this.submitUpToLastPart().finish()]);
  }

  /**
   * Submits the step together with copies of some of its outputs, and gives what they hold after this run: one submission and one
   * wait, where running and reading one after the other takes one more of each for every output. With exchanges there are more. A step
   * with exchanges must have ended before it runs again.
   */
  async runAndRead(outputs: readonly KernelArgument[]): Promise<TensorData[]> {
    const { device } = this;
    if (this.moments.length > 0) return this.runWithExchanges(outputs);
    device.stepRunner?.run(this);
    return readTogether(device, outputs, device.stepRunner ? undefined : this.submitUpToLastPart());
  }

  private async runWithExchanges(outputs: readonly KernelArgument[]): Promise<TensorData[]> {
    const { device, onExchange, onPasses } = this;
    const { queue } = device.gpu;
    if (device.stepRunner)
      throw new DeviceError('run: the host takes part in this step, so that it cannot be run in parts');
    const clock = onPasses && PassClock.of(device.gpu, this.moments.length + this.parts.length + 1);
    const exchanges = new RunningExchanges((storage, data) => device.upload(storage, data));
    const ended: Promise<ExchangeTimes>[] = [];
    let first = 0;
    for (const { at, kind, placed } of this.moments) {
      const commands = this.submitUpToLastPart(first, at, clock);
      first = at;
      if (kind === 'begin')
        exchanges.begin(placed, readTogether(device, placed.exchange.reads, commands, true));
      else {
        queue.submit([commands.finish()]);
        // A device that is lost says so to who reads.
        const idle = onExchange && queue.onSubmittedWorkDone().then(now, now);
        const times = await exchanges.end(placed);
        // The GPU may still have work when what it will need is there: nobody waits for it here.
        if (idle) ended.push(idle.then((moment) => ({ ...times, idle: moment })));
      }
    }
    const commands = this.submitUpToLastPart(first, this.dispatches.length, clock);
    clock?.encodeRead(commands);
    const contents = await readTogether(device, outputs, commands);
    for (const times of await Promise.all(ended)) onExchange?.(times);
    onPasses?.(clock ? await clock.read() : null);
    return contents;
  }

  /** Submits all parts of some dispatches but the last, whose commands it gives back. */
  private submitUpToLastPart(
    from = 0,
    to = this.dispatches.length,
    clock: PassClock | null = null,
  ): GPUCommandEncoder {
    this.prepare();
    const { gpu } = this.device;
    let encoder = gpu.createCommandEncoder();
    let first = from;
    for (const part of this.parts) {
      const end = Math.min(part, to);
      if (end <= first) continue;
      if (first > from) {
        gpu.queue.submit([encoder.finish()]);
        encoder = gpu.createCommandEncoder();
      }
      const pass = encoder.beginComputePass(clock?.around(first, end));
      this.encode(pass, first, end);
      pass.end();
      first = end;
    }
    return encoder;
  }

  /**
   * Before commands of this step are encoded: submits what was recorded eagerly.
   *
   * @throws DeviceError if the step or the device is gone
   */
  prepare(): void {
    if (this.disposed) throw new DeviceError('run: this step was disposed of');
    this.device.assertUsable();
    this.device.flush();
  }

  /** Puts the dispatches from number `first` up to, not including, `end` into a pass. */
  encode(pass: GPUComputePassEncoder, first = 0, end = this.dispatches.length): void {
    let pipeline: GPUComputePipeline | null = null;
    for (let index = first; index < end; index++) {
      const { kernel, grid } = this.dispatches[index]!;
      if (kernel.pipeline !== pipeline) {
        pipeline = kernel.pipeline;
        pass.setPipeline(pipeline);
      }
      pass.setBindGroup(0, this.bindGroups[index]);
      pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
    }
  }

  /** Frees the memory of the intermediates. */
  dispose(): void {
    this.disposed = true;
    for (const view of this.views) view.dispose();
    for (const block of this.blocks) block.destroy();
  }
}
