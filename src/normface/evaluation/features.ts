import { UserError } from '../../common/errors.ts';

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

/** Throws a UserError when a feature is zero: it has no direction, so its cosine with any other says nothing. */
export function checkLengths({ values, dimension }: Features): void {
  const count = values.length / dimension;
  const isZero = (row: number) =>
    values.subarray(row * dimension, (row + 1) * dimension).every((value) => value === 0);
  const zero = Array.from({ length: count }, (_, row) => row).filter(isZero);
  if (zero.length > 0)
    throw new UserError(
      `${zero.length} of ${count} features have length zero (the first is row ${zero[0]}), so they cannot be compared; ` +
        'the weights are probably damaged',
    );
}
