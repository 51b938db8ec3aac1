import type { Device, GradientSlot, Tensor, TensorRuntime } from '../core/tensor.ts';
import type { CapturedStep, StepHost, StepRunner } from './captured-step.ts';
import type { Checking, DebugTrap } from './debug-trap.ts';
import type { Exchange } from './exchange.ts';
import type { Dispatch } from './kernel.ts';
import type { LabelRange } from './labels.ts';
import type { BufferPool } from './memory.ts';
import type { PreparedDispatch } from './prepared.ts';
import type { StepProgram } from './program.ts';

/** The gradients of leaves, as a reverse pass fills them. What a captured step computes starts again in every run. */
export interface LeafGradients {
  /** The gradient that a reverse pass adds to. */
  of(leaf: Tensor): Tensor | null;
  /** Whether a parameter's gradient has contributions already. */
  isWritten(slot: GradientSlot): boolean;
  /** Makes a tensor the gradient of a leaf, which from now on owns it. */
  give(leaf: Tensor, gradient: Tensor): void;
}

/** What random operators draw from. */
export interface RandomSource {
  /** [seed, step, first row of the batch] on the device, as set with {@link Device.setRandom}. */
  readonly tensor: Tensor;
  /** Number of the next random operator of this step, so that two of them draw different bits. */
  nextStream(): number;
  /**
   * The same for operators that change pictures before they become numbers: these count down from 2³² − 1, so that all others draw the
   * same bits with such an operator and without.
   */
  nextPictureStream(): number;
  /**
   * Computes a batch in so many parts of so many rows each: each draws, in the same streams, what its rows draw in the whole batch. `body`
   * must do all that a part draws for, its reverse pass too.
   */
  inParts<T>(count: number, rows: number, body: (part: number) => T): T[];
}

/** What a device offers to the engine's own operators, optimisers and instruments beyond its public interface. */
export interface Runtime extends Device, TensorRuntime, StepHost {
  readonly pool: BufferPool;
  /** Runs captured steps in a way of its own, to look inside; null: as they are. */
  stepRunner: StepRunner | null;
  /** Whether nothing is computed here, as on an adapter that does nothing: then nobody needs the first values of parameters. */
  isIdle: boolean;
  readonly gradients: LeafGradients;
  readonly random: RandomSource;

  /** A shared tensor that holds a few whole numbers, for kernels that serve many shapes. Never dispose of it. */
  uniform(values: readonly number[]): Tensor;
  /** A zeroed buffer outside the pool, for parameters and other state. */
  createBuffer(bytes: number): GPUBuffer;
  /** Runs `make` so that the enclosing scope does not own what it creates. */
  untracked<T>(make: () => T): T;

  /**
   * Names the part of a program, such as a layer of a net, that the dispatches of `body` belong to, and those of the reverse pass from
   * the tensors made in it. Inside of another part, they belong to the inner one. `body` must not be asynchronous.
   */
  inPart<T>(name: string | null, body: () => T): T;
  /** Lets the host take part in the step that is being captured: see {@link Exchange}. @throws DeviceError outside of captured steps */
  exchange(exchange: Exchange): void;
  /** Number of the latest operator call: see {@link PreparedDispatch.call}. */
  readonly call: number;
  /** In debug mode, checks labels on the device: the next read throws a `LabelError` if one is outside the classes. */
  checkLabels(operator: string, labels: Tensor, range: LabelRange): void;
  /** In debug mode: when what is found in `body` counts. `body` must not be asynchronous. */
  checking<T>(when: Checking, body: () => T): T;
  /** For a kernel that decides whether a step is taken: see {@link DebugTrap.settle}. */
  settleChecks(): ReturnType<DebugTrap['settle']>;
  /** For kernel research: inside `body`, every dispatch is what `edit` makes of it. */
  editing<T>(edit: (dispatch: Dispatch) => Dispatch, body: () => T): T;
  /** What {@link Device.capture} would capture, without memory for it: for those who want to know what a step would do. */
  dispatchesOf(body: () => unknown): readonly PreparedDispatch[];
  /** The calls of kernels among them, which are not even linked: that takes most of the time. */
  sketch(body: () => unknown): readonly Dispatch[];
  /** The same as plain data, for {@link Runtime.stepOf} on a device of another process. */
  programOf(body: () => unknown): Promise<StepProgram>;
  /** Loads what another device recorded. */
  stepOf(program: StepProgram): CapturedStep<null>;
}

/** The engine's own view of a device: every {@link Device} is a {@link Runtime}, of which users see the public part. */
export function runtimeOf(device: Device): Runtime {
  return device as Runtime;
}
