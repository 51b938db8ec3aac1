/** From photographs to aligned crops: decoded ahead, faces found, and cut out in batches. */

import { reasonOf } from '../../common/files.node.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { sizeOf } from '../data/describe.node.ts';
import { decodeSource } from '../data/images/decode.node.ts';
import type { ImageSize } from '../data/images/image.ts';
import { largePixels } from '../data/images/large-images.node.ts';
import type { RgbaImage } from '../detection/detector.ts';
import { Aligner, type FaceToCrop } from './aligner.ts';
import { chooseFaces, type FaceChoice, isOutside, outsideReason } from './choose-faces.ts';
import type { LocatedFace } from './landmark-list.ts';
import type { Photograph } from './photographs.node.ts';
import { DegeneratePointsError, type Similarity, similarityTo } from './similarity.ts';
import type { Fit, Template } from './template.ts';

/** Finds the faces of a photograph, or says why there are none: a detector or a list. */
export type FindFaces = (
  photograph: Photograph,
  image: RgbaImage,
) => Promise<{ readonly faces: readonly LocatedFace[]; readonly reason: string }>;

export interface AlignOptions {
  readonly template: Template;
  readonly fit: Fit;
  readonly choice: FaceChoice;
  readonly find: FindFaces;
  /** Faces that are cut out at once (default 16). */
  readonly batchSize?: number;
}

/** A face of a photograph and its crop. */
export interface AlignedFace extends LocatedFace {
  /** Distance of the points from the template: {@link Similarity.error}. */
  readonly error: number;
  readonly crop: RgbaImage;
}

export interface AlignedPhotograph {
  readonly photograph: Photograph;
  /** Upright; null when it could not be read. */
  readonly size: ImageSize | null;
  readonly faces: readonly AlignedFace[];
  /** Faces that were left out because they lie outside of the photograph. */
  readonly outside: number;
  /** Why there are no faces, where there are none. */
  readonly reason: string | null;
}

/** A photograph whose faces are known and not yet cut out. */
interface Located {
  readonly photograph: Photograph;
  readonly size: ImageSize | null;
  readonly faces: readonly (LocatedFace & FaceToCrop)[];
  readonly outside: number;
  readonly reason: string | null;
}

/** Photographs that are decoded while the GPU works. */
const decodedAhead = 2;

/** Photographs that wait for their crops hold their pixels: so many bytes of them at most. */
const mostWaitingBytes = 2 ** 28;

/**
 * Aligns photographs, in order. One that cannot be read, or in which there is no face, comes out with the reason.
 * @throws what the detector throws
 */
export async function* alignPhotographs(
  device: Device,
  photographs: readonly Photograph[],
  options: AlignOptions,
): AsyncGenerator<AlignedPhotograph, void, void> {
  const aligner = new Aligner(device, options.template, options.batchSize);
  try {
    let waiting: Located[] = [];
    let faces = 0;
    let bytes = 0;
    for await (const { photograph, decoded } of decodeAhead(photographs)) {
      const located = await locate(photograph, await decoded, options);
      waiting.push(located);
      faces += located.faces.length;
      if (located.faces.length > 0) bytes += located.faces[0]!.image.data.length;
      if (faces < aligner.batchSize && bytes < mostWaitingBytes) continue;
      yield* crop(aligner, waiting);
      waiting = [];
      faces = bytes = 0;
    }
    yield* crop(aligner, waiting);
  } finally {
    aligner.dispose();
  }
}

interface Decoding {
  readonly photograph: Photograph;
  readonly decoded: Promise<RgbaImage | Error>;
}

/** Large photographs are in memory one after the other. */
async function* decodeAhead(photographs: readonly Photograph[]): AsyncGenerator<Decoding, void, void> {
  const under: Decoding[] = [];
  for (const photograph of photographs) {
    // What has no sound header is refused when it is decoded.
    const size = await sizeOf(photograph.source).catch(() => undefined);
    const ahead = size && size.width * size.height <= largePixels ? decodedAhead : 0;
    while (under.length > ahead) yield under.shift()!;
    under.push({ photograph, decoded: decode(photograph) });
    if (ahead === 0) yield under.shift()!;
  }
  yield* under;
}

/** Upright, as red, green, blue, alpha. A failure is a result, so that nothing is thrown before somebody waits for it. */
async function decode({ source }: Photograph): Promise<RgbaImage | Error> {
  try {
    const { width, height, pixels } = await decodeSource(source);
    const data = new Uint8Array(4 * width * height);
    for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
      data[to] = pixels[from]!;
      data[to + 1] = pixels[from + 1]!;
      data[to + 2] = pixels[from + 2]!;
      data[to + 3] = 255;
    }
    return { width, height, data };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function locate(
  photograph: Photograph,
  image: RgbaImage | Error,
  { find, choice, template, fit }: AlignOptions,
): Promise<Located> {
  if (image instanceof Error)
    return { photograph, size: null, faces: [], outside: 0, reason: `it cannot be read: ${reasonOf(image)}` };
  const size = { width: image.width, height: image.height };
  const found = await find(photograph, image);
  const faces: (LocatedFace & FaceToCrop)[] = [];
  const inside = found.faces.filter(({ points }) => !isOutside(points, size));
  const outside = found.faces.length - inside.length;
  let refused = outside > 0 ? outsideReason : null;
  for (const face of chooseFaces(inside, choice, size)) {
    let similarity: Similarity;
    try {
      similarity = similarityTo(face.points, template, fit);
    } catch (error) {
      if (!(error instanceof DegeneratePointsError)) throw error;
      refused = error.message;
      continue;
    }
    faces.push({ ...face, image, similarity });
  }
  return { photograph, size, faces, outside, reason: faces.length > 0 ? null : (refused ?? found.reason) };
}

async function* crop(
  aligner: Aligner,
  located: readonly Located[],
): AsyncGenerator<AlignedPhotograph, void, void> {
  const crops = await aligner.crops(located.flatMap(({ faces }) => faces));
  let next = 0;
  for (const { photograph, size, faces, outside, reason } of located)
    yield {
      photograph,
      size,
      outside,
      reason,
      faces: faces.map(({ points, box, score, similarity }) => ({
        points,
        box,
        score,
        error: similarity.error,
        crop: crops[next++]!,
      })),
    };
}
