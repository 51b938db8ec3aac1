/** What a loss of a configuration is: its settings, and what it adds to a net. */

import type { z } from 'zod';
import type { ParameterDeclaration, Parameters } from '../../engine/parameters.ts';
import type { Tensor } from '../../engine/tensor.ts';

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
  /** @param features [n, d] @param labels [n] u32 */
  apply(features: Tensor, labels: Tensor, parameters: Parameters): HeadOutputs;
}

/** Where a head stands. */
export interface HeadPlace {
  /** Its parameters are called `prefix.weight` and so on. */
  readonly prefix: string;
  readonly classes: number;
  readonly featureSize: number;
  readonly seed: number;
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
