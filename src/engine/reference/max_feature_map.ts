import { type ReferenceArray, referenceArray } from '../operator.ts';

export function maxFeatureMapReference(x: ReferenceArray): ReferenceArray {
  const half = x.shape.at(-1)! / 2;
  return referenceArray([...x.shape.slice(0, -1), half], (i) => {
    const row = Math.floor(i / half);
    const channel = i % half;
    return Math.max(x.data[2 * half * row + channel]!, x.data[2 * half * row + half + channel]!);
  });
}
