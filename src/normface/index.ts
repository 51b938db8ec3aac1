/** The part of the library that needs no Node, as `import { … } from 'normface'` gives it in a browser: the engine, nets, losses, evaluation, checkpoints. */

export * from '../engine/index.ts';

export {
  type BlufrSplits,
  type BlufrTrial,
  blufrSamples,
  blufrTrainingSubset,
  blufrTrial,
} from './data/blufr.ts';
export { createDataset, type Dataset, minimumImages, type Sample, subset } from './data/dataset.ts';
export type { GeneratedSpec } from './data/generated-dataset.ts';
export type { Image } from './data/image.ts';
export type { Cursor } from './data/order.ts';
export { generatePairs } from './data/pair-generation.ts';
export { excludeIdentitiesOf } from './data/split.ts';
export { parseVideoPairs, type VideoPair, type VideoPairList, videosOfPairs } from './data/video-pairs.ts';
export { DivergedError, UsageError, UserError } from './errors.ts';
export {
  type BlufrResult,
  type BlufrTrialResult,
  blufrTable,
  evaluateBlufrTrial,
  summariseBlufr,
} from './evaluation/blufr.ts';
export {
  type Evaluation,
  type EvaluationOptions,
  evaluateVerification,
  type VerificationMetrics,
} from './evaluation/evaluate.ts';
export type { Features } from './evaluation/features.ts';
export { cosineHistogram, frameCosines } from './evaluation/frame-cosines.ts';
export { mergeMirror } from './evaluation/merge.ts';
export { type MirrorRow, mirrorTable, mirrorTableText } from './evaluation/mirror-table.ts';
export { fitPca, type Pca, type PcaSize, project } from './evaluation/pca.ts';
export { cosineScores } from './evaluation/similarity.ts';
export { metricsTable } from './evaluation/summary.ts';
export { formatTable } from './evaluation/table.ts';
export {
  evaluateVideos,
  type VideoPairScores,
  type VideoResult,
  videoPairScores,
  videoTable,
} from './evaluation/videos.ts';
export { lossBound, scaleFor } from './losses/bound.ts';
export { convPRelu, residualPairs } from './nets/blocks.ts';
export { type BuiltNet, buildNet } from './nets/build.ts';
export { describeNet, type LayerDescription, type NetDescription } from './nets/describe.ts';
export { findNet, nets } from './nets/index.ts';
export { type Initial, initialValues } from './nets/initial.ts';
export type { ForwardMode } from './nets/layer.ts';
export type { Layer, Net } from './nets/net.ts';
export {
  type LossConfig,
  parseConfig,
  type TrainingConfig,
  type TrainingConfigInput,
} from './training/config.ts';
export { NetEmbedder } from './training/embedder.ts';
export type { Embedder } from './training/features.ts';
export { createHead, type Head, type HeadOutputs } from './training/head.ts';
export { Model } from './training/model.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  float32Tensor,
  type SafetensorsFile,
  type StoredTensor,
} from './training/safetensors.ts';
