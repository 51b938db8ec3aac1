/** What a loss of a configuration is: its settings, and what it adds to a net. */

import type { z } from 'zod';
import type { ParameterDeclaration, Parameters } from '../../engine/core/parameters.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import type { RowSubsetOptions } from '../../engine/optim/row_subset.ts';
import type { ClassSampling } from './class-sampling.ts';

/** Results of a head for one batch. */
export interface HeadOutputs {
  readonly loss: Tensor;
  /** Mean cosine to the own class, mean cosine to the other classes; the third is the scale for softmax over cosines. */
  readonly statistics: Tensor;
}

/** Class weights, and the loss of features with them. */
export interface LossHead {
  /** Whether the third of the statistics is a scale. */
  readonly hasScale: boolean;
  readonly declarations: readonly ParameterDeclaration[];
  /** Parameters that another run on the same people may hand over. */
  readonly reusable: readonly string[];
  /** Parameters of which some rows are trained in a step. */
  readonly subsets?: readonly RowSubsetOptions[];
  /**
   * Least loss at a scale with as many samples of every class (Proposition 2), for losses whose logits are s times cosines of both
   * sides, less a constant margin. Other losses have none.
   */
  bound?(scale: number): number;
  /**
   * Writes what the host decides for a step to tensors of the head, before the step runs. It must follow from the step and its labels,
   * so that a resumed run gets the same.
   * @param step steps done before this one
   */
  prepare?(step: number, labels: Uint32Array): void;
  /** @param features [n, d] @param labels [n] u32 */
  apply(features: Tensor, labels: Tensor, parameters: Parameters): HeadOutputs;
  /** Frees the tensors of the head. */
  dispose?(): void;
}

/** Where a head stands. */
export interface HeadPlace {
  readonly device: Device;
  /** Its parameters are called `prefix.weight` and so on. */
  readonly prefix: string;
  readonly classes: number;
  readonly featureSize: number;
  readonly batchSize: number;
  readonly seed: number;
  /** The classes of each step, or null: all of them. Only losses whose settings have `classSampling` need to look. */
  readonly sampling: ClassSampling | null;
}

/** A loss that configurations can name: one file each, listed in index.ts. */
export interface Loss<S extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** Its settings, `name` among them. */
  readonly schema: S;
  /** What two settings say against each other, or undefined. */
  contradiction?(config: z.output<S>): string | undefined;
  head(config: z.output<S>, place: HeadPlace): LossHead;
}

export function defineLoss<S extends z.ZodType>(loss: Loss<S>): Loss<S> {
  return loss;
}
