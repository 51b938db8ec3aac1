import { decodeSource } from '../../src/normface/data/images/decode.node.ts';
import { openDataset } from '../../src/normface/data/open.node.ts';
import type { RgbaImage } from '../../src/normface/detection/detector.ts';

export interface Photograph {
  readonly name: string;
  readonly image: RgbaImage;
}

/** So many photographs of a folder or archive, evenly spread; default: all. */
export async function* readPhotographs(
  source: string,
  count = Number.POSITIVE_INFINITY,
): AsyncGenerator<Photograph> {
  const { samples } = await openDataset(source);
  const step = Math.max(1, Math.floor(samples.length / count));
  for (let i = 0, read = 0; i < samples.length && read < count; i += step, read++) {
    const { key, source } = samples[i]!;
    const { width, height, pixels } = await decodeSource(source);
    const data = new Uint8Array(width * height * 4).fill(255);
    for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4)
      data.set(pixels.subarray(from, from + 3), to);
    yield { name: key, image: { width, height, data } };
  }
}
