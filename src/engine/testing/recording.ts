/** One case of an operator as a captured step: what kernels it dispatches, and what comes out. */

import type { TensorData } from '../core/data-type.ts';
import { DeviceError } from '../core/errors.ts';
import type { BoundCase } from '../core/operator.ts';
import type { Shape } from '../core/shape.ts';
import type { Device, Tensor } from '../core/tensor.ts';
import type { CapturedStep } from '../runtime/captured-step.ts';
import type { Dispatch } from '../runtime/kernel.ts';
import type { PreparedDispatch } from '../runtime/prepared.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import { bytesOf } from '../runtime/tensor-bytes.ts';
import type { FreeConstant } from '../tuning/settings.ts';
import { collectingCleanups, onDispose } from './cleanup.ts';
import { Guard } from './guard.ts';
import { inputsOf, upstreamGradient } from './inputs.ts';
import { sampleTensor, sampleType } from './sample.ts';

/** What a person wants otherwise than by default. */
export interface Changes {
  /** Name of the variant that every choice takes that has it … */
  readonly variant?: string;
  /** … or only those of this operation. */
  readonly operation?: string | undefined;
  /** Free constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Makes what rewrites the dispatches of one run through the case, to run an edited kernel. */
  readonly edit?: () => (dispatch: Dispatch) => Dispatch;
  /** Of the sample inputs. */
  readonly seed?: number | undefined;
}

/** Output and gradients of a case; null for inputs that have none. */
export interface Results {
  readonly shape: Shape;
  readonly output: TensorData;
  readonly gradients: readonly (TensorData | null)[];
}

interface Outputs {
  readonly output: Tensor;
  readonly gradients: readonly (Tensor | null)[];
}

/** Reads everything. */
async function resultsOf({ output, gradients }: Outputs): Promise<Results> {
  const read: (TensorData | null)[] = [];
  for (const gradient of gradients) read.push(gradient ? await gradient.read() : null);
  return { shape: output.shape, output: await output.read(), gradients: read };
}

/** Uploads the inputs of a case; what is returned runs it forward and backward. Both inside of `collectingCleanups`. */
function preparedCase(device: Device, sample: BoundCase, seed?: number): () => Outputs {
  const own = (make: () => Tensor): Tensor => {
    const tensor = runtimeOf(device).untracked(make);
    onDispose(() => tensor.dispose());
    return tensor;
  };
  const tensors = inputsOf(sample, seed).map((array, i) =>
    own(() => sampleTensor(device, sample.inputs[i]!, array)),
  );
  device.setRandom(0, 0);
  return () => {
    const output = sample.apply(tensors);
    const upstream = upstreamGradient(output.size);
    if (output.node) output.backward(own(() => device.tensor(upstream, output.shape)));
    return { output, gradients: tensors.map(({ gradient }) => gradient) };
  };
}

/** What a case dispatches, forward and backward. Nothing is compiled or run. */
export function dispatchesOf(device: Device, sample: BoundCase): readonly PreparedDispatch[] {
  const { result, dispose } = collectingCleanups(() =>
    runtimeOf(device).dispatchesOf(preparedCase(device, sample)),
  );
  dispose();
  return result;
}

/** What is known of a case without linking its kernels. */
export interface Sketch {
  readonly dispatches: readonly Dispatch[];
  /** Names that its choices offered. */
  readonly variants: readonly string[];
  /** Names of the pieces of work that had a choice. */
  readonly operations: ReadonlySet<string>;
}

/** What a case dispatches, forward and backward. */
export function sketchOf(device: Device, sample: BoundCase, changes: Pick<Changes, 'variant'> = {}): Sketch {
  const { prefer, offered, operations } = preferenceOf(changes);
  const { result, dispose } = collectingCleanups(() => {
    const body = preparedCase(device, sample);
    return device.tuner.preferring(prefer, () => runtimeOf(device).sketch(body));
  });
  dispose();
  return { dispatches: result, variants: [...offered], operations };
}

/** What makes choices take the variant that a person wants, and notes what they offer. */
function preferenceOf({ variant, operation: only }: Pick<Changes, 'variant' | 'operation'>) {
  const offered = new Set<string>();
  const operations = new Set<string>();
  const prefer = (operation: string, names: readonly string[]): string | undefined => {
    operations.add(operation);
    if (only !== undefined && operation !== only) return undefined;
    for (const name of names) offered.add(name);
    return variant !== undefined && names.includes(variant) ? variant : undefined;
  };
  return { prefer, offered, operations };
}

/** Results of a case that is run eagerly, and sentences on what it wrote where nothing belongs. */
export interface EagerRun extends Results {
  readonly findings: readonly string[];
}

/** Runs a case eagerly, forward and backward. @param prefer chooses variants; if not given: the default ones */
export async function runEagerly(
  device: Device,
  sample: BoundCase,
  { constants = {}, edit, seed }: Changes = {},
  prefer: (operation: string, names: readonly string[]) => string | undefined = () => undefined,
): Promise<EagerRun> {
  const guard = new Guard(device);
  return device.scope(async () => {
    const { result: outputs, dispose } = collectingCleanups(() =>
      guard.run(() => {
        const body = preparedCase(device, sample, seed);
        return device.settings.trying(constants, () => device.tuner.preferring(prefer, body)).result;
      }, edit?.()),
    );
    try {
      return { ...(await resultsOf(outputs)), findings: await guard.findings() };
    } finally {
      dispose();
    }
  });
}

/** A variant was named that no choice of a case offers. What is offered depends on the variants that are taken before. */
export class MissingVariantError extends DeviceError {}

/** A case of an operator, forward and backward, ready to run. */
export class Recording {
  readonly sample: BoundCase;
  /** Names that the choices of this case offered. */
  readonly variants: readonly string[];
  /** Names of the pieces of work that had a choice. */
  readonly operations: ReadonlySet<string>;
  /** Constants that could be chosen, by name. */
  readonly free: ReadonlyMap<string, FreeConstant>;
  readonly step: CapturedStep<Outputs>;
  /** Runs the same, but eagerly. */
  readonly eagerly: () => Promise<EagerRun>;
  private readonly cleanUp: () => void;

  /**
   * @throws ArgumentError if the inputs do not fit the operator
   * @throws MissingVariantError if the variant is none of this case
   * @throws DeviceError if the adapter cannot run it or hold an input
   */
  constructor(device: Device, sample: BoundCase, changes: Changes = {}) {
    this.sample = sample;
    const { variant, constants = {}, edit, seed } = changes;
    const { prefer, offered, operations } = preferenceOf(changes);
    // Before the host fills arrays of that size.
    for (const spec of sample.inputs) bytesOf(device.report, spec.shape, sampleType(spec), 'kernels');
    const { result, dispose } = collectingCleanups(() => {
      const body = preparedCase(device, sample, seed);
      const capture = () => device.capture(body);
      return device.settings.trying(constants, () =>
        device.tuner.preferring(prefer, () =>
          edit ? runtimeOf(device).editing(edit(), capture) : capture(),
        ),
      );
    });
    this.eagerly = () => runEagerly(device, sample, changes, prefer);
    this.step = result.result;
    this.free = result.free;
    this.variants = [...offered];
    this.operations = operations;
    this.cleanUp = dispose;
    if (variant !== undefined && !offered.has(variant)) {
      this.dispose();
      const names = this.variants.map((name) => `"${name}"`).join(', ');
      throw new MissingVariantError(
        `there is no variant "${variant}" of this case here; ${names ? `there are ${names}` : 'there is only one way to do it'}`,
      );
    }
  }

  /** Numbers of the dispatches of a kernel. */
  dispatchesOf(kernel: string): number[] {
    return this.step.dispatches.flatMap(({ dispatch }, i) => (dispatch.kernel.name === kernel ? [i] : []));
  }

  /** Runs once and reads everything. */
  results(): Promise<Results> {
    this.step.run();
    return resultsOf(this.step.outputs);
  }

  dispose(): void {
    this.step.dispose();
    this.cleanUp();
  }
}
