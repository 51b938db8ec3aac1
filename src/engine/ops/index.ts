import type { Operator } from '../core/operator.ts';
import { adamOperator } from '../optim/adam.operator.ts';
import { rowSubsetOperator } from '../optim/row_subset.operator.ts';
import { sgdOperator } from '../optim/sgd.operator.ts';
import { checkFiniteOperator } from '../runtime/finite.operator.ts';
import { checkLabelsOperator } from '../runtime/labels.operator.ts';
import { largestMagnitudeOperator } from '../runtime/magnitude.operator.ts';
import { conv2dOperator } from './conv2d/conv2d.ts';
import { conv2dPReluOperator } from './conv2d/conv2d_prelu.ts';
import { addOperator } from './elementwise/add.ts';
import { dropoutOperator } from './elementwise/dropout.ts';
import { fillOperator } from './elementwise/fill.ts';
import { maxFeatureMapOperator } from './elementwise/max_feature_map.ts';
import { multiplyOperator } from './elementwise/multiply.ts';
import { preluOperator } from './elementwise/prelu.ts';
import { reluOperator } from './elementwise/relu.ts';
import { scaleOperator } from './elementwise/scale.ts';
import { cContrastiveLossOperator } from './heads/c_contrastive_loss.ts';
import { cTripletLossOperator } from './heads/c_triplet_loss.ts';
import { centerLossOperator } from './heads/center_loss.ts';
import { cosineSoftmaxLossOperator } from './heads/cosine_softmax_loss.ts';
import { marginSoftmaxLossOperator } from './heads/margin_softmax_loss.ts';
import {
  adaptiveMarginOperator,
  adaptiveScaleOperator,
  movedCentersOperator,
} from './heads/moving.operator.ts';
import { softmaxLossOperator } from './heads/softmax_loss.ts';
import { sphereFace2LossOperator } from './heads/sphereface2_loss.ts';
import { imageBatchOperator } from './images/image_batch.ts';
import { matmulOperator } from './matmul/matmul.ts';
import { batchNormOperator } from './norm/batch_norm.ts';
import { l2NormaliseOperator } from './norm/l2_normalise.ts';
import { contrastiveLossOperator } from './pairs/contrastive_loss.ts';
import { countPairsOperator } from './pairs/count_pairs.operator.ts';
import { tripletLossOperator } from './pairs/triplet_loss.ts';
import { averagePool2dOperator, globalAveragePoolOperator } from './pool/average_pool2d.ts';
import { maxPool2dOperator } from './pool/max_pool2d.ts';
import { meanOperator, sumOperator } from './reduce/sum.ts';
import { concatOperator } from './shape/concat.ts';
import { flattenOperator, reshapeOperator } from './shape/reshape.ts';

/**
 * The table of all kernels' work: what a graph is made of, and also the steps of optimisers, the checks of the debug mode and the count
 * of pairs. Tests, the checker and the inspector go through it.
 */
export const operators: readonly Operator[] = [
  adamOperator,
  adaptiveMarginOperator,
  adaptiveScaleOperator,
  addOperator,
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
  conv2dPReluOperator,
  cosineSoftmaxLossOperator,
  countPairsOperator,
  dropoutOperator,
  fillOperator,
  flattenOperator,
  globalAveragePoolOperator,
  imageBatchOperator,
  l2NormaliseOperator,
  largestMagnitudeOperator,
  marginSoftmaxLossOperator,
  matmulOperator,
  maxFeatureMapOperator,
  maxPool2dOperator,
  meanOperator,
  movedCentersOperator,
  multiplyOperator,
  preluOperator,
  reluOperator,
  reshapeOperator,
  rowSubsetOperator,
  scaleOperator,
  sgdOperator,
  softmaxLossOperator,
  sphereFace2LossOperator,
  sumOperator,
  tripletLossOperator,
];
