import type { Device } from '../../engine/device.ts';
import type { NetEmbedder } from './embedder.ts';
import { embedderOf } from './open-embedder.ts';
import { readWeights } from './read-checkpoint.node.ts';

/** As `embedderOf`, of a file on disk. @throws UserError also when the file is missing or damaged */
export async function openEmbedder(
  device: Device,
  weightsFile: string,
  batchSize: number,
): Promise<NetEmbedder> {
  const { weights, metadata } = readWeights(weightsFile);
  return embedderOf(device, { tensors: weights, metadata }, weightsFile, batchSize);
}
