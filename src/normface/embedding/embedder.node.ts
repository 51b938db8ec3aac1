import type { Device } from '../../engine/core/tensor.ts';
import { readWeights } from '../training/checkpoint/read-checkpoint.node.ts';
import type { NetEmbedder } from './embedder.ts';
import { embedderOf, type OpenOptions } from './open-embedder.ts';

/** As `embedderOf`, of a file on disk. @throws UserError also when the file is missing or damaged */
export async function openEmbedder(
  device: Device,
  weightsFile: string,
  batchSize: number,
  options: OpenOptions = {},
): Promise<NetEmbedder> {
  const { weights, metadata } = readWeights(weightsFile, { classes: 'none' });
  return embedderOf(device, { tensors: weights, metadata }, weightsFile, batchSize, options);
}
