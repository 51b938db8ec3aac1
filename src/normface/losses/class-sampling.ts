/** Class sampling: a softmax over the classes of the batch and a random part of the others (Partial FC, arXiv 2203.15565). */

import { z } from 'zod';
import type { ParameterDeclaration } from '../../engine/core/parameters.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
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

export interface ClassSamplingContext {
  readonly device: Device;
  readonly prefix: string;
  readonly classes: number;
  readonly batchSize: number;
  readonly seed: number;
}

/**
 * The classes of each step. Parameters with a row for each class keep all rows; those of a step are trained as a parameter of their
 * own (see `RowSubset`), whose rows past `count` take no part.
 */
export class ClassSampling {
  /** Rows that the parameters of a step have. */
  readonly capacity: number;
  /** [1] u32: classes that take part in the step. */
  readonly count: Tensor;
  /** [batch] u32: the index of each sample's class among them. */
  readonly labels: Tensor;
  /** [capacity] u32: the numbers of the classes. */
  private readonly rows: Tensor;
  private readonly draw: (labels: Uint32Array, step: number) => ReturnType<typeof drawClasses>;

  constructor(rate: number, { device, prefix, classes, batchSize, seed }: ClassSamplingContext) {
    const wanted = Math.floor(rate * classes);
    const stream = randomStream(`${prefix}.classes`);
    this.capacity = Math.max(wanted, Math.min(batchSize, classes));
    this.count = device.tensor([1], [1], 'u32');
    this.labels = device.tensor(new Uint32Array(batchSize), [batchSize], 'u32');
    this.rows = device.tensor(new Uint32Array(this.capacity), [this.capacity], 'u32');
    this.draw = (labels, step) => drawClasses(labels, { classes, wanted, seed, stream }, step);
  }

  /** Draws the classes of a step; what they are follows from seed, step and labels alone. */
  prepare(step: number, labels: Uint32Array): void {
    const drawn = this.draw(labels, step);
    // Rows that are not used repeat the first class: they are read, but take no part and are not written back.
    const rows = new Uint32Array(this.capacity);
    rows.set(drawn.classes);
    this.rows.write(rows);
    this.labels.write(drawn.labels);
    this.count.write([drawn.classes.length]);
  }

  /** A parameter with a row for each class, as the one that keeps all rows and the one for the rows of a step. */
  split(declaration: ParameterDeclaration): {
    readonly declarations: readonly ParameterDeclaration[];
    readonly subset: RowSubsetOptions;
  } {
    const { name, shape, learningRateMultiplier, decayMultiplier } = declaration;
    const chosen = `${name}.chosen`;
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
        },
      ],
      subset: { all: name, chosen, rows: this.rows, count: this.count },
    };
  }

  dispose(): void {
    for (const tensor of [this.count, this.labels, this.rows]) tensor.dispose();
  }
}
