import { Matrix as DenseMatrix, EigenvalueDecomposition } from 'ml-matrix';
import { UserError } from '../../common/errors.ts';
import { type Features, featureCount } from './features.ts';
import { type Matrix, rowProducts } from './matrix.ts';
import { covarianceOf, type Moments, meanOf } from './moments.ts';

/** How many principal components are kept: the fewest whose share of the variance exceeds `share`, or a given number. */
export type PcaSize = { readonly share: number } | { readonly dimensions: number };

/** The share of variance that NormFace's script keeps (lfwPCA.m of happynear/FaceVerification). */
export const normfacePca: PcaSize = { share: 0.995 };

/** An orthogonal projection on principal components; nothing is whitened. */
export interface Pca {
  readonly mean: Float64Array;
  /** Unit vectors by descending variance, [kept, dimension]. */
  readonly components: Matrix;
  /** Variance along every component, kept or not, descending; population, in squared feature units. */
  readonly variances: Float64Array;
}

/** Principal components of the vectors that the moments sum up. @throws UserError when a number of components is asked for that the features do not have */
export function fitPca(moments: Moments, size: PcaSize): Pca {
  const { rows: dimension, values } = covarianceOf(moments);
  if ('dimensions' in size && size.dimensions > dimension) {
    throw new UserError(
      `PCA to ${size.dimensions} dimensions is impossible: the features have ${dimension} numbers`,
    );
  }
  const symmetric = DenseMatrix.from1DArray(dimension, dimension, values);
  const decomposition = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const eigenvalues = decomposition.realEigenvalues;
  const vectors = decomposition.eigenvectorMatrix;
  const order = eigenvalues.map((_, k) => k).sort((p, q) => eigenvalues[q]! - eigenvalues[p]!);
  // A variance that is zero may come out as a tiny negative number.
  const variances = Float64Array.from(order, (k) => Math.max(0, eigenvalues[k]!));
  const kept = 'dimensions' in size ? size.dimensions : fewestAbove(variances, size.share);
  const components = new Float64Array(kept * dimension);
  for (let c = 0; c < kept; c++) {
    for (let k = 0; k < dimension; k++) components[c * dimension + k] = vectors.get(k, order[c]!);
  }
  return {
    mean: meanOf(moments),
    components: { rows: kept, columns: dimension, values: components },
    variances,
  };
}

/** The smallest number of leading variances whose sum exceeds a share of the sum of all; all where rounding lets none do. */
function fewestAbove(variances: Float64Array, share: number): number {
  const total = variances.reduce((sum, value) => sum + value, 0);
  let sum = 0;
  for (let k = 0; k < variances.length; k++) {
    sum += variances[k]!;
    if (sum > share * total) return k + 1;
  }
  return variances.length;
}

/** Coordinates of every feature along the components, from the mean: [n, kept]. */
export function project(features: Features, { mean, components }: Pca): Features {
  const { values, dimension } = features;
  const rows = featureCount(features);
  const centred = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    const start = row * dimension;
    for (let k = 0; k < dimension; k++) centred[start + k] = values[start + k]! - mean[k]!;
  }
  const coordinates = rowProducts({ rows, columns: dimension, values: centred }, components);
  return { values: new Float32Array(coordinates.values), dimension: components.rows };
}
