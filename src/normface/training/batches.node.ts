/** The batches that a configuration asks for. */

import { BatchLoader, type BatchLoaderOptions } from '../data/batches/loader.node.ts';
import type { TrainingConfig } from './config/config.ts';
import type { TrainingData } from './training-data.node.ts';

/** A loader of training batches; close it after use. */
export function trainingBatches(
  { data: { imageSize, resize, strict }, batchSize, sampling, seed }: TrainingConfig,
  { dataset }: TrainingData,
  options: Pick<BatchLoaderOptions, 'cursor' | 'rows' | 'pool' | 'onCorrupt' | 'onDamaged'>,
): BatchLoader {
  const [height, width] = imageSize;
  return new BatchLoader(dataset, { batchSize, sampling, seed, height, width, resize, strict, ...options });
}
