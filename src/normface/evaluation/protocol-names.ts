/**
 * The rules that published work calls "LFW accuracy". They differ, so a number is always printed with the name of its rule.
 *
 * - `lfw-10fold-l2` (facenet, insightface): squared L2 distance of the normalised sum of both mirror images; thresholds
 *   0, 0.01 … 3.99; the first best one on the other folds; same when distance < threshold.
 * - `lfw-10fold-cos` (sphereface_pytorch): cosine of the unmirrored image; thresholds -1, -0.995 … 0.995; the last best one
 *   on the other folds; same when cosine > threshold.
 * - `best-threshold` (opensphere ACC): one cosine threshold over all pairs, chosen on the very pairs it is scored on:
 *   optimistic, and free of folds.
 * - `10fold-mean` (SphereFace): the mean feature of the other folds' pairs, an image counted as often as it
 *   occurs, is subtracted before normalisation; cosine; thresholds -1, -0.9999 … 1; the mean of all best ones on the
 *   other folds; a score equal to the threshold is wrong whatever the pair (evaluation.m of wy1iu/sphereface).
 * - `normface-pca-svm` (NormFace's script lfwPCA.m of happynear/FaceVerification): mean and PCA of the other folds' pairs, an image counted as often
 *   as it occurs, the fewest dimensions with more than 0.995 of the variance; the projected features are normalised; L2
 *   distance; the boundary of a linear support vector machine with C = 1 on the other folds; same when distance < threshold.
 * - `normface-pca`: the same features; cosine; the exactly best threshold on the other folds (`bestThreshold`).
 * - `normface-nopca-svm`, `normface-nopca`: the same two without mean and PCA.
 * - `normface-nopca-svm-all`: as `normface-nopca-svm`, but with one machine fitted to all pairs and judged by the same pairs, as
 *   the script does without PCA: optimistic, and free of folds.
 *
 * Every standard deviation is that of the population (divided by the number of folds), as the first two programs report it.
 */
export const protocolNames = [
  'lfw-10fold-l2',
  'lfw-10fold-cos',
  'best-threshold',
  '10fold-mean',
  'normface-pca-svm',
  'normface-pca',
  'normface-nopca-svm',
  'normface-nopca',
  'normface-nopca-svm-all',
] as const;
export type ProtocolName = (typeof protocolNames)[number];
