/** One case of an operator as a captured step: what kernels it dispatches, and what comes out. */

import type { TensorData } from '../../engine/core/data-type.ts';
import { DeviceError } from '../../engine/core/errors.ts';
import type { BoundCase, ReferenceArray } from '../../engine/core/operator.ts';
import { uniform01 } from '../../engine/core/random.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import type { Dispatch } from '../../engine/runtime/kernel.ts';
import { runtimeOf } from '../../engine/runtime/runtime.ts';
import { bytesOf } from '../../engine/runtime/tensor-bytes.ts';
import { sampleInput, sampleTensor, sampleType } from '../../engine/testing/sample.ts';
import type { FreeConstant } from '../../engine/tuning/settings.ts';
import { collectingCleanups, onDispose } from './cleanup.ts';

/** What a person wants otherwise than shipped. */
export interface Changes {
  /** Name of the variant that every choice takes that has it … */
  readonly variant?: string;
  /** … or only those of this operation. */
  readonly operation?: string | undefined;
  /** Free constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Rewrites dispatches, to run an edited kernel. */
  readonly edit?: (dispatch: Dispatch) => Dispatch;
}

/** Output and gradients of a case; null for inputs that have none. */
export interface Results {
  readonly output: TensorData;
  readonly gradients: readonly (TensorData | null)[];
}

const inputSeed = 1000;
const upstreamSeed = 77;

/** The gradient of the output that a recording's reverse pass starts from: different for every element, some negative. */
export function upstreamGradient(size: number): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, i) => uniform01(upstreamSeed, 0, i) + 0.5 * (i % 2 ? -1 : 1),
  );
}

/** Whether gradients flow to this input. */
export const isDifferentiable = ({ kind, differentiable }: BoundCase['inputs'][number]): boolean =>
  differentiable !== false && kind !== 'labels' && kind !== 'pixels';

/** The sample inputs of a case in float64; exact in f32. */
export function inputsOf(sample: BoundCase): ReferenceArray[] {
  return sample.inputs.map((spec, i) => sampleInput(spec, inputSeed + i));
}

/** A case of an operator, forward and backward, ready to run. */
export class Recording {
  readonly sample: BoundCase;
  /** Names that the choices of this case offered. */
  readonly variants: readonly string[];
  /** Names of the pieces of work that had a choice. */
  readonly operations: ReadonlySet<string>;
  /** Constants that could be chosen, by name. */
  readonly free: ReadonlyMap<string, FreeConstant>;
  readonly step: CapturedStep<{ readonly output: Tensor; readonly gradients: readonly (Tensor | null)[] }>;
  private readonly cleanUp: () => void;

  /**
   * @throws ShapeError if the inputs do not fit the operator
   * @throws DeviceError if the variant is none of this case, or the adapter cannot run it or hold an input
   */
  constructor(
    device: Device,
    sample: BoundCase,
    { variant, operation: only, constants = {}, edit }: Changes = {},
  ) {
    this.sample = sample;
    const offered = new Set<string>();
    const operations = new Set<string>();
    const prefer = (operation: string, names: readonly string[]): string | undefined => {
      operations.add(operation);
      if (only !== undefined && operation !== only) return undefined;
      for (const name of names) offered.add(name);
      return variant !== undefined && names.includes(variant) ? variant : undefined;
    };
    // Before the host fills arrays of that size.
    for (const spec of sample.inputs) bytesOf(device.report, spec.shape, sampleType(spec), 'kernels');
    const arrays = inputsOf(sample);
    const { result, dispose } = collectingCleanups(() => {
      const own = (make: () => Tensor): Tensor => {
        const tensor = runtimeOf(device).untracked(make);
        onDispose(() => tensor.dispose());
        return tensor;
      };
      const tensors = arrays.map((array, i) => own(() => sampleTensor(device, sample.inputs[i]!, array)));
      device.setRandom(0, 0);
      const capture = () =>
        device.capture(() => {
          const output = sample.apply(tensors);
          const upstream = upstreamGradient(output.size);
          if (output.node) output.backward(own(() => device.tensor(upstream, output.shape)));
          return { output, gradients: tensors.map(({ gradient }) => gradient) };
        });
      return device.settings.trying(constants, () =>
        device.tuner.preferring(prefer, () => (edit ? runtimeOf(device).editing(edit, capture) : capture())),
      );
    });
    this.step = result.result;
    this.free = result.free;
    this.variants = [...offered];
    this.operations = operations;
    this.cleanUp = dispose;
    if (variant !== undefined && !offered.has(variant)) {
      this.dispose();
      const names = this.variants.map((name) => `"${name}"`).join(', ');
      throw new DeviceError(
        `there is no variant "${variant}" of this case here; ${names ? `there are ${names}` : 'there is only one way to do it'}`,
      );
    }
  }

  /** Numbers of the dispatches of a kernel. */
  dispatchesOf(kernel: string): number[] {
    return this.step.dispatches.flatMap(({ dispatch }, i) => (dispatch.kernel.name === kernel ? [i] : []));
  }

  /** Runs once and reads everything. */
  async results(): Promise<Results> {
    this.step.run();
    const { output, gradients } = this.step.outputs;
    const read: (TensorData | null)[] = [];
    for (const gradient of gradients) read.push(gradient ? await gradient.read() : null);
    return { output: await output.read(), gradients: read };
  }

  dispose(): void {
    this.step.dispose();
    this.cleanUp();
  }
}
