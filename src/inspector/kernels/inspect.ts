/** A kernel on a case: what the driver gets, what it costs, whether it is right, how fast it is. */

import { UsageError } from '../../common/errors.ts';
import { suggest } from '../../common/suggest.ts';
import type { DataType } from '../../engine/core/data-type.ts';
import type { BoundCase, Operator } from '../../engine/core/operator.ts';
import type { Shape } from '../../engine/core/shape.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { Cost, Dispatch } from '../../engine/runtime/kernel.ts';
import { type PreparedDispatch, passText } from '../../engine/runtime/prepared.ts';
import { type Changes, Recording } from '../../engine/testing/recording.ts';
import type { Decision } from '../../engine/tuning/tune.ts';
import type { Work } from '../timing/timing.ts';
import { exampleOf, parseCase } from './case-text.ts';
import { type KernelEntry, type KernelUse, kernelCatalogue } from './catalogue.ts';
import { type Needs, needsOf } from './estimate.ts';

/** What a person asks to see. */
export interface KernelRequest {
  /** File name without ending. */
  readonly kernel: string;
  /** Default: the first one that dispatches the kernel and knows the case. */
  readonly operator?: string | undefined;
  /** As in `parseCase`; default: one of the operator's own. */
  readonly caseText?: string | undefined;
  /** Default: what the engine takes for the case, or else the first variant that uses the kernel. */
  readonly variant?: string | undefined;
  /** Free constants by hand. */
  readonly constants?: Readonly<Record<string, number>> | undefined;
  /** A text to run in place of the kernel: a changed file of src/shaders, or changed WGSL of one of its dispatches. */
  readonly source?: string | undefined;
  /** Where `source` was read from, for messages. */
  readonly file?: string | undefined;
  /** Workgroups of the changed kernel, where it covers more or less than the default one. */
  readonly grid?: readonly [number, number, number] | undefined;
  /** Which of the kernel's dispatches is changed, where `source` is WGSL of one; default: the most expensive. */
  readonly dispatch?: number | undefined;
}

export interface BindingView {
  readonly name: string;
  readonly binding: number;
  readonly writable: boolean;
  readonly dtype: DataType;
  readonly shape: Shape;
  /** Elements from one index to the next, a dimension each. */
  readonly strides: readonly number[];
  readonly bytes: number;
}

export interface ConstantView {
  readonly name: string;
  readonly value: number;
  /** Why it has this value; null where it follows from the case. */
  readonly why: string | null;
}

/** One dispatch of the kernel in the case. */
export interface DispatchView {
  /** Number in the recorded step. */
  readonly index: number;
  /** `conv2d`, `conv2d backward` … */
  readonly operator: string;
  /** The WGSL that the driver gets. */
  readonly wgsl: string;
  /** What it was linked from: the kernel, and the mainloop that it loads the operands of. */
  readonly mainloop: string | null;
  readonly bindings: readonly BindingView[];
  readonly grid: readonly [number, number, number];
  readonly constants: readonly ConstantView[];
  /** Conditions that are on. */
  readonly conditions: readonly string[];
  readonly decisions: readonly Decision[];
  readonly cost: Cost;
  readonly needs: Needs;
}

/** A kernel recorded in a case. Dispose of it. */
export class KernelSession {
  readonly entry: KernelEntry;
  readonly operator: Operator;
  readonly recording: Recording;
  /** Numbers of the kernel's dispatches, in order. */
  readonly indices: readonly number[];

  constructor(entry: KernelEntry, operator: Operator, recording: Recording) {
    this.entry = entry;
    this.operator = operator;
    this.recording = recording;
    this.indices = recording.dispatchesOf(entry.name);
  }

  get sample(): BoundCase {
    return this.recording.sample;
  }

  /** The kernel's dispatches in this case. */
  views(): DispatchView[] {
    return this.indices.map((index) => this.view(index, this.recording.step.dispatches[index]!));
  }

  /** Number of the dispatch with most work. */
  get mostExpensive(): number {
    const { dispatches } = this.recording.step;
    const weight = (index: number): number => {
      const { flops, bytes } = dispatches[index]!.dispatch.cost;
      return flops + bytes;
    };
    return this.indices.reduce((a, b) => (weight(b) > weight(a) ? b : a));
  }

  /** One dispatch, for a stopwatch. */
  work(index: number): Work {
    return { step: this.recording.step, first: index, end: index + 1 };
  }

  private view(index: number, prepared: PreparedDispatch): DispatchView {
    const { kernel, tensors, grid, dispatch, decisions } = prepared;
    return {
      index,
      operator: passText(prepared),
      wgsl: kernel.wgsl.trim(),
      mainloop: dispatch.kernel.mainloop?.name ?? null,
      bindings: kernel.bindings
        .map(({ name, binding, writable }, i) => {
          const { shape, dtype, bytes } = tensors[i]!;
          return { name, binding, writable, dtype, shape, strides: stridesOf(shape), bytes };
        })
        .sort((a, b) => a.binding - b.binding),
      grid,
      constants: Object.entries(dispatch.constants).map(([name, value]) => ({
        name,
        value,
        why: this.recording.free.get(name)?.why ?? null,
      })),
      conditions: Object.entries(dispatch.conditions ?? {}).flatMap(([name, on]) => (on ? [name] : [])),
      decisions,
      cost: dispatch.cost,
      needs: needsOf(kernel.wgsl),
    };
  }

  dispose(): void {
    this.recording.dispose();
  }
}

/** Row-major. */
function stridesOf(shape: Shape): number[] {
  return shape.map((_, d) => shape.slice(d + 1).reduce((product, extent) => product * extent, 1));
}

/** Opens kernels of one device. */
export class KernelInspector {
  private readonly device: Device;
  private entries: readonly KernelEntry[] | null = null;

  constructor(device: Device) {
    this.device = device;
  }

  /** All kernels; recorded at the first call. */
  get catalogue(): readonly KernelEntry[] {
    this.entries ??= kernelCatalogue(this.device);
    return this.entries;
  }

  /** @throws UsageError if there is no such kernel */
  entry(name: string): KernelEntry {
    const found = this.catalogue.find((entry) => entry.name === name);
    if (found) return found;
    const guess = suggest(
      name,
      this.catalogue.map((entry) => entry.name),
    );
    throw new UsageError(`there is no kernel "${name}"${guess ? `, did you mean "${guess}"?` : ''}`);
  }

  /**
   * Records the kernel in a case; nothing runs yet.
   *
   * @throws UsageError if the kernel, the operator, the case or a constant does not exist, or the case does not use the kernel
   * @throws ArgumentError, DeviceError where the engine refuses the case
   */
  open(request: KernelRequest): KernelSession {
    const entry = this.entry(request.kernel);
    const { constants = {} } = request;
    const refusals: Error[] = [];
    for (const use of this.usesOf(entry, request.operator)) {
      let sample = use.sample;
      if (request.caseText !== undefined) {
        try {
          sample = parseCase(use.operator, request.caseText);
        } catch (error) {
          // Another operator may know the case.
          refusals.push(error as Error);
          continue;
        }
      }
      const session = this.record(entry, use, sample, request);
      if (!session) continue;
      const compiled = new Set(session.views().flatMap((view) => view.constants.map(({ name }) => name)));
      for (const name of Object.keys(constants)) {
        if (session.recording.free.has(name) && compiled.has(name)) continue;
        const free = [...session.recording.free.keys()].filter((key) => compiled.has(key));
        session.dispose();
        throw new UsageError(
          compiled.has(name)
            ? `the constant ${name} of ${entry.name} follows from the case; free are ${free.join(', ') || 'none here'}`
            : `${entry.name} has no constant ${name} here; free are ${free.join(', ') || 'none'}`,
        );
      }
      return session;
    }
    if (refusals[0]) throw refusals[0];
    throw new UsageError(
      `the case ${request.caseText ? `"${request.caseText}"` : ''} does not use the kernel ${entry.name}${request.variant ? ` with the variant "${request.variant}"` : ''}; a case of it is ${exampleOf(entry.uses[0]!.operator)}`,
    );
  }

  private usesOf({ name, uses }: KernelEntry, operator: string | undefined): readonly KernelUse[] {
    if (operator === undefined) return uses;
    const chosen = uses.filter((use) => use.operator.name === operator);
    if (chosen.length > 0) return chosen;
    const names = uses.map((use) => use.operator.name).join(', ');
    throw new UsageError(`the operator "${operator}" does not use ${name}; it is used by ${names}`);
  }

  /** The case with the first variant that uses the kernel, or null. */
  private record(
    entry: KernelEntry,
    use: KernelUse,
    sample: BoundCase,
    request: KernelRequest,
  ): KernelSession | null {
    const { variant, constants = {} } = request;
    const attempt = (name: string | null): KernelSession | readonly string[] => {
      const operation = entry.isOperation ? entry.name : undefined;
      const changes = { ...(name !== null && { variant: name }), operation, constants };
      const plain = new Recording(this.device, sample, changes);
      if (plain.dispatchesOf(entry.name).length === 0) {
        plain.dispose();
        return plain.variants;
      }
      const session = new KernelSession(entry, use.operator, plain);
      if (request.source === undefined && request.grid === undefined) return session;
      const edit = editOf(session, request);
      session.dispose();
      return new KernelSession(entry, use.operator, new Recording(this.device, sample, { ...changes, edit }));
    };
    if (variant !== undefined) {
      const opened = attempt(variant);
      return opened instanceof KernelSession ? opened : null;
    }
    const usual = attempt(null);
    if (usual instanceof KernelSession) return usual;
    for (const name of usual) {
      const opened = attempt(name);
      if (opened instanceof KernelSession) return opened;
    }
    return null;
  }
}

/** Whether a text is linked WGSL of one dispatch rather than a file of src/shaders. */
const isLinked = (source: string): boolean => /@compute\b/.test(source) && !/^import\s/m.test(source);

/** What makes a person's kernel of the dispatches of the default one. */
function editOf(
  session: KernelSession,
  { source, file, grid, dispatch: chosen }: KernelRequest,
): NonNullable<Changes['edit']> {
  const { entry, indices } = session;
  if (chosen !== undefined && !indices.includes(chosen))
    throw new UsageError(
      `dispatch ${chosen} of this case is none of ${entry.name}; those are ${indices.join(', ')}`,
    );
  const linked = source !== undefined && isLinked(source);
  // WGSL of one dispatch has its extents compiled in: it stands for that one alone.
  const only = linked || chosen !== undefined ? indices.indexOf(chosen ?? session.mostExpensive) : null;
  const hasEntryPoint = source !== undefined && /@compute\b/.test(source);
  return () => {
    let met = 0;
    return (dispatch: Dispatch): Dispatch => {
      if (dispatch.kernel.name !== entry.name) return dispatch;
      const number = met++;
      if (only !== null && number !== only) return dispatch;
      const { mainloop, ...kernel } = dispatch.kernel;
      const edited =
        source === undefined
          ? dispatch.kernel
          : {
              ...kernel,
              source,
              ...(file !== undefined && { file }),
              ...(mainloop && !hasEntryPoint && { mainloop }),
            };
      return { ...dispatch, kernel: edited, grid: grid ?? dispatch.grid };
    };
  };
}
