/** The library, as `import { … } from 'normface'` gives it in Node: what browsers get, and all that reads and writes files. */

export { listAdapters, openDevice } from '../engine/device.node.ts';

export { readBlufrSplits } from './data/blufr.node.ts';
export { readImage } from './data/decode.node.ts';
export { ImageStore, type ImageStoreOptions } from './data/image-store.node.ts';
export {
  BatchLoader,
  type BatchLoaderOptions,
  type ImageBatch,
  loadImages,
  type TrainingBatch,
} from './data/loader.node.ts';
export { openDataset, openVideos } from './data/open.node.ts';
export { readPairs } from './data/pairs.node.ts';
export * from './index.ts';
export { openEmbedder } from './training/embedder.node.ts';
export {
  type EvaluationSet,
  type EvaluationSetOptions,
  openEvaluationSet,
} from './training/evaluation-set.node.ts';
export { extractFeatures } from './training/features.node.ts';
