/** What a loss of a configuration is: its settings, and what it adds to a net. */

import type { z } from 'zod';
import type { ParameterDeclaration, Parameters } from '../../engine/core/parameters.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import type { RowRange } from '../../engine/distributed/range.ts';
import type { ClassShard } from '../../engine/ops/heads/class_shard.ts';
import type { LossWithStatistics } from '../../engine/ops/heads/statistics.ts';
import type { RowSubsetOptions } from '../../engine/optim/row_subset.ts';
import type { ClassSampling } from './class-sampling.ts';

/** Class weights, and the loss of features with them. */
export interface LossHead {
  /** Whether the scale among its statistics belongs in a log: not one that is always 1, or a constant of the settings. */
  readonly hasScale: boolean;
  readonly declarations: readonly ParameterDeclaration[];
  /** Parameters that another run on the same people may hand over, whatever its loss; the others only if it had the same loss. */
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
  apply(features: Tensor, labels: Tensor, parameters: Parameters): LossWithStatistics;
  /** Frees the tensors of the head. */
  dispose?(): void;
}

/** What a head is made for. */
export interface HeadContext {
  readonly device: Device;
  /** Its parameters are called `prefix.weight` and so on. */
  readonly prefix: string;
  /** Number of people, those of other ranks included. */
  readonly classes: number;
  /** Those that parameters have a row for: all of them, unless ranks share them. */
  readonly rows: RowRange;
  /** For the losses of the engine where ranks share the classes, else null. */
  readonly shard: ClassShard | null;
  readonly featureSize: number;
  /** Samples of a step, those of other ranks included. */
  readonly batchSize: number;
  readonly seed: number;
  /** The classes of each step, or null: all of them. Only losses whose settings have `classSampling` need to look. */
  readonly sampling: ClassSampling | null;
}

/** The settings of a loss that concern the training around it; the others are the loss's own. */
export interface LossSettings {
  /** Factor of the loss in the sum of losses. */
  readonly weight: number;
  /** Share of the numbers of a feature that is zeroed at random while training; losses without it see whole features. */
  readonly dropout?: number;
  /** The classes that take part in a step: see `ClassSampling`; losses without it need all of them. */
  readonly classSampling?: { readonly rate: number } | undefined;
  /** ε of smoothed labels; losses without it are no softmax. */
  readonly labelSmoothing?: number;
}

/** How the batches of a training are made. */
export interface Batches {
  readonly batchSize: number;
  /** Images of each person in a batch, or null: as they come. */
  readonly imagesPerPerson: number | null;
}

/** A loss that configurations can name: one file each, listed in index.ts. */
export interface Loss<S extends z.ZodType<LossSettings> = z.ZodType<LossSettings>> {
  readonly name: string;
  /** Its settings, `name` among them. */
  readonly schema: S;
  /** What two settings say against each other, or undefined. */
  contradiction?(config: z.output<S>): string | undefined;
  /** Settings that do nothing beside another one, which is given with its value. */
  idle?(config: z.output<S>): readonly { readonly keys: readonly string[]; readonly beside: string }[];
  /** Why it cannot be trained on such batches, or undefined. */
  batchContradiction?(config: z.output<S>, batches: Batches): string | undefined;
  /**
   * Why gradients of batches do not add up to those of one batch of all of them, or undefined where they do: the loss is a mean over samples,
   * of which each counts alone, and keeps nothing from batch to batch. A loss that does not say is taken to need its whole batch.
   */
  needsWholeBatch?(config: z.output<S>): string | undefined;
  /**
   * By how much distances are to differ, for losses that are 0 where they do: about the loss where features tell nothing, against which others
   * are large or small.
   */
  margin?(config: z.output<S>): number;
  head(config: z.output<S>, context: HeadContext): LossHead;
}

export function defineLoss<S extends z.ZodType<LossSettings>>(loss: Loss<S>): Loss<S> {
  return loss;
}
