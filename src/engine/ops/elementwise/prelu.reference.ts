import { type ReferenceArray, referenceArray } from '../../core/operator.ts';

export function preluReference(x: ReferenceArray, slope: ReferenceArray): ReferenceArray {
  const channels = slope.data.length;
  return referenceArray(x.shape, (i) => {
    const value = x.data[i]!;
    return value > 0 ? value : slope.data[i % channels]! * value;
  });
}
