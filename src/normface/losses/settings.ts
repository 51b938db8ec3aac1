/** Settings that losses share. */

import { z } from 'zod';

export const factor = z.number().min(0);

export const lossWeight = factor.describe('Factor of this loss in the sum of loss and auxiliary loss.');

/** What every loss with class weights has: its weight in the sum and the multipliers of its class matrix. */
export const shared = {
  weight: lossWeight.default(1),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      'Share of the numbers of a feature that is zeroed at random while training (docs/reference.md#dropout).',
    ),
  learningRateMultiplier: factor.default(1).describe('Factor of the learning rate for the class weights.'),
  decayMultiplier: factor.default(1).describe('Factor of the weight decay for the class weights.'),
};

export const labelSmoothing = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe(
    'ε of smoothed labels: 1 − ε + ε/C for the own one of the C classes of a step, ε/C for the others (docs/reference.md#label-smoothing).',
  );

export const weightNormalisation = z
  .enum(['tangent', 'hard'])
  .default('tangent')
  .describe(
    'tangent: differentiate through w/‖w‖; hard: overwrite w by w/‖w‖ each step and use the plain gradient ' +
      '(docs/reference.md#tangent-and-hard-weight-normalisation).',
  );

/** A squared distance. */
export const squaredDistance = z.number().min(0);

/** What the agent losses share; the names are those of the author's layers. */
export const agentSettings = {
  gradient: z
    .enum(['exact', 'caffe'])
    .default('exact')
    .describe("exact: the gradient of the loss; caffe: that of the author's layer where it differs."),
  positiveWeight: factor.default(1).describe('Factor of the distances to the own agent.'),
  negativeWeight: factor.default(1).describe('Factor of the entries of other classes.'),
  positiveFirst: z
    .boolean()
    .default(false)
    .describe('A sample farther from its agent than positiveUpperBound is only pulled to it.'),
  positiveUpperBound: squaredDistance.default(1).describe('The squared distance of positiveFirst.'),
  weightNormalisation,
  ...shared,
  decayMultiplier: factor
    .default(0)
    .describe(
      "Factor of the weight decay for the class weights; 0 as in the heads of the paper's time " +
        '(docs/reference.md#class-weights-of-the-heads).',
    ),
};

/** Those of {@link agentSettings} that the losses of the engine take. */
export function agentOptionsOf(settings: z.output<z.ZodObject<typeof agentSettings>>) {
  const { gradient, positiveWeight, negativeWeight, positiveFirst, positiveUpperBound } = settings;
  return { gradient, positiveWeight, negativeWeight, positiveFirst, positiveUpperBound };
}
