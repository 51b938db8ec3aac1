/** Rows of a loss's class matrix that one rank holds: those of its own classes (Partial FC, arXiv 2010.05222), unless every rank has all. */

import { dividesClasses, type PlannedLoss } from './head-traffic.ts';

export interface ClassRows {
  /** Most classes that a rank has of the loss; 0 of a loss without a class matrix. */
  readonly classes: number;
  /** Rows with an entry of the optimiser: those of its classes, and with class sampling a copy of those that a step draws. */
  readonly trained: number;
  /** Rows with a gradient. */
  readonly withGradient: number;
  /** Rows that no optimiser moves: the centers of the center loss. */
  readonly moved: number;
  /** Most classes that take part in a step. */
  readonly inUse: number;
}

const none: ClassRows = { classes: 0, trained: 0, withGradient: 0, moved: 0, inUse: 0 };

/** @param images of all ranks, whose classes always take part */
export function classRows(
  loss: PlannedLoss,
  { classes, images, ranks }: { classes: number; images: number; ranks: number },
): ClassRows {
  if (loss.name === 'center') return { ...none, classes, moved: classes };
  if (!dividesClasses(loss)) return none;
  const own = Math.ceil(classes / ranks);
  const rate = loss.classSampling?.rate ?? 1;
  const inUse = Math.min(own, Math.ceil(own * rate) + images);
  // Rows that are drawn are trained as a parameter of their own, which the optimiser keeps as much for.
  const copied = rate < 1 ? inUse : 0;
  return { classes: own, trained: own + copied, withGradient: copied || own, moved: 0, inUse };
}
