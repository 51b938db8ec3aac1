/** Class sampling: a softmax over the classes of the batch and a random part of the others (Partial FC, arXiv 2203.15565). */

import { z } from 'zod';
import type { ParameterDeclaration } from '../../engine/core/parameters.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import type { Communicator } from '../../engine/distributed/communicator.ts';
import { type RowRange, rangeOf } from '../../engine/distributed/range.ts';
import type { ClassShard } from '../../engine/ops/heads/class_shard.ts';
import type { RowSubsetOptions } from '../../engine/optim/row_subset.ts';
import { randomStream } from '../nets/initial.ts';
import { drawClasses } from './draw-classes.ts';

export const classSampling = z
  .strictObject({
    rate: z
      .number()
      .positive()
      .max(1)
      .describe(
        'Share of the classes that takes part, rounded down, and never less than the classes of the batch.',
      ),
  })
  .optional()
  .describe(
    'Each step trains the classes of its batch and a random part of the others (Partial FC, arXiv 2203.15565); by default all.',
  );

const chosenSuffix = '.chosen';

/** Whether a parameter is the rows of a step of another one. */
export function isChosen({ name, transient }: ParameterDeclaration): boolean {
  return transient === true && name.endsWith(chosenSuffix);
}

/** The name of a parameter, of the rows of a step that of the parameter with all rows. */
export function wholeNameOf(declaration: ParameterDeclaration): string {
  const { name } = declaration;
  return isChosen(declaration) ? name.slice(0, -chosenSuffix.length) : name;
}

export interface ClassSamplingContext {
  readonly device: Device;
  readonly prefix: string;
  /** Number of people, those of other ranks included; `batchSize` alike. */
  readonly classes: number;
  readonly batchSize: number;
  /** Batches of a step, for all of which classes are drawn once (default 1). */
  readonly batches?: number;
  readonly seed: number;
  /** The classes of this rank (default: all). */
  readonly rows?: RowRange;
  /** Ranks that share the classes, or null (default). */
  readonly ranks?: Communicator | null;
}

/**
 * The classes of each step. Parameters with a row for each class keep all rows; those of a step are trained as a parameter of their
 * own (see `RowSubset`), whose rows past `count` take no part. Ranks that share the classes train those of the same draw, each its own.
 */
export class ClassSampling {
  /** Rows that the parameters of a step have. */
  readonly capacity: number;
  /** [1] u32: classes of this rank that take part in the step. */
  readonly count: Tensor;
  /** Of each batch of a step [batch] u32: the index of each sample's class among them. */
  readonly labels: readonly Tensor[];
  /** For the losses of the engine where ranks share the classes, else null. */
  readonly shard: ClassShard | null;
  /** [capacity] u32: which rows of this rank's. */
  private readonly rows: Tensor;
  private readonly own: RowRange;
  private readonly draw: (labels: Uint32Array, step: number) => Uint32Array;

  constructor(rate: number, context: ClassSamplingContext) {
    const { device, prefix, classes, batchSize, batches = 1, seed, ranks = null } = context;
    const samples = batches * batchSize;
    const { rows = { first: 0, count: classes } } = context;
    const wanted = Math.floor(rate * classes);
    const stream = randomStream(`${prefix}.classes`);
    const word = () => device.tensor([1], [1], 'u32');
    this.own = rows;
    const capacityOf = ({ count }: RowRange): number =>
      ranks
        ? Math.min(count, samples + mostDrawn((wanted * count) / classes))
        : Math.max(wanted, Math.min(samples, classes));
    this.capacity = capacityOf(rows);
    this.count = word();
    this.labels = Array.from({ length: batches }, () =>
      device.tensor(new Uint32Array(batchSize), [batchSize], 'u32'),
    );
    this.rows = device.tensor(new Uint32Array(this.capacity), [this.capacity], 'u32');
    this.draw = (labels, step) => drawClasses(labels, { classes, wanted, seed, stream }, step);
    this.shard = null;
    if (ranks) {
      const capacities = Array.from({ length: ranks.size }, (_, rank) =>
        capacityOf(rangeOf(classes, ranks.size, rank)),
      );
      const first = capacities.slice(0, ranks.rank).reduce((sum, capacity) => sum + capacity, 0);
      const all = capacities.reduce((sum, capacity) => sum + capacity, 0);
      // One more: the number of a class that another rank has.
      this.shard = { first, classes: all + 1, ranks, allInUse: word() };
    }
  }

  /**
   * Draws the classes of a step; what they are follows from seed, step and labels alone.
   * @param labels of all batches of the step, one behind the other
   */
  prepare(step: number, labels: Uint32Array): void {
    const { own, shard, capacity } = this;
    const drawn = this.draw(labels, step);
    const begin = lowerBound(drawn, own.first);
    const end = Math.min(begin + capacity, lowerBound(drawn, own.first + own.count));
    // Rows that are not used repeat the first class: they are read, but take no part and are not written back.
    const rows = new Uint32Array(capacity);
    for (let i = begin; i < end; i++) rows[i - begin] = drawn[i]! - own.first;
    this.rows.write(rows);
    const indices = labels.map((label) => {
      const at = lowerBound(drawn, label) - begin;
      if (!shard) return at;
      return label >= own.first && at >= 0 && at < end - begin ? shard.first + at : shard.classes - 1;
    });
    this.labels.forEach((batch, k) => {
      batch.write(indices.subarray(k * batch.size, (k + 1) * batch.size));
    });
    this.count.write([end - begin]);
    shard?.allInUse?.write([drawn.length]);
  }

  /** A parameter with a row for each class, as the one that keeps all rows and the one for the rows of a step. */
  split(declaration: ParameterDeclaration): {
    readonly declarations: readonly ParameterDeclaration[];
    readonly subset: RowSubsetOptions;
  } {
    const { name, shape, learningRateMultiplier, decayMultiplier } = declaration;
    const chosen = `${name}${chosenSuffix}`;
    const chosenShape = [this.capacity, ...shape.slice(1)];
    return {
      declarations: [
        { ...declaration, frozen: true },
        {
          name: chosen,
          shape: chosenShape,
          init: () => new Float32Array(chosenShape.reduce((product, extent) => product * extent, 1)),
          learningRateMultiplier,
          decayMultiplier,
          transient: true,
          ranks: declaration.ranks,
        },
      ],
      subset: { all: name, chosen, rows: this.rows, count: this.count },
    };
  }

  dispose(): void {
    for (const tensor of [this.count, ...this.labels, this.rows, this.shard?.allInUse]) tensor?.dispose();
  }
}

/**
 * How many of the random classes of a draw a rank may get that expects so many: eight standard deviations more, and some where it
 * expects few. What a draw gave beyond that would be left out.
 */
function mostDrawn(expected: number): number {
  return Math.ceil(expected + 8 * Math.sqrt(expected)) + 16;
}

/** Index of the first number that is at least `value`, in ascending ones. */
function lowerBound(numbers: Uint32Array, value: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
