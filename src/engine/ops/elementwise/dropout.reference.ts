import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { hash32 } from '../../core/random.ts';
import { elementCount } from '../../core/shape.ts';

/** Dropout as the first random operator (stream 0) of a step, of a part of a batch that begins with row `firstRow`. */
export function dropoutReference(
  x: ReferenceArray,
  rate: number,
  { seed, step, firstRow = 0 }: { readonly seed: number; readonly step: number; readonly firstRow?: number },
): ReferenceArray {
  const before = firstRow * elementCount(x.shape.slice(1));
  return referenceArray(x.shape, (i) => {
    const uniform = (hash32(seed, step, 0, before + i) >>> 8) / 2 ** 24;
    return uniform >= Math.floor(rate * 2 ** 24) / 2 ** 24 ? x.data[i]! / (1 - rate) : 0;
  });
}
