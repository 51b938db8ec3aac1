import { type ReferenceArray, referenceArray } from '../../core/operator.ts';

export function maxFeatureMapReference(x: ReferenceArray, { parts = 2 } = {}): ReferenceArray {
  const channels = x.shape.at(-1)! / parts;
  return referenceArray([...x.shape.slice(0, -1), channels], (i) => {
    const first = Math.floor(i / channels) * parts * channels + (i % channels);
    return Math.max(...Array.from({ length: parts }, (_, part) => x.data[first + part * channels]!));
  });
}
