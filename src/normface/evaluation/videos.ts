import { UserError } from '../../common/errors.ts';
import type { Table } from '../../common/table.ts';
import { checkFeatures, type Features, featureCount } from './features.ts';
import { cosineHistogram, frameCosines, histogramBins } from './frame-cosines.ts';
import { histogramIntersections, kernelSvm } from './kernel-svm.ts';
import type { Matrix } from './matrix.ts';
import { checkPairs, foldNumbers, inFold, type PairList } from './pairs.ts';
import { type FoldResult, mean, type ProtocolResult, summarise } from './result.ts';
import { formatAccuracy } from './summary.ts';
import { splitScores } from './threshold.ts';
import { accuracyOf, svmScoreRule } from './threshold-rules.ts';

/** Raw features of the frames of each video. */
export type VideoFeatures = readonly Features[];

/** What one fold sees of all pairs, after the mean feature of the other folds is subtracted. */
export interface VideoPairScores {
  readonly fold: number;
  /** Mean of the cosines of all frame pairs, for every pair of videos. */
  readonly means: Float64Array;
  /** Their histograms, [pairs, 100]. */
  readonly histograms: Matrix;
}

/** Accuracy of one of the two rules for videos; thresholds are of the mean cosine, or of the machine's decision value: 0. */
export interface VideoResult extends Pick<ProtocolResult, 'accuracy' | 'std' | 'threshold' | 'folds'> {
  readonly protocol: 'ytf-mean-svm' | 'ytf-histogram-svm';
  readonly measure: 'mean cosine of frames' | 'histogram of cosines of frames';
}

/** What can be wrong with pairs before anything is known of their frames. @throws UserError */
export function checkVideoPairs(pairs: PairList, videos: number): void {
  checkPairs(pairs, videos);
  if (foldNumbers(pairs).length < 2)
    throw new UserError('cross-validation needs pairs of at least two folds');
}

/**
 * Scores of pairs of videos for every fold (docs/reference.md#youtube-faces). The subtracted mean of a fold is that of the mean frame
 * features of both videos of every pair outside it, repeated as often as they occur.
 *
 * @param pairs `a` and `b` are numbers of videos
 * @throws UserError when videos and pairs do not fit together, or for pairs of a single fold
 */
export function videoPairScores(videos: VideoFeatures, pairs: PairList): VideoPairScores[] {
  for (const features of videos) checkFeatures(features);
  checkVideoPairs(pairs, videos.length);
  const folds = foldNumbers(pairs);
  const videoMeans = videos.map(meanFrame);
  const centres = folds.map((fold) => meanOutside(videoMeans, pairs, fold));
  const scores = folds.map((fold) => ({
    fold,
    means: new Float64Array(pairs.a.length),
    histograms: {
      rows: pairs.a.length,
      columns: histogramBins,
      values: new Float64Array(pairs.a.length * histogramBins),
    },
  }));
  for (let pair = 0; pair < pairs.a.length; pair++) {
    frameCosines(videos[pairs.a[pair]!]!, videos[pairs.b[pair]!]!, centres).forEach(({ values }, f) => {
      scores[f]!.means[pair] = mean(values);
      scores[f]!.histograms.values.set(cosineHistogram(values), pair * histogramBins);
    });
  }
  return scores;
}

function meanFrame(features: Features): Float64Array {
  const { values, dimension } = features;
  const sum = new Float64Array(dimension);
  for (let at = 0; at < values.length; at++) sum[at % dimension]! += values[at]!;
  return sum.map((value) => value / featureCount(features));
}

function meanOutside(videoMeans: readonly Float64Array[], pairs: PairList, fold: number): Float64Array {
  const sum = new Float64Array(videoMeans[0]!.length);
  let terms = 0;
  for (let pair = 0; pair < pairs.a.length; pair++) {
    if (pairs.fold[pair] === fold) continue;
    for (const video of [pairs.a[pair], pairs.b[pair]]) {
      videoMeans[video!]!.forEach((value, k) => {
        sum[k]! += value;
      });
      terms++;
    }
  }
  return sum.map((value) => value / terms);
}

/**
 * Both rules of NormFace for YouTube Faces, each fold judged by machines trained on all others:
 *
 * - `ytf-mean-svm`: the mean cosine, a linear support vector machine with C = 1;
 * - `ytf-histogram-svm`: the histogram, one with the histogram intersection kernel Σ_k min(a_k, b_k) and C = 1.
 */
export function evaluateVideos(videos: VideoFeatures, pairs: PairList): VideoResult[] {
  const scores = videoPairScores(videos, pairs);
  return [
    {
      protocol: 'ytf-mean-svm',
      measure: 'mean cosine of frames',
      ...summarise(scores.map((ofFold) => judgeMeans(ofFold, pairs))),
    },
    {
      protocol: 'ytf-histogram-svm',
      measure: 'histogram of cosines of frames',
      ...summarise(scores.map((ofFold) => judgeHistograms(ofFold, pairs))),
    },
  ];
}

function judgeMeans({ fold, means }: VideoPairScores, pairs: PairList): FoldResult {
  const threshold = svmScoreRule.choose(splitScores(means, pairs.same, (pair) => pairs.fold[pair] !== fold));
  return {
    fold,
    threshold,
    accuracy: accuracyOf(svmScoreRule, threshold, means, pairs.same, inFold(pairs, fold)),
  };
}

function judgeHistograms({ fold, histograms }: VideoPairScores, pairs: PairList): FoldResult {
  const all = Array.from(pairs.fold.keys());
  const training = all.filter((pair) => pairs.fold[pair] !== fold);
  const test = all.filter((pair) => pairs.fold[pair] === fold);
  const known = rowsOf(histograms, training);
  const labels = Int8Array.from(training, (pair) => (pairs.same[pair] === 1 ? 1 : -1));
  const { coefficients, bias } = kernelSvm(histogramIntersections(known, known), labels);
  const kernel = histogramIntersections(rowsOf(histograms, test), known);
  const correct = test.filter((pair, row) => {
    const start = row * training.length;
    const decision = coefficients.reduce((sum, value, k) => sum + value * kernel.values[start + k]!, bias);
    return decision > 0 === (pairs.same[pair] === 1);
  });
  return { fold, threshold: 0, accuracy: correct.length / test.length };
}

function rowsOf({ columns, values }: Matrix, rows: readonly number[]): Matrix {
  const selected = new Float64Array(rows.length * columns);
  rows.forEach((row, place) => {
    selected.set(values.subarray(row * columns, (row + 1) * columns), place * columns);
  });
  return { rows: rows.length, columns, values: selected };
}

/** One row a rule: accuracy over all folds, then each fold's. */
export function videoTable(results: readonly VideoResult[]): Table {
  const { folds } = results[0]!;
  return {
    title: 'Pairs of videos, accuracy in %',
    columns: [
      { header: 'rule' },
      { header: 'accuracy', align: 'right' },
      ...folds.map(({ fold }) => ({ header: `fold ${fold}`, align: 'right' as const })),
    ],
    rows: results.map((result) => [
      result.protocol,
      formatAccuracy(result),
      ...result.folds.map(({ accuracy }) => (100 * accuracy).toFixed(2)),
    ]),
    notes: ['± is the population standard deviation over the folds.'],
  };
}
