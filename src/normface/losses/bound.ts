/** Proposition 2: how low softmax over cosines can get, and the scale that a wanted loss needs. */

import { ArgumentError } from '../../engine/core/errors.ts';

/**
 * Least softmax loss of features and class weights of squared norm `scale` with as many samples of every class:
 *
 *   B(n, ℓ²) = log(1 + (n − 1)·exp(−ℓ²·n/(n − 1)))                                   (arXiv 1704.06369, Proposition 2)
 *
 * reached when the n weights form a regular simplex, which takes n − 1 dimensions. An unbalanced batch can fall below it. A margin m
 * that is taken from the own cosine adds ℓ²·m to the exponent, here and in every step of the proof.
 *
 * @param classes n, a whole number from 2
 * @param scale ℓ², the factor s of the cosines
 * @param margin m of CosFace, from 0
 * @throws ArgumentError for other numbers
 */
export function lossBound(classes: number, scale: number, margin = 0): number {
  checkClasses('lossBound', classes);
  if (!(scale >= 0)) throw new ArgumentError(`lossBound: the scale must be a number from 0, not ${scale}`);
  if (!(margin >= 0)) throw new ArgumentError(`lossBound: the margin must be a number from 0, not ${margin}`);
  return Math.log1p((classes - 1) * Math.exp(scale * (margin - classes / (classes - 1))));
}

/**
 * The scale at which {@link lossBound} is `loss`: ℓ² = (n − 1)/n · log((n − 1)/(exp(loss) − 1)). A smaller one cannot reach it.
 *
 * @param loss above 0 and at most log n, the loss of a guess
 * @throws ArgumentError for other numbers
 */
export function scaleFor(classes: number, loss: number): number {
  checkClasses('scaleFor', classes);
  if (!(loss > 0 && loss <= Math.log(classes)))
    throw new ArgumentError(`scaleFor: the loss of ${classes} classes must be in (0, log n], not ${loss}`);
  // At log n rounding may leave −0 or less.
  return Math.max(0, ((classes - 1) / classes) * Math.log((classes - 1) / Math.expm1(loss)));
}

function checkClasses(name: string, classes: number): void {
  if (!Number.isSafeInteger(classes) || classes < 2)
    throw new ArgumentError(`${name}: classes must be a whole number from 2, not ${classes}`);
}
