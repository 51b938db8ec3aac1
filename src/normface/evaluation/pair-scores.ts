import { checkFeatures, type Features, featureCount } from './features.ts';
import { combine, type Moments, momentsOf } from './moments.ts';
import { checkPairs, foldNumbers, type PairList } from './pairs.ts';
import { fitPca, normfacePca, type Pca, project } from './pca.ts';
import { cosineScores, leastNorms, squaredDistances } from './similarity.ts';

/** What a pair of features is scored by, after L2 normalisation. The last three learn from the pairs outside a fold. */
export type Measure =
  | 'cosine'
  | 'squared L2 distance'
  | 'L2 distance'
  | 'cosine of centred features'
  | 'cosine after PCA'
  | 'L2 distance after PCA';

/** Measures whose scores depend on which fold is left out. */
const learning: readonly Measure[] = [
  'cosine of centred features',
  'cosine after PCA',
  'L2 distance after PCA',
];

interface ProjectedScores {
  readonly cosine: Float64Array;
  readonly distance: Float64Array;
}

/** The scores of all pairs by any measure, each computed once: rules, folds and reports share them. */
export class PairScores {
  readonly pairs: PairList;
  private readonly features: Features;
  private readonly known = new Map<string, Float64Array>();
  private readonly projected = new Map<number, ProjectedScores>();
  private moments: ReadonlyMap<number, Moments> | undefined;

  /** @throws UserError when features and pairs do not fit together */
  constructor(features: Features, pairs: PairList) {
    checkFeatures(features);
    checkPairs(pairs, featureCount(features));
    this.features = features;
    this.pairs = pairs;
  }

  /** Cosine of every pair. */
  get cosines(): Float64Array {
    return this.of('cosine', 0);
  }

  /** The lesser norm of the two features of every pair, as they are before any normalisation. */
  get norms(): Float64Array {
    return leastNorms(this.features, this.pairs);
  }

  /** Score of every pair; mean or PCA, where the measure has them, come from the pairs outside `fold`. */
  of(measure: Measure, fold: number): Float64Array {
    const key = learning.includes(measure) ? `${measure} without fold ${fold}` : measure;
    const scores = this.known.get(key) ?? this.compute(measure, fold);
    this.known.set(key, scores);
    return scores;
  }

  private compute(measure: Measure, fold: number): Float64Array {
    const { features, pairs } = this;
    switch (measure) {
      case 'cosine':
        return cosineScores(features, pairs);
      case 'squared L2 distance':
        return squaredDistances(features, pairs);
      case 'L2 distance':
        return this.of('squared L2 distance', fold).map(Math.sqrt);
      case 'cosine of centred features':
        return cosineScores(features, pairs, meanOutsideFold(features, pairs, fold));
      case 'cosine after PCA':
        return this.projectedScores(fold).cosine;
      case 'L2 distance after PCA':
        return this.projectedScores(fold).distance;
    }
  }

  /**
   * Principal components of the pairs outside a fold: both images of every pair, repeated as often as they occur, and the fewest
   * components whose share of the variance exceeds 0.995 (lfwPCA.m of happynear/FaceVerification).
   */
  pcaOutside(fold: number): Pca {
    this.moments ??= momentsOfFolds(this.features, this.pairs);
    const others = [...this.moments].filter(([number]) => number !== fold).map(([, moments]) => moments);
    return fitPca(others.reduce(combine), normfacePca);
  }

  /** Both scores of the projected features, which are much larger and not kept. */
  private projectedScores(fold: number): ProjectedScores {
    const known = this.projected.get(fold);
    if (known) return known;
    const features = project(this.features, this.pcaOutside(fold));
    const scores = {
      cosine: cosineScores(features, this.pairs),
      distance: squaredDistances(features, this.pairs).map(Math.sqrt),
    };
    this.projected.set(fold, scores);
    return scores;
  }
}

/** Moments of the images of each fold's pairs. Each fold is walked once, whatever the number of folds that leave it out. */
function momentsOfFolds(features: Features, pairs: PairList): Map<number, Moments> {
  const origin = meanOfRows(features);
  const ofFold = (fold: number) => {
    const occurrences = new Uint32Array(featureCount(features));
    for (let i = 0; i < pairs.a.length; i++) {
      if (pairs.fold[i] !== fold) continue;
      occurrences[pairs.a[i]!]!++;
      occurrences[pairs.b[i]!]!++;
    }
    return momentsOf(features, occurrences, origin);
  };
  return new Map(foldNumbers(pairs).map((fold) => [fold, ofFold(fold)]));
}

function meanOfRows({ values, dimension }: Features): Float64Array {
  const sum = new Float64Array(dimension);
  for (let i = 0; i < values.length; i++) sum[i % dimension]! += values[i]!;
  return sum.map((value) => (value * dimension) / values.length);
}

/** Mean feature of the pairs outside `fold`: both images of every pair, repeated as often as they occur (lfwPCA.m of happynear/FaceVerification). */
function meanOutsideFold({ values, dimension }: Features, pairs: PairList, fold: number): Float64Array {
  const sum = new Float64Array(dimension);
  let terms = 0;
  for (let i = 0; i < pairs.a.length; i++) {
    if (pairs.fold[i] === fold) continue;
    const rowA = pairs.a[i]! * dimension;
    const rowB = pairs.b[i]! * dimension;
    for (let k = 0; k < dimension; k++) sum[k]! += values[rowA + k]! + values[rowB + k]!;
    terms += 2;
  }
  return sum.map((value) => value / terms);
}
