import type { Operator } from '../operator.ts';
import { addOperator } from './add.ts';
import { averagePool2dOperator, globalAveragePoolOperator } from './average_pool2d.ts';
import { batchNormOperator } from './batch_norm.ts';
import { cContrastiveLossOperator } from './c_contrastive_loss.ts';
import { cTripletLossOperator } from './c_triplet_loss.ts';
import { centerLossOperator } from './center_loss.ts';
import { concatOperator } from './concat.ts';
import { contrastiveLossOperator } from './contrastive_loss.ts';
import { conv2dOperator } from './conv2d.ts';
import { conv2dPReluOperator } from './conv2d_prelu.ts';
import { cosineSoftmaxLossOperator } from './cosine_softmax_loss.ts';
import { dropoutOperator } from './dropout.ts';
import { imageBatchOperator } from './image_batch.ts';
import { l2NormaliseOperator } from './l2_normalise.ts';
import { marginSoftmaxLossOperator } from './margin_softmax_loss.ts';
import { matmulOperator } from './matmul.ts';
import { maxFeatureMapOperator } from './max_feature_map.ts';
import { maxPool2dOperator } from './max_pool2d.ts';
import { multiplyOperator } from './multiply.ts';
import { preluOperator } from './prelu.ts';
import { reluOperator } from './relu.ts';
import { flattenOperator, reshapeOperator } from './reshape.ts';
import { scaleOperator } from './scale.ts';
import { softmaxLossOperator } from './softmax_loss.ts';
import { sphereFace2LossOperator } from './sphereface2_loss.ts';
import { meanOperator, sumOperator } from './sum.ts';
import { tripletLossOperator } from './triplet_loss.ts';

/** Every operator: the tests, the gradient checker, the benchmark and the inspector walk this table. */
export const operators: readonly Operator[] = [
  addOperator,
  averagePool2dOperator,
  batchNormOperator,
  cContrastiveLossOperator,
  cTripletLossOperator,
  centerLossOperator,
  concatOperator,
  contrastiveLossOperator,
  conv2dOperator,
  conv2dPReluOperator,
  cosineSoftmaxLossOperator,
  dropoutOperator,
  flattenOperator,
  globalAveragePoolOperator,
  imageBatchOperator,
  l2NormaliseOperator,
  marginSoftmaxLossOperator,
  matmulOperator,
  maxFeatureMapOperator,
  maxPool2dOperator,
  meanOperator,
  multiplyOperator,
  preluOperator,
  reluOperator,
  reshapeOperator,
  scaleOperator,
  softmaxLossOperator,
  sphereFace2LossOperator,
  sumOperator,
  tripletLossOperator,
];
