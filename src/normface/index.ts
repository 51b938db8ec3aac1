/** The part of the library that needs no Node, as `import { … } from 'normface'` gives it in a browser: the engine, nets, losses, evaluation, checkpoints. */

export { DivergedError, UsageError, UserError } from '../common/errors.ts';
export { formatTable } from '../common/table.ts';
export * from '../engine/index.ts';
export { Aligner, type FaceToCrop } from './alignment/aligner.ts';
export { chooseFaces, type FaceChoice } from './alignment/choose-faces.ts';
export { LandmarkList, type LocatedFace, parseLandmarks } from './alignment/landmark-list.ts';
export { DegeneratePointsError, type Similarity, similarityTo } from './alignment/similarity.ts';
export {
  type Fit,
  type Template,
  type TemplateName,
  templateFor,
  templates,
} from './alignment/template.ts';
export type { Cursor } from './data/batches/order.ts';
export {
  createDataset,
  type Dataset,
  minimumImages,
  type ResolvedPair,
  type Sample,
  subset,
} from './data/dataset.ts';
export type { GeneratedSpec } from './data/generated-dataset.ts';
export type { Image } from './data/images/image.ts';
export {
  type BlufrSplits,
  type BlufrTrial,
  blufrSamples,
  blufrTrainingSubset,
  blufrTrial,
} from './data/protocols/blufr.ts';
export { generatePairs } from './data/protocols/pair-generation.ts';
export { type PairMatch, resolvePairs } from './data/protocols/pairs.ts';
export {
  parseVideoPairs,
  type VideoPair,
  type VideoPairList,
  videosOfPairs,
} from './data/protocols/video-pairs.ts';
export { excludeIdentitiesOf } from './data/split.ts';
export type {
  Box,
  DetectedFace,
  Detector,
  FivePoints,
  Point,
  RgbaImage,
} from './detection/detector.ts';
export { FaceApiDetector, type FaceApiOptions } from './detection/face-api.ts';
export type { FaceApiModels } from './detection/face-api-nets.ts';
export { Mtcnn, type MtcnnOptions } from './detection/mtcnn.ts';
export { type MtcnnModels, type MtcnnNets, mtcnnNets } from './detection/mtcnn-weights.ts';
export type { NamedModel } from './detection/named-model.ts';
export { NetEmbedder } from './embedding/embedder.ts';
export type { Embedder } from './embedding/features.ts';
export { type InferenceNet, inferenceNet } from './embedding/inference.ts';
export {
  type BlufrResult,
  type BlufrTrialResult,
  blufrTable,
  evaluateBlufrTrial,
  summariseBlufr,
} from './evaluation/blufr.ts';
export { type CosineCalibration, calibrate, type FarThreshold } from './evaluation/calibrate.ts';
export {
  type Evaluation,
  type EvaluationOptions,
  evaluateVerification,
  type VerificationMetrics,
} from './evaluation/evaluate.ts';
export type { Features } from './evaluation/features.ts';
export { cosineHistogram, frameCosines } from './evaluation/frame-cosines.ts';
export { type Logistic, probabilityOf } from './evaluation/logistic.ts';
export { mergeMirror } from './evaluation/merge.ts';
export { type MirrorRow, mirrorTable, mirrorTableText } from './evaluation/mirror-table.ts';
export { fitPca, type Pca, type PcaSize, project } from './evaluation/pca.ts';
export { cosineScores } from './evaluation/similarity.ts';
export { metricsTable } from './evaluation/summary.ts';
export {
  evaluateVideos,
  type VideoPairScores,
  type VideoResult,
  videoPairScores,
  videoTable,
} from './evaluation/videos.ts';
export { lossBound, scaleFor } from './losses/bound.ts';
export { type PyTorchOriginal, pyTorchOriginal } from './models/export/pytorch-names.ts';
export { stateDictionary } from './models/export/state-dictionary.ts';
export { encodeOnnx, type OnnxExport } from './models/export/write-onnx.ts';
export { readModel } from './models/formats/read-model.ts';
export { type ImportedNet, type ImportOptions, importModel } from './models/import-model.ts';
export type { TensorMap } from './models/match-tensors.ts';
export type { ModelFile, ModelTensor } from './models/model-file.ts';
export { convPRelu, residualPairs } from './nets/blocks.ts';
export { type BuiltNet, buildNet } from './nets/build.ts';
export { checkNet } from './nets/check-net.ts';
export { describeNet, type LayerDescription, type NetDescription } from './nets/describe.ts';
export { foldNet, type NetWithValues } from './nets/fold.ts';
export { findNet, netOf, nets } from './nets/index.ts';
export { type Initial, initialValues } from './nets/initial.ts';
export type { ForwardMode } from './nets/layer.ts';
export type { Layer, Net } from './nets/net.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  float32Tensor,
  type SafetensorsFile,
  type StoredTensor,
} from './training/checkpoint/safetensors.ts';
export {
  type LossConfig,
  parseConfig,
  type TrainingConfig,
  type TrainingConfigInput,
} from './training/config/config.ts';
export { createHead, type Head } from './training/head.ts';
export { Model } from './training/model.ts';
