/** A checkpoint in the page: its net on the GPU, and the threshold and calibration that came with it. */

import { UserError } from '../../common/errors.ts';
import { parseJson } from '../../common/json.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { NetEmbedder } from '../../normface/embedding/embedder.ts';
import { embedderOf } from '../../normface/embedding/open-embedder.ts';
import { parseCalibration, type StoredCalibration } from '../../normface/embedding/stored-calibration.ts';
import { parseThreshold, type StoredThreshold } from '../../normface/embedding/stored-threshold.ts';
import { decodeSafetensors } from '../../normface/training/checkpoint/safetensors.ts';
import type { ChosenFile } from '../parts/drop-zone.ts';
import type { FaceFeatures } from './comparison.ts';

/** Images embedded at once: few, so that the page says how far it is. */
const batchSize = 4;

/** A weights file, wherever it is. */
export interface NetSource {
  /** What sentences call it. */
  readonly path: string;
  bytes(): Promise<Uint8Array>;
}

export interface OpenCheckpoint {
  readonly path: string;
  readonly net: string;
  readonly step: string | undefined;
  /** The data that it was trained on; files of older versions do not say. */
  readonly trainedOn: string | undefined;
  /** SHA-256 of the weights file, hexadecimal; undefined where the page has no secure context. */
  readonly sha256: string | undefined;
  readonly embedder: NetEmbedder;
}

export function netOfFile({ path, file }: ChosenFile): NetSource {
  return { path, bytes: async () => new Uint8Array(await file.arrayBuffer()) };
}

/** @throws UserError when the file is damaged, not of this program, or does not fit its net */
export async function openCheckpoint(device: Device, { path, bytes }: NetSource): Promise<OpenCheckpoint> {
  const file = await bytes();
  const stored = decodeSafetensors(file, path);
  const embedder = await embedderOf(device, stored, path, batchSize);
  const { net, step, trainedOn } = stored.metadata;
  return { path, net: net!, step, trainedOn, sha256: await sha256Of(file), embedder };
}

async function sha256Of(bytes: Uint8Array): Promise<string | undefined> {
  // Undefined in pages that are not served safely, whatever the types say.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @throws UserError when the file is no threshold file */
export async function readThreshold(file: ChosenFile): Promise<StoredThreshold> {
  return parseThreshold(await jsonOf(file), file.path);
}

/** @throws UserError when the file is no calibration file */
export async function readCalibration(file: ChosenFile): Promise<StoredCalibration> {
  return parseCalibration(await jsonOf(file), file.path);
}

async function jsonOf({ path, file }: ChosenFile): Promise<unknown> {
  try {
    return parseJson(await file.text());
  } catch {
    throw new UserError(`${path} is damaged: it is not JSON`);
  }
}

/**
 * Raw features of images, with those of their mirror images where they are wanted.
 * @param onProgress images done
 */
export async function embedPictures(
  embedder: NetEmbedder,
  pictures: readonly { readonly pixels: Uint8Array }[],
  { mirror, onProgress }: { mirror: boolean; onProgress: (done: number) => void },
): Promise<FaceFeatures[]> {
  const { dimension, width, height } = embedder;
  const found: FaceFeatures[] = [];
  for (let start = 0; start < pictures.length; start += batchSize) {
    const batch = pictures.slice(start, start + batchSize);
    const pixels = new Uint8Array(batch.length * 4 * width * height);
    for (const [i, picture] of batch.entries()) pixels.set(picture.pixels, i * 4 * width * height);
    const { front, mirrored } = mirror
      ? await embedder.embedMirrored(pixels)
      : { front: await embedder.embed(pixels) };
    const row = (values: Float32Array, i: number) => values.slice(i * dimension, (i + 1) * dimension);
    batch.forEach((_, i) => {
      found.push({ front: row(front, i), mirrored: mirrored && row(mirrored, i) });
    });
    onProgress(found.length);
  }
  return found;
}
