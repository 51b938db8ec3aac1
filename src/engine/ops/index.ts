import type { Operator } from '../core/operator.ts';
import { adamOperator } from '../optim/adam.operator.ts';
import { rowSubsetOperator } from '../optim/row_subset.operator.ts';
import { sgdOperator } from '../optim/sgd.operator.ts';
import { weightAverageOperator } from '../optim/weight_average.operator.ts';
import { checkFiniteOperator } from '../runtime/finite.operator.ts';
import { checkLabelsOperator } from '../runtime/labels.operator.ts';
import { largestMagnitudeOperator } from '../runtime/magnitude.operator.ts';
import { conv2dOperator } from './conv2d/conv2d.ts';
import { fusedConv2dOperator } from './conv2d/fused_conv2d.ts';
import { elementwiseOperators } from './elementwise/declarations.ts';
import { dropoutOperator } from './elementwise/dropout.ts';
import { fillOperator } from './elementwise/fill.ts';
import { maxFeatureMapOperator } from './elementwise/max_feature_map.ts';
import { preluOperator } from './elementwise/prelu.ts';
import { reluOperator } from './elementwise/relu.ts';
import { scaleOperator } from './elementwise/scale.ts';
import { cContrastiveLossOperator } from './heads/c_contrastive_loss.ts';
import { cTripletLossOperator } from './heads/c_triplet_loss.ts';
import { centerLossOperator } from './heads/center_loss.ts';
import { cosineSoftmaxLossOperator } from './heads/cosine_softmax_loss.ts';
import { marginSoftmaxLossOperator } from './heads/margin_softmax_loss.ts';
import { movingNormsOperator, sampleMarginLossOperator } from './heads/sample_margin_losses.operator.ts';
import { softmaxLossOperator } from './heads/softmax_loss.ts';
import { sphereFace2LossOperator } from './heads/sphereface2_loss.ts';
import {
  adaptiveMarginOperator,
  adaptiveScaleOperator,
  movedCentersOperator,
  movingCurriculumOperator,
} from './heads/stateful_losses.operator.ts';
import { uniFaceLossOperator } from './heads/uniface_loss.ts';
import { augmentImagesOperator } from './images/augment_images.operator.ts';
import { imageBatchOperator } from './images/image_batch.ts';
import { resizeOperator } from './images/resize.ts';
import { warpAffineOperator } from './images/warp_affine.ts';
import { matmulOperator } from './matmul/matmul.ts';
import { batchNormOperator } from './norm/batch_norm.ts';
import { l2NormaliseOperator } from './norm/l2_normalise.ts';
import { layerNormOperator } from './norm/layer_norm.ts';
import { contrastiveLossOperator } from './pairs/contrastive_loss.ts';
import { countPairsOperator } from './pairs/count_pairs.operator.ts';
import { tripletLossOperator } from './pairs/triplet_loss.ts';
import { averagePool2dOperator, globalAveragePoolOperator } from './pool/average_pool2d.ts';
import { maxPool2dOperator } from './pool/max_pool2d.ts';
import { logSumExpOperator } from './reduce/log_sum_exp.ts';
import { argmaxOperator, maxOperator } from './reduce/max.ts';
import { logSoftmaxOperator, softmaxOperator } from './reduce/softmax.ts';
import { meanOperator, sumOperator } from './reduce/sum.ts';
import { concatOperator } from './shape/concat.ts';
import { gatherOperator } from './shape/gather.ts';
import { oneHotOperator } from './shape/one_hot.ts';
import { padOperator } from './shape/pad.ts';
import { permuteOperator, transposeOperator } from './shape/permute.ts';
import { flattenOperator, reshapeOperator } from './shape/reshape.ts';
import { sliceOperator } from './shape/slice.ts';

/**
 * The table of all kernels' work: what a graph is made of, and also the steps of optimisers, the checks of the debug mode and the count
 * of pairs. Tests, the checker and the inspector go through it.
 */
export const operators: readonly Operator[] = [
  adamOperator,
  adaptiveMarginOperator,
  adaptiveScaleOperator,
  argmaxOperator,
  augmentImagesOperator,
  averagePool2dOperator,
  batchNormOperator,
  cContrastiveLossOperator,
  cTripletLossOperator,
  centerLossOperator,
  checkFiniteOperator,
  checkLabelsOperator,
  concatOperator,
  contrastiveLossOperator,
  conv2dOperator,
  cosineSoftmaxLossOperator,
  countPairsOperator,
  dropoutOperator,
  fillOperator,
  ...elementwiseOperators,
  flattenOperator,
  fusedConv2dOperator,
  gatherOperator,
  globalAveragePoolOperator,
  imageBatchOperator,
  l2NormaliseOperator,
  largestMagnitudeOperator,
  layerNormOperator,
  logSoftmaxOperator,
  logSumExpOperator,
  marginSoftmaxLossOperator,
  matmulOperator,
  maxFeatureMapOperator,
  maxOperator,
  maxPool2dOperator,
  meanOperator,
  movedCentersOperator,
  movingCurriculumOperator,
  movingNormsOperator,
  oneHotOperator,
  padOperator,
  permuteOperator,
  preluOperator,
  reluOperator,
  reshapeOperator,
  resizeOperator,
  rowSubsetOperator,
  scaleOperator,
  sampleMarginLossOperator,
  sgdOperator,
  sliceOperator,
  softmaxLossOperator,
  softmaxOperator,
  sphereFace2LossOperator,
  sumOperator,
  transposeOperator,
  tripletLossOperator,
  uniFaceLossOperator,
  warpAffineOperator,
  weightAverageOperator,
];
