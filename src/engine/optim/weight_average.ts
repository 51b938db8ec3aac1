import source from '../../shaders/optim/weight_average.wesl';
import { check, checkArgument } from '../core/errors.ts';
import { checkOptionNames, type OptionNames } from '../core/options.ts';
import { type Parameters, readTensors } from '../core/parameters.ts';
import { elementCount } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { Arena, type ArenaEntry, blockSize, layOut } from '../runtime/arena.ts';
import { align } from '../runtime/memory.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import { elementGrid } from '../tuning/grid.ts';
import { checkRange } from './optimiser.ts';

const kernel = { name: 'weight_average', source };

/** Settings of {@link WeightAverage}. */
export interface WeightAverageOptions {
  /** Share of the average that is kept in each step, from 0 to below 1; change it at any time through {@link WeightAverage.decay}. */
  readonly decay: number;
  /** How many of the parameters it is of, the first ones in the order of their declarations. Default: all. */
  readonly count?: number;
}

const optionNames: OptionNames<WeightAverageOptions> = { decay: true, count: true };

/**
 * The exponential moving average of parameters over the steps of a training, ā ← decay·ā + (1 − decay)·w, in f32 (Polyak & Juditsky 1992
 * average over all steps alike; with a decay as tf.train.ExponentialMovingAverage). It is the parameters as they are when it is made.
 */
export class WeightAverage {
  private readonly parameters: Parameters;
  private readonly arena: Arena;
  /** Pieces of the weights and of the average that lie alike. */
  private readonly pieces: readonly { readonly weight: Tensor; readonly average: Tensor }[];
  /** 1 − decay on the device: a captured step reads it when it runs. */
  private readonly share: Tensor;
  private currentDecay: number;

  /** @throws ArgumentError if the decay is not from 0 to below 1, or there are not so many parameters */
  constructor(parameters: Parameters, options: WeightAverageOptions) {
    checkOptionNames('WeightAverage', options, optionNames);
    const { entries, device } = parameters;
    const { decay, count = entries.length } = options;
    checkDecay(decay);
    checkArgument(
      Number.isInteger(count) && count > 0 && count <= entries.length,
      'WeightAverage',
      () =>
        `count must be a whole number from 1 to ${entries.length}, the number of parameters, not ${count}`,
    );
    this.parameters = parameters;
    this.currentDecay = decay;
    // In the order in which the weights lie, so that long pieces of both are alike.
    const chosen = entries.slice(0, count).sort((a, b) => a.offset - b.offset);
    const laidOut = layOut(chosen);
    const arena = new Arena(device, laidOut);
    this.arena = arena;
    this.pieces = alike(chosen, laidOut).flatMap(({ start, end, from }) => {
      const weights = parameters.valuesOf(from, from + end - start);
      const averages = runtimeOf(device).untracked(() => arena.windowsOf(end, start));
      return averages.map((average, i) => ({ weight: weights[i]!, average }));
    });
    this.share = runtimeOf(device).untracked(() => device.tensor([1 - decay], [1]));
    this.start();
  }

  get decay(): number {
    return this.currentDecay;
  }

  /** Takes effect with the next update, eager or captured. */
  set decay(decay: number) {
    if (decay === this.currentDecay) return;
    checkDecay(decay);
    this.currentDecay = decay;
    this.share.write([1 - decay]);
  }

  /** The average becomes the parameters as they are now. */
  start(): void {
    this.dispatch(true);
  }

  /** Moves the average towards the parameters: after the step of an optimiser, in the same capture. */
  update(): void {
    this.dispatch(false);
  }

  private dispatch(start: boolean): void {
    const { device } = this.parameters;
    for (const { weight, average } of this.pieces) {
      const { grid, constants } = elementGrid(device, average.size);
      device.within('WeightAverage', () =>
        device.dispatch({
          kernel,
          constants,
          conditions: { start },
          bindings: { weight, average, ...(!start && { share: this.share }) },
          grid,
          cost: { flops: start ? 0 : 3 * average.size, bytes: (start ? 8 : 12) * average.size },
        }),
      );
    }
  }

  /** Names of the parameters that it is of. */
  get names(): string[] {
    return [...this.arena.tensors.keys()];
  }

  /** The average of one parameter, of the same shape. */
  get(name: string): Tensor {
    const tensor = this.arena.tensors.get(name);
    checkArgument(tensor !== undefined, 'WeightAverage', () => `there is no average of ${name}`);
    return tensor;
  }

  /** The average of every parameter at this point of the work issued, by name. */
  read(): Promise<Map<string, Float32Array>> {
    return readTensors(this.arena.tensors);
  }

  /** Sets what {@link WeightAverage.read} gave. @throws ShapeError if an array is missing or of another length; nothing is changed then */
  restore(values: ReadonlyMap<string, Float32Array>): void {
    for (const [name, { size }] of this.arena.tensors) {
      const length = values.get(name)?.length;
      check(length === size, 'WeightAverage', () => `${name} has ${length ?? 'no'} values, not ${size}`);
    }
    for (const [name, tensor] of this.arena.tensors) tensor.write(values.get(name)!);
  }

  /** GPU memory in bytes. */
  get bytes(): number {
    return this.arena.windows.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  dispose(): void {
    for (const { weight, average } of this.pieces) {
      weight.dispose();
      average.dispose();
    }
    this.arena.dispose();
    this.share.dispose();
  }
}

/** Ranges of one layout, gaps included, and where they begin in another one in which the same entries follow each other as closely. */
function alike(there: readonly ArenaEntry[], here: readonly ArenaEntry[]) {
  const ranges: { readonly start: number; end: number; readonly from: number }[] = [];
  here.forEach(({ offset, shape }, i) => {
    const from = there[i]!.offset;
    const end = offset + align(elementCount(shape), blockSize);
    const last = ranges.at(-1);
    if (last && last.from - last.start === from - offset) last.end = end;
    else ranges.push({ start: offset, end, from });
  });
  return ranges;
}

/**
 * The decay after so many updates where it begins low, so that the first weights, which are worth nothing, are soon forgotten:
 * min(decay, (1 + updates) / (10 + updates)), as tf.train.ExponentialMovingAverage has it for `num_updates`.
 */
export function warmedUpDecay(decay: number, updates: number): number {
  return Math.min(decay, (1 + updates) / (10 + updates));
}

function checkDecay(decay: number): void {
  checkRange('WeightAverage', 'decay', decay, 0, 1);
}
