/** The tensor engine. In Node, open a device with `openDevice` of `device.node.ts` instead. */

export { type AdapterReport, describeAdapter } from './adapter.ts';
export { type GraphNode, record, withoutGradients } from './autograd.ts';
export { Device } from './device.ts';
export { DeviceError, LabelError, NotFiniteError, ShapeError } from './errors.ts';
export { type Cost, type Dispatch, type Kernel, type LinkedKernel, linkKernel } from './kernel.ts';
export { openDevice } from './open.ts';
export { defineOperator, type InputSpec, type Operator, type OperatorDeclaration } from './operator.ts';
export { add } from './ops/add.ts';
export { averagePool2d, globalAveragePool } from './ops/average_pool2d.ts';
export { type BatchNormOptions, batchNorm, type RunningStatistics } from './ops/batch_norm.ts';
export { type CContrastiveOptions, cContrastiveHead, cContrastiveLoss } from './ops/c_contrastive_loss.ts';
export { type CTripletOptions, cTripletHead, cTripletLoss } from './ops/c_triplet_loss.ts';
export { type CenterOptions, centerHead, centerLoss } from './ops/center_loss.ts';
export { concat } from './ops/concat.ts';
export { type ContrastiveOptions, contrastiveHead, contrastiveLoss } from './ops/contrastive_loss.ts';
export { conv2d } from './ops/conv2d.ts';
export type { Conv2dOptions } from './ops/conv2d_geometry.ts';
export { type Conv2dPReluOperands, conv2dPRelu } from './ops/conv2d_prelu.ts';
export {
  type CosineSoftmaxOptions,
  cosineSoftmaxHead,
  cosineSoftmaxLoss,
} from './ops/cosine_softmax_loss.ts';
export { dropout } from './ops/dropout.ts';
export { type ImageBatchOptions, imageBatch } from './ops/image_batch.ts';
export { operators } from './ops/index.ts';
export { l2Normalise } from './ops/l2_normalise.ts';
export { linear } from './ops/linear.ts';
export type { Margin } from './ops/margin.ts';
export {
  type MarginSoftmaxOptions,
  marginSoftmaxHead,
  marginSoftmaxLoss,
} from './ops/margin_softmax_loss.ts';
export { type MatmulOptions, matmul } from './ops/matmul.ts';
export { maxFeatureMap } from './ops/max_feature_map.ts';
export { maxPool2d } from './ops/max_pool2d.ts';
export { multiply } from './ops/multiply.ts';
export type { Pool2dOptions } from './ops/pool_geometry.ts';
export { prelu } from './ops/prelu.ts';
export { relu } from './ops/relu.ts';
export { flatten, reshape } from './ops/reshape.ts';
export { scale } from './ops/scale.ts';
export type { LossWithStatistics, SharedHeadOptions } from './ops/softmax_head.ts';
export { softmaxLoss, softmaxLossHead } from './ops/softmax_loss.ts';
export {
  type SphereFace2Options,
  sphereFace2Bias,
  sphereFace2Head,
  sphereFace2Loss,
} from './ops/sphereface2_loss.ts';
export { mean, sum } from './ops/sum.ts';
export { type TripletMining, type TripletOptions, tripletHead, tripletLoss } from './ops/triplet_loss.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { Optimiser, type OptimiserOptions } from './optim/optimiser.ts';
export { RowSubset, type RowSubsetOptions } from './optim/row_subset.ts';
export {
  constantSchedule,
  cosineSchedule,
  multistepSchedule,
  type Schedule,
  stepSchedule,
  warmUp,
} from './optim/schedule.ts';
export { SGD, type SGDOptions } from './optim/sgd.ts';
export type { DeviceOptions, OperandType } from './options.ts';
export { type ParameterDeclaration, Parameters } from './parameters.ts';
export type { PreparedDispatch } from './prepared.ts';
export { hash32, normal01, uniform01 } from './random.ts';
export { CapturedStep } from './step.ts';
export { type DataType, type Shape, Tensor, type TensorData } from './tensor.ts';
