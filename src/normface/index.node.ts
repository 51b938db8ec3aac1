/** The library, as `import { … } from 'normface'` gives it in Node: what browsers get, and all that reads and writes files. */

export { type ConnectOptions, connect } from '../engine/distributed/connect.node.ts';
export { listAdapters, openDevice } from '../engine/runtime/device.node.ts';
export {
  BatchLoader,
  type BatchLoaderOptions,
  type ImageBatch,
  loadImages,
  type TrainingBatch,
} from './data/batches/loader.node.ts';
export { type ConvertOptions, convertDataset } from './data/convert/convert.node.ts';
export { ImageStore, type ImageStoreOptions } from './data/images/image-store.node.ts';
export { readImage } from './data/images/read-image.node.ts';
export { openDataset, openVideos } from './data/open.node.ts';
export { readBlufrSplits } from './data/protocols/blufr.node.ts';
export { readPairs } from './data/protocols/pairs.node.ts';
export { type DetectorOptions, openDetector } from './detection/find-detector.node.ts';
export { openEmbedder } from './embedding/embedder.node.ts';
export {
  type EvaluationSet,
  type EvaluationSetOptions,
  openEvaluationSet,
} from './embedding/evaluation-set.node.ts';
export { extractFeatures } from './embedding/features.node.ts';
export * from './index.ts';
export { openModel } from './models/formats/open.node.ts';
export { saveImport } from './models/save-import.node.ts';
