import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import type { Source } from '../dataset.ts';
import { damageOf } from './damaged-image.node.ts';
import { decodeSource, WrongSizeError } from './decode.node.ts';

/** Images to decode to one size. */
export interface DecodeJob {
  readonly id: number;
  readonly sources: readonly Source[];
  readonly width: number;
  readonly height: number;
  readonly resize: boolean;
  /** Which of them are also looked into for damage that decoding passes over. */
  readonly inspect: readonly boolean[];
}

/**
 * Why an image gave no pixels: its bytes are no sound image, or it has another size and must not be resized. One that is `damaged` gave
 * pixels, some of which are not those that were stored.
 */
export interface DecodeProblem {
  readonly kind: 'unreadable' | 'size' | 'damaged';
  readonly reason: string;
}

/** RGBA pixels of a job's images, one after the other; an image without pixels has only zeros there. */
export interface DecodeReply {
  readonly id: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly problems: readonly (DecodeProblem | undefined)[];
}

// Parallelism comes from several images at once, which beats several threads for one small image; no image is read twice.
sharp.concurrency(1);
sharp.cache(false);

parentPort?.on('message', async ({ id, sources, width, height, resize, inspect }: DecodeJob) => {
  const bytesPerImage = width * height * 4;
  const pixels = new Uint8Array(sources.length * bytesPerImage);
  const problems = await Promise.all(
    sources.map(async (source, i): Promise<DecodeProblem | undefined> => {
      try {
        const image = await decodeSource(source, { width, height }, resize);
        writeRgba(image.pixels, pixels.subarray(i * bytesPerImage, (i + 1) * bytesPerImage));
        const reason = inspect[i] ? await damageOf(source) : undefined;
        return reason === undefined ? undefined : { kind: 'damaged', reason };
      } catch (error) {
        // A face that cannot be rendered is no bad input but a fault of the program, and ends the thread.
        if (source.kind === 'generated') throw error;
        const kind = error instanceof WrongSizeError ? 'size' : 'unreadable';
        return { kind, reason: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  const reply: DecodeReply = { id, pixels, problems };
  parentPort?.postMessage(reply, [pixels.buffer]);
});

/** RGB to opaque RGBA, the layout of a batch on the GPU (one u32 per pixel). */
function writeRgba(rgb: Uint8Array, rgba: Uint8Array): void {
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from]!;
    rgba[to + 1] = rgb[from + 1]!;
    rgba[to + 2] = rgb[from + 2]!;
    rgba[to + 3] = 255;
  }
}
