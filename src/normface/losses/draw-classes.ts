/** Which classes take part in a step of class sampling (Partial FC, arXiv 2203.15565). */

import { hash32 } from '../../engine/core/random.ts';

export interface DrawnClasses {
  /** Numbers of the classes, ascending. */
  readonly classes: Uint32Array;
  /** Index of each sample's class among them. */
  readonly labels: Uint32Array;
}

/**
 * All classes of the batch, and others at random until there are `wanted`; the classes of the batch alone if they are more. The same
 * for the same labels, seed, stream and step.
 *
 * @param labels below `classes`
 * @param stream tells the draws of several losses apart
 */
export function drawClasses(
  labels: Uint32Array,
  { classes, wanted, seed, stream }: { classes: number; wanted: number; seed: number; stream: number },
  step: number,
): DrawnClasses {
  const isOwn = new Uint8Array(classes);
  for (const label of labels) isOwn[label] = 1;
  const others = Uint32Array.from({ length: classes }, (_, j) => j).filter((j) => isOwn[j] === 0);
  const own = classes - others.length;
  const random = Math.max(0, wanted - own);
  // The first steps of a Fisher–Yates shuffle.
  for (let i = 0; i < random; i++) {
    const j = i + (hash32(seed, stream, step, i) % (others.length - i));
    [others[i], others[j]] = [others[j]!, others[i]!];
  }
  for (const j of others.subarray(0, random)) isOwn[j] = 1;
  const drawn = Uint32Array.from({ length: classes }, (_, j) => j).filter((j) => isOwn[j] === 1);
  const indices = new Uint32Array(classes);
  drawn.forEach((j, index) => {
    indices[j] = index;
  });
  return { classes: drawn, labels: labels.map((label) => indices[label]!) };
}
