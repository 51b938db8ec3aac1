/** Which classes take part in a step of class sampling (Partial FC, arXiv 2203.15565). */

import { hash32 } from '../../engine/core/random.ts';

/**
 * All classes of the batch, and others at random until there are `wanted`; the classes of the batch alone if they are more. The same
 * for the same labels, seed, stream and step.
 *
 * @param labels below `classes`
 * @param stream tells the draws of several losses apart
 * @returns numbers of the classes, ascending
 */
export function drawClasses(
  labels: Uint32Array,
  { classes, wanted, seed, stream }: { classes: number; wanted: number; seed: number; stream: number },
  step: number,
): Uint32Array {
  const isDrawn = new Uint8Array(classes);
  for (const label of labels) isDrawn[label] = 1;
  const others = numbersOf(isDrawn, 0);
  const own = classes - others.length;
  const random = Math.max(0, wanted - own);
  // The first steps of a Fisher–Yates shuffle.
  for (let i = 0; i < random; i++) {
    const j = i + (hash32(seed, stream, step, i) % (others.length - i));
    const drawn = others[j]!;
    others[j] = others[i]!;
    isDrawn[drawn] = 1;
  }
  return numbersOf(isDrawn, 1);
}

/** Where an array of zeros and ones has a value. A loop, since there may be a million classes in every step. */
function numbersOf(flags: Uint8Array, value: number): Uint32Array {
  const numbers = new Uint32Array(flags.length);
  let count = 0;
  for (let j = 0; j < flags.length; j++) {
    if (flags[j] === value) numbers[count++] = j;
  }
  return numbers.slice(0, count);
}
