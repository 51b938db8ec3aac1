import { DeviceError, formatShape } from '../core/errors.ts';
import type { GradientSlot, Tensor } from '../core/tensor.ts';
import type { Device } from './device.ts';
import { type Lifetime, type MemoryPlan, planMemory, Storage } from './memory.ts';
import { type PreparedDispatch, passText } from './prepared.ts';

/** Runs a captured step in place of {@link CapturedStep.run}. */
export interface StepRunner {
  run(step: CapturedStep<unknown>): void;
}

interface Intermediate extends Lifetime {
  label: string;
  first: number;
  last: number;
  readonly conflicts: Set<Intermediate>;
}

/** Collects the dispatches of a step while its function runs. */
export class Recorder {
  private readonly device: Device;
  readonly dispatches: PreparedDispatch[] = [];
  private readonly intermediates = new Map<Storage, Intermediate>();
  /** Leaves that got a gradient in this step, with the gradient that they had before. */
  readonly leaves = new Map<Tensor, Tensor | null>();
  /** Views made on the way: of intermediates, and of tensors that exist outside. */
  readonly views: Tensor[] = [];
  /** Gradients of parameters that this step has begun. */
  readonly slots = new Set<GradientSlot>();

  constructor(device: Device) {
    this.device = device;
  }

  /** Memory that the plan will place. */
  allocate(bytes: number): Storage {
    const storage = new Storage(bytes, null);
    this.intermediates.set(storage, {
      bytes,
      label: '',
      first: Number.POSITIVE_INFINITY,
      last: -1,
      conflicts: new Set(),
    });
    return storage;
  }

  /** Whether this is memory of the step that is being recorded. */
  owns(storage: Storage): boolean {
    return this.intermediates.has(storage.root);
  }

  push(dispatch: PreparedDispatch): void {
    this.dispatches.push(dispatch);
  }

  finish<T>(outputs: T, kept: readonly Tensor[]): CapturedStep<T> {
    this.findLifetimes(kept);
    const used = [...this.intermediates].filter(([, lifetime]) => lifetime.last >= 0);
    const plan = planMemory(
      used.map(([, lifetime]) => lifetime),
      this.device.report.limits.maxBufferSize,
    );
    const slabs = plan.slabs.map((bytes) => this.device.createBuffer(bytes));
    for (const [storage, lifetime] of used) {
      const placement = plan.placements.get(lifetime)!;
      storage.place(slabs[placement.slab]!, placement.offset);
    }
    const step = new CapturedStep(this.device, outputs, this.dispatches, plan, slabs, this.views);
    // Others may share the memory of what is not returned: nobody must read or write it from outside.
    const returned = new Set(kept.map(({ storage }) => storage.root));
    for (const [storage] of used) if (!returned.has(storage)) storage.revoke();
    return step;
  }

  private findLifetimes(kept: readonly Tensor[]): void {
    this.dispatches.forEach((dispatch, index) => {
      const { kernel, tensors } = dispatch;
      const read: Intermediate[] = [];
      const written: Intermediate[] = [];
      tensors.forEach((tensor, position) => {
        const lifetime = this.intermediates.get(tensor.storage.root);
        if (!lifetime) return;
        lifetime.first = Math.min(lifetime.first, index);
        lifetime.last = index;
        const { name } = kernel.bindings[position]!;
        lifetime.label ||= `${passText(dispatch)}: ${name} ${formatShape(tensor.shape)}`;
        (kernel.bindings[position]!.writable ? written : read).push(lifetime);
      });
      for (const input of read) {
        for (const output of written) {
          if (input === output)
            throw new DeviceError(
              `kernel ${kernel.name} reads and writes the same tensor through two bindings`,
            );
          input.conflicts.add(output);
          output.conflicts.add(input);
        }
      }
    });
    for (const tensor of kept) {
      const lifetime = this.intermediates.get(tensor.storage.root);
      if (lifetime) lifetime.last = this.dispatches.length;
    }
  }
}

/** A step recorded once: pipelines, bind groups and memory are fixed; a run is one command buffer with one pass. */
export class CapturedStep<T> {
  /** What the captured function returned. Its tensors hold the results of the latest run. */
  readonly outputs: T;
  readonly dispatches: readonly PreparedDispatch[];
  readonly plan: MemoryPlan;
  private readonly device: Device;
  private readonly slabs: readonly GPUBuffer[];
  private readonly views: readonly Tensor[];
  private readonly bindGroups: readonly GPUBindGroup[];
  /** Where the tensors of each dispatch lie, in the order of its bindings. */
  readonly places: readonly (readonly { readonly buffer: GPUBuffer; readonly offset: number }[])[];
  private disposed = false;

  constructor(
    device: Device,
    outputs: T,
    dispatches: readonly PreparedDispatch[],
    plan: MemoryPlan,
    slabs: readonly GPUBuffer[],
    views: readonly Tensor[],
  ) {
    this.device = device;
    this.outputs = outputs;
    this.dispatches = dispatches;
    this.plan = plan;
    this.slabs = slabs;
    this.views = views;
    this.bindGroups = dispatches.map((dispatch) => device.bindGroup(dispatch));
    this.places = dispatches.map(({ tensors }) =>
      tensors.map(({ storage }) => ({ buffer: storage.buffer!, offset: storage.offset })),
    );
  }

  /** Bytes of memory for all intermediates together. */
  get arenaBytes(): number {
    return this.plan.slabs.reduce((sum, bytes) => sum + bytes, 0);
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

  /** Submits the step. Returns at once; read an output to wait for it. */
  run(): void {
    const { gpu, stepRunner } = this.device;
    if (stepRunner) {
      stepRunner.run(this);
      return;
    }
    this.prepare();
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.encode(pass);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
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
    for (const slab of this.slabs) slab.destroy();
  }
}
