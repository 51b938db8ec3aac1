import type { Device } from '../../engine/core/tensor.ts';
import type { Net } from '../nets/net.ts';
import type { SafetensorsFile } from '../training/checkpoint/safetensors.ts';
import { type EmbedderOptions, NetEmbedder } from './embedder.ts';
import { inferenceNet } from './inference.ts';
import { openWeights } from './open-weights.ts';

/** What is decided when a net is opened. */
export interface OpenOptions extends Pick<EmbedderOptions, 'mirror'> {
  /** What becomes of a byte of an image, (byte − mean)·scale, in place of what the net says. */
  readonly pixels?: Net['pixels'];
}

/**
 * The net of a weights file, ready to embed; the file says which net it is and for which images.
 * @param source what sentences call the file
 * @throws UserError when the file is not one of this program's or does not fit its net
 */
export async function embedderOf(
  device: Device,
  { tensors, metadata }: SafetensorsFile,
  source: string,
  batchSize: number,
  { mirror, pixels }: OpenOptions = {},
): Promise<NetEmbedder> {
  const { built, values, imageSize } = openWeights({ tensors, metadata }, source, pixels);
  return device.tuner.tuned(
    () => {
      const { net, parameters } = inferenceNet(device, built, values);
      return new NetEmbedder(device, net, parameters, batchSize, { imageSize, owned: parameters, mirror });
    },
    (discarded) => discarded.dispose(),
  );
}
