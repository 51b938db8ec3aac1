import { UserError } from '../errors.ts';

/** Feature vectors of a set of images: row i of the row-major n x dimension array is the raw (not normalised) feature of image i. */
export interface Features {
  readonly values: Float32Array;
  readonly dimension: number;
}

/** Number of rows. */
export function featureCount(features: Features): number {
  return features.values.length / features.dimension;
}

/** Throws a UserError when the array is no n x dimension matrix or holds NaN or infinity, which no score could survive. */
export function checkFeatures({ values, dimension }: Features): void {
  if (!Number.isInteger(dimension) || dimension < 1 || values.length % dimension !== 0) {
    throw new UserError(`${values.length} feature values do not divide into rows of dimension ${dimension}`);
  }
  let first = -1;
  let bad = 0;
  const count = values.length / dimension;
  for (let row = 0; row < count; row++) {
    for (let k = row * dimension; k < (row + 1) * dimension; k++) {
      if (Number.isFinite(values[k])) continue;
      if (first < 0) first = row;
      bad++;
      break;
    }
  }
  if (bad > 0) {
    throw new UserError(
      `${bad} of ${count} features hold NaN or infinity (the first is row ${first}), so they cannot be compared; the network has probably diverged`,
    );
  }
}
