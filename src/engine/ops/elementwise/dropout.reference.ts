import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { hash32 } from '../../core/random.ts';

/** Dropout as the first random operator (stream 0) of a step. */
export function dropoutReference(
  x: ReferenceArray,
  rate: number,
  seed: number,
  step: number,
): ReferenceArray {
  return referenceArray(x.shape, (i) => {
    const uniform = (hash32(seed, step, 0, i) >>> 8) / 2 ** 24;
    return uniform >= Math.floor(rate * 2 ** 24) / 2 ** 24 ? x.data[i]! / (1 - rate) : 0;
  });
}
