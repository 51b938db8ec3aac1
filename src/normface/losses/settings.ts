/** Settings that losses share. */

import { z } from 'zod';

export const factor = z.number().min(0);

/** What every loss has: its weight in the sum and the multipliers of its class matrix. */
export const shared = {
  weight: factor.default(1),
  /**
   * Share of the numbers of a feature that is zeroed at random while training
   * (docs/reference.md#dropout: ratio and place are not the paper's).
   */
  dropout: z.number().min(0).lt(1).default(0),
  learningRateMultiplier: factor.default(1),
  decayMultiplier: factor.default(1),
};

/**
 * `tangent`: differentiate through w/‖w‖; `hard`: overwrite w by w/‖w‖ each step and use the plain gradient
 * (docs/reference.md#tangent-and-hard-weight-normalisation).
 */
export const weightNormalisation = z.enum(['tangent', 'hard']).default('tangent');

/** A squared distance. */
export const squaredDistance = z.number().min(0);

/** What the agent losses share; the names are those of the author's layers. */
export const agentSettings = {
  /**
   * Gradients that are those of the loss, or those of the author's layers where they differ
   * (docs/reference.md#c-contrastive, docs/reference.md#c-triplet).
   */
  gradient: z.enum(['exact', 'caffe']).default('exact'),
  positiveWeight: factor.default(1),
  negativeWeight: factor.default(1),
  positiveFirst: z.boolean().default(false),
  positiveUpperBound: squaredDistance.default(1),
  weightNormalisation,
  ...shared,
  /** As in the heads of the paper's time (docs/reference.md#class-weights-of-the-heads). */
  decayMultiplier: factor.default(0),
};
