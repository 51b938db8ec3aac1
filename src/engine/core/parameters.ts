import { fill } from '../ops/elementwise/fill.ts';
import { Arena, type ArenaEntry, blockSize, layOut } from '../runtime/arena.ts';
import { align } from '../runtime/memory.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import { check, checkArgument, formatShape } from './errors.ts';
import { checkShape, elementCount, type Shape } from './shape.ts';
import type { Device, Tensor } from './tensor.ts';

/** What a net or a loss says of one of its parameters. */
export interface ParameterDeclaration {
  /** Unique among the parameters that are trained together, such as `conv1a.weight`. */
  readonly name: string;
  readonly shape: Shape;
  /** Initial values in row-major order, or how to make them. */
  readonly init: Float32Array | (() => Float32Array);
  /** Multiplies the learning rate of the optimiser (default 1, not negative). */
  readonly learningRateMultiplier?: number;
  /** Multiplies the weight decay of the optimiser (default 1, not negative). */
  readonly decayMultiplier?: number;
  /** Keeps the values as they are, bit for bit: no gradient is computed, and both multipliers are 0. */
  readonly frozen?: boolean;
  /** Filled again in every step, as by {@link RowSubset}: neither counted nor saved. */
  readonly transient?: boolean;
  /**
   * What other ranks have of it, where several train together. `add` (default): the same values, and gradients of their own samples, which
   * are added up; `same`: the same values and the same gradients; `own`: other rows, with gradients of theirs.
   */
  readonly ranks?: 'add' | 'same' | 'own';
}

/** The multipliers of one window of the arena as [blocks, 2] pairs: learning rate, decay. */
export interface ParameterWindow {
  readonly values: Tensor;
  readonly gradients: Tensor;
  readonly multipliers: Tensor;
}

/**
 * The parameters of a model: one flat array of values and one of gradients, with every parameter a view of them. Reverse passes
 * write gradients where they belong, without a copy, and an optimiser steps over all parameters with one kernel.
 */
export class Parameters {
  readonly device: Device;
  readonly declarations: readonly ParameterDeclaration[];
  /** Layout of values; gradients and the state of optimisers have the part of it that is trained, which comes first. */
  readonly entries: readonly ArenaEntry[];
  /**
   * The flat arrays of what is trained, in as many pieces as bindings need: one on most adapters; none where every parameter is frozen.
   */
  readonly windows: readonly ParameterWindow[];
  private readonly values: Arena;
  private readonly gradients: Arena | null;

  /** @throws ArgumentError if a declaration is wrong or a name occurs twice */
  constructor(device: Device, declarations: readonly ParameterDeclaration[]) {
    checkArgument(declarations.length > 0, 'Parameters', () => 'there are no declarations');
    const names = new Set<string>();
    for (const declaration of declarations) {
      checkDeclaration(declaration);
      const { name } = declaration;
      checkArgument(!names.has(name), 'Parameters', () => `two parameters are called ${name}`);
      names.add(name);
    }
    this.device = device;
    this.declarations = declarations;
    // What is frozen lies behind: it needs no place among the gradients, and no optimiser goes over it.
    const trained = declarations.filter(({ frozen }) => !frozen);
    const laidOut = layOut([...trained, ...declarations.filter(({ frozen }) => frozen)]);
    const byName = new Map(laidOut.map((entry) => [entry.name, entry]));
    this.entries = declarations.map(({ name }) => byName.get(name)!);
    this.values = new Arena(device, this.entries);
    const gradients = trained.length === 0 ? null : new Arena(device, laidOut.slice(0, trained.length));
    this.gradients = gradients;
    for (const { name, init, frozen } of declarations) {
      if (!runtimeOf(device).isIdle) this.write(name, typeof init === 'function' ? init() : init);
      if (frozen) continue;
      const tensor = this.get(name);
      tensor.requireGradient();
      tensor.gradientSlot = { tensor: gradients!.tensors.get(name)!, written: false };
    }
    this.windows = gradients ? this.trainedWindows(gradients) : [];
  }

  private trainedWindows(gradients: Arena): ParameterWindow[] {
    const { device } = this;
    const multipliers = this.multiplierTable(this.trainedFloats);
    return runtimeOf(device).untracked(() => {
      let end = 0;
      return this.values.windowsOf(this.trainedFloats).map((values, i) => {
        const blocks = values.size / blockSize;
        end += blocks;
        const table = multipliers.subarray(2 * (end - blocks), 2 * end);
        const gradient = gradients.windows[i]!;
        return { values, gradients: gradient, multipliers: device.tensor(table, [blocks, 2]) };
      });
    });
  }

  /** Length of the flat arrays of what is trained, which comes first. */
  get trainedFloats(): number {
    return this.gradients?.windows.reduce((sum, { size }) => sum + size, 0) ?? 0;
  }

  private multiplierTable(floats: number): Float32Array {
    const table = new Float32Array((2 * floats) / blockSize);
    this.declarations.forEach(({ shape, frozen, learningRateMultiplier = 1, decayMultiplier = 1 }, i) => {
      if (frozen) return;
      const first = this.entries[i]!.offset / blockSize;
      for (let block = first; block < first + elementCount(shape) / blockSize; block++)
        table.set([learningRateMultiplier, decayMultiplier], 2 * block);
    });
    return table;
  }

  /** The values of all parameters, in pieces that bindings can hold. */
  get arrays(): readonly Tensor[] {
    return this.values.windows;
  }

  /** The values at some places of the flat array, in pieces that bindings can hold. Whoever asks must dispose of them. */
  valuesOf(start: number, end: number): readonly Tensor[] {
    return runtimeOf(this.device).untracked(() => this.values.windowsOf(end, start));
  }

  /** Bytes of the values, gaps included. */
  get bytes(): number {
    return this.arrays.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes of the gradients, gaps included; each array of an optimiser takes as much. */
  get gradientBytes(): number {
    return 4 * this.trainedFloats;
  }

  get names(): string[] {
    return this.entries.map(({ name }) => name);
  }

  /** The declarations of what outlasts a step. */
  get persistent(): readonly ParameterDeclaration[] {
    return this.declarations.filter(({ transient }) => !transient);
  }

  /** Number of values of all persistent parameters together, frozen ones included. */
  get count(): number {
    return this.persistent.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  }

  has(name: string): boolean {
    return this.values.tensors.has(name);
  }

  /** The parameter of this name: a leaf that requires a gradient, unless it is frozen. */
  get(name: string): Tensor {
    const tensor = this.values.tensors.get(name);
    checkArgument(tensor !== undefined, 'Parameters', () => `there is no parameter ${name}`);
    return tensor;
  }

  /** Overwrites the values of one parameter. */
  write(name: string, values: ArrayLike<number>): void {
    const tensor = this.get(name);
    check(
      values.length === tensor.size,
      'Parameters',
      () => `${name} ${formatShape(tensor.shape)} has ${tensor.size} values, not ${values.length}`,
    );
    tensor.write(values);
  }

  /** The values of every persistent parameter at this point of the work issued, by name. */
  async readAll(): Promise<Map<string, Float32Array>> {
    return readTensors(new Map(this.persistent.map(({ name }) => [name, this.get(name)])));
  }

  /** Makes the gradient zero of every parameter that no reverse pass has reached since the last step. */
  completeGradients(): void {
    const slots = this.slots();
    checkArgument(
      slots.some((slot) => slot.written),
      'step',
      () =>
        'no backward pass has reached a parameter since the last step; a captured backward pass needs its step in the same capture',
    );
    for (const slot of slots) if (!slot.written) fill(slot.tensor, 0);
  }

  /**
   * The gradients of those that other ranks have in such a way, as ranges of the flat array without a parameter of another kind between
   * them: each of at least `bytes`, but the last of a range, and of whole parameters. The one that reverse passes reach first comes first.
   * Whoever asks must dispose of them.
   */
  gradientRanges(kinds: readonly NonNullable<ParameterDeclaration['ranks']>[], bytes: number): Tensor[] {
    const ranges: { start: number; end: number }[] = [];
    let isOpen = false;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const { ranks = 'add', frozen } = this.declarations[i]!;
      // It has no gradient, and lies elsewhere.
      if (frozen) continue;
      if (!kinds.includes(ranks)) {
        isOpen = false;
        continue;
      }
      const { offset, shape } = this.entries[i]!;
      const last = ranges.at(-1);
      if (isOpen && last && 4 * (last.end - last.start) < bytes) last.start = offset;
      else ranges.push({ start: offset, end: offset + align(elementCount(shape), blockSize) });
      isOpen = true;
    }
    const { gradients } = this;
    if (!gradients) return [];
    return runtimeOf(this.device).untracked(() =>
      ranges.map(({ start, end }) => gradients.view([end - start], start)),
    );
  }

  /** Lets the next reverse pass overwrite the gradients instead of adding to them. Optimisers call this after a step. */
  clearGradients(): void {
    for (const slot of this.slots()) slot.written = false;
  }

  private slots() {
    return [...this.values.tensors.values()].flatMap((tensor) => tensor.gradientSlot ?? []);
  }

  /** Frees the memory of values and gradients. */
  dispose(): void {
    for (const { multipliers, values } of this.windows)
      for (const tensor of [multipliers, values]) tensor.dispose();
    this.values.dispose();
    this.gradients?.dispose();
  }
}

/** Reads many tensors as they are at this point of the work issued. */
export async function readTensors(tensors: ReadonlyMap<string, Tensor>): Promise<Map<string, Float32Array>> {
  // All copies are recorded before the first of them is awaited, so a step issued meanwhile changes none.
  const reads = [...tensors].map(async ([name, tensor]) => [name, await tensor.readFloats()] as const);
  return new Map(await Promise.all(reads));
}

function checkDeclaration(declaration: ParameterDeclaration): void {
  const { name, shape, init, learningRateMultiplier = 1, decayMultiplier = 1 } = declaration;
  checkShape(shape, `Parameters: ${name}`);
  checkArgument(
    typeof init === 'function' || (typeof init === 'object' && init !== null && 'length' in init),
    'Parameters',
    () => `${name} needs init: its first values, or a function that makes them`,
  );
  for (const [kind, value] of Object.entries({ learningRateMultiplier, decayMultiplier })) {
    checkArgument(
      Number.isFinite(value) && value >= 0,
      'Parameters',
      () => `the ${kind} of ${name} must be a number from 0, not ${value}`,
    );
  }
}
