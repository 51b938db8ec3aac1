/** The tensor engine as `import { … } from 'normface/engine'` gives it in a browser. In Node index.node.ts adds Dawn to it. */

export { record } from './core/autograd.ts';
export type { DataType, TensorData } from './core/data-type.ts';
export {
  ArgumentError,
  check,
  checkArgument,
  DeviceError,
  DeviceLostError,
  formatShape,
  LabelError,
  NotFiniteError,
  OutOfMemoryError,
  ShapeError,
} from './core/errors.ts';
export {
  defineOperator,
  type InputSpec,
  type Operator,
  type OperatorDeclaration,
  type OperatorFamily,
  type ReferenceArray,
  referenceArray,
  type Tolerance,
} from './core/operator.ts';
export { type ParameterDeclaration, Parameters } from './core/parameters.ts';
export type { Phase } from './core/phase.ts';
export { hash32, normal01, uniform01 } from './core/random.ts';
export { withoutGradients } from './core/recording.ts';
export type { Scope } from './core/scope.ts';
export { elementCount, type Shape } from './core/shape.ts';
export { type Device, type GraphNode, Tensor } from './core/tensor.ts';
export { AbortedError } from './distributed/aborted.ts';
export { agree } from './distributed/agree.ts';
export { type Bandwidth, measureAllReduce } from './distributed/bandwidth.ts';
export {
  type Collective,
  type Communicator,
  type HostArray,
  type Reduction,
  ringBytes,
  type Traffic,
} from './distributed/communicator.ts';
export { allReduceAsHalf, allReduceHalf } from './distributed/half.ts';
export { inProcessGroup, runInProcess } from './distributed/in-process.ts';
export { LocalCommunicator } from './distributed/local.ts';
export { conv2d } from './ops/conv2d/conv2d.ts';
export type { Conv2dOptions } from './ops/conv2d/conv2d_geometry.ts';
export { type FusedConv2dOperands, fusedConv2d } from './ops/conv2d/fused_conv2d.ts';
export { add } from './ops/elementwise/add.ts';
export { divide, maximum, minimum, power, subtract } from './ops/elementwise/arithmetic.ts';
export { cast } from './ops/elementwise/cast.ts';
export {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  notEqual,
  where,
} from './ops/elementwise/comparisons.ts';
export { dropout } from './ops/elementwise/dropout.ts';
export {
  abs,
  clip,
  exp,
  gelu,
  leakyRelu,
  log,
  negate,
  reciprocal,
  sigmoid,
  softplus,
  sqrt,
  square,
  tanh,
} from './ops/elementwise/functions.ts';
export { maxFeatureMap } from './ops/elementwise/max_feature_map.ts';
export { multiply } from './ops/elementwise/multiply.ts';
export type { AddOptions, ClipOptions, GeluOptions, LeakyReluOptions } from './ops/elementwise/options.ts';
export { prelu } from './ops/elementwise/prelu.ts';
export { relu } from './ops/elementwise/relu.ts';
export { scale } from './ops/elementwise/scale.ts';
export {
  type CContrastiveOptions,
  cContrastiveHead,
  cContrastiveLoss,
} from './ops/heads/c_contrastive_loss.ts';
export { type CTripletOptions, cTripletHead, cTripletLoss } from './ops/heads/c_triplet_loss.ts';
export { type CenterOptions, centerHead, centerLoss } from './ops/heads/center_loss.ts';
export {
  type CosineSoftmaxOptions,
  cosineSoftmaxHead,
  cosineSoftmaxLoss,
} from './ops/heads/cosine_softmax_loss.ts';
export type { CommonMargin, Margin } from './ops/heads/margin.ts';
export {
  type MarginSoftmaxOptions,
  marginSoftmaxHead,
  marginSoftmaxLoss,
} from './ops/heads/margin_softmax_loss.ts';
export type {
  AdaptiveMargin,
  ElasticMargin,
  MagnitudeMargin,
  SampleMargin,
} from './ops/heads/sample_margin.ts';
export type { SharedHeadOptions } from './ops/heads/softmax_head.ts';
export { type SoftmaxLossOptions, softmaxLoss, softmaxLossHead } from './ops/heads/softmax_loss.ts';
export {
  type SphereFace2Numbers,
  type SphereFace2Options,
  sphereFace2Bias,
  sphereFace2Head,
  sphereFace2Loss,
} from './ops/heads/sphereface2_loss.ts';
export {
  type LossStatistics,
  type LossWithStatistics,
  readStatistics,
  type StatisticsTensor,
} from './ops/heads/statistics.ts';
export {
  type UniFaceNumbers,
  type UniFaceOptions,
  uniFaceBias,
  uniFaceHead,
  uniFaceLoss,
} from './ops/heads/uniface_loss.ts';
export { augmentImages } from './ops/images/augment_images.ts';
export type {
  AugmentOptions,
  CropAugmentation,
  EraseAugmentation,
  LowResolutionAugmentation,
  PhotometricAugmentation,
  Range,
} from './ops/images/augment_options.ts';
export { type ImageBatchOptions, imageBatch } from './ops/images/image_batch.ts';
export { type ResizeOptions, resize } from './ops/images/resize.ts';
export { type WarpAffineOptions, warpAffine } from './ops/images/warp_affine.ts';
export { operators } from './ops/index.ts';
export { linear } from './ops/matmul/linear.ts';
export { type MatmulOptions, matmul } from './ops/matmul/matmul.ts';
export { type BatchNormOptions, batchNorm, type RunningStatistics } from './ops/norm/batch_norm.ts';
export { l2Normalise } from './ops/norm/l2_normalise.ts';
export { type LayerNormOptions, layerNorm } from './ops/norm/layer_norm.ts';
export { type ContrastiveOptions, contrastiveHead, contrastiveLoss } from './ops/pairs/contrastive_loss.ts';
export {
  type TripletMining,
  type TripletOptions,
  tripletHead,
  tripletLoss,
} from './ops/pairs/triplet_loss.ts';
export { averagePool2d, globalAveragePool } from './ops/pool/average_pool2d.ts';
export { maxPool2d } from './ops/pool/max_pool2d.ts';
export type { Pool2dOptions } from './ops/pool/pool_geometry.ts';
export type { ReduceOptions } from './ops/reduce/lines.ts';
export { logSumExp } from './ops/reduce/log_sum_exp.ts';
export { argmax, max } from './ops/reduce/max.ts';
export { logSoftmax, type SoftmaxOptions, softmax } from './ops/reduce/softmax.ts';
export { mean, sum } from './ops/reduce/sum.ts';
export { type ConcatOptions, concat } from './ops/shape/concat.ts';
export { gather } from './ops/shape/gather.ts';
export { type OneHotOptions, oneHot } from './ops/shape/one_hot.ts';
export { type PadOptions, pad } from './ops/shape/pad.ts';
export { permute, transpose } from './ops/shape/permute.ts';
export { flatten, reshape } from './ops/shape/reshape.ts';
export { type SliceOptions, slice } from './ops/shape/slice.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { LossScale } from './optim/loss_scale.ts';
export { Optimiser, type OptimiserOptions } from './optim/optimiser.ts';
export { RowSubset, type RowSubsetOptions } from './optim/row_subset.ts';
export {
  constantSchedule,
  cosineSchedule,
  multistepSchedule,
  polynomialSchedule,
  type Schedule,
  stepSchedule,
  warmUp,
} from './optim/schedule.ts';
export { SGD, type SGDOptions } from './optim/sgd.ts';
export { WeightAverage, type WeightAverageOptions, warmedUpDecay } from './optim/weight_average.ts';
export { type AdapterReport, describeAdapter } from './runtime/adapter.ts';
export type { CapturedStep } from './runtime/captured-step.ts';
export {
  type Cost,
  type Dispatch,
  type Kernel,
  type KernelArgument,
  type LinkedKernel,
  linkKernel,
} from './runtime/kernel.ts';
export { openDevice } from './runtime/open.ts';
export type { DeviceOptions, OperandType } from './runtime/options.ts';
export type { PreparedDispatch } from './runtime/prepared.ts';
export { type CaseCheck, type CheckOptions, checkOperator, type OperatorCheck } from './testing/check.ts';
export type { Comparison } from './testing/compare.ts';
export { type ElementGrid, elementGrid } from './tuning/grid.ts';
