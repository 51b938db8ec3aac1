/** From photographs to aligned crops: decoded ahead, faces found and cut out, and turned into crops in batches. */

import { reasonOf } from '../../common/files.node.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { sizeOf } from '../data/describe.node.ts';
import { damageOf } from '../data/images/damaged-image.node.ts';
import type { ImageSize } from '../data/images/image.ts';
import { largePixels } from '../data/images/large-images.node.ts';
import type { RgbaImage } from '../detection/detector.ts';
import { Aligner, type CutFace } from './aligner.ts';
import { chooseFaces, type FaceChoice, isOutside, outsideReason } from './choose-faces.ts';
import type { LocatedFace } from './landmark-list.ts';
import type { Photograph } from './photographs.node.ts';
import { cutFace, openPicture, type Picture } from './picture.node.ts';
import { DegeneratePointsError, type Similarity, similarityTo } from './similarity.ts';
import type { Fit, Template } from './template.ts';

/** Finds the faces of a photograph, in its pixels, or says why there are none: a detector or a list. */
export type FindFaces = (
  photograph: Photograph,
  picture: Picture,
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
  /** Why others were left out: their points are such as no face has. */
  readonly refused: readonly string[];
  /** Why there are no faces, where there are none. */
  readonly reason: string | null;
  /** What of it could not be read and was passed over: {@link damageOf}. */
  readonly damage?: string;
}

/** A face that is cut out and not yet a crop. */
interface FaceToWarp extends LocatedFace {
  readonly error: number;
  readonly cut: CutFace;
}

/** A photograph whose faces are known and not yet crops. */
interface Located extends Omit<AlignedPhotograph, 'faces'> {
  readonly faces: readonly FaceToWarp[];
}

/** Photographs that are decoded while the GPU works. */
const decodedAhead = 2;

/** Photographs that wait for a batch of crops: as many may have no face. */
const mostWaiting = 64;

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
    for await (const { photograph, decoded } of decodeAhead(photographs)) {
      const located = await locate(aligner, photograph, await decoded, options);
      waiting.push(located);
      faces += located.faces.length;
      // Photographs without faces wait only behind others.
      if (faces > 0 && faces < aligner.batchSize && waiting.length < mostWaiting) continue;
      yield* crop(aligner, waiting);
      waiting = [];
      faces = 0;
    }
    yield* crop(aligner, waiting);
  } finally {
    aligner.dispose();
  }
}

interface Decoding {
  readonly photograph: Photograph;
  readonly decoded: Promise<Picture | Error>;
}

/** Large photographs are in memory one after the other. */
async function* decodeAhead(photographs: readonly Photograph[]): AsyncGenerator<Decoding, void, void> {
  const under: Decoding[] = [];
  for (const photograph of photographs) {
    // What has no sound header is refused when it is decoded.
    const size = await sizeOf(photograph.source).catch(() => undefined);
    const ahead = size && size.width * size.height <= largePixels ? decodedAhead : 0;
    while (under.length > ahead) yield under.shift()!;
    under.push({ photograph, decoded: open(photograph, size) });
    if (ahead === 0) yield under.shift()!;
  }
  yield* under;
}

/** A failure is a result, so that nothing is thrown before somebody waits for it. */
function open({ source }: Photograph, size: ImageSize | undefined): Promise<Picture | Error> {
  return openPicture(source, size).catch(asError);
}

async function locate(
  aligner: Aligner,
  photograph: Photograph,
  picture: Picture | Error,
  { find, choice, template, fit }: AlignOptions,
): Promise<Located> {
  if (picture instanceof Error) return unreadable(photograph, picture);
  const { size } = picture;
  const damage = await damageOf(photograph.source).catch((error: Error) => reasonOf(error));
  const found = await find(photograph, picture);
  const faces: FaceToWarp[] = [];
  const inside = found.faces.filter(({ points }) => !isOutside(points, size));
  const outside = found.faces.length - inside.length;
  const refused: string[] = [];
  for (const face of chooseFaces(inside, choice, size)) {
    let similarity: Similarity;
    try {
      similarity = similarityTo(face.points, template, fit);
    } catch (error) {
      if (!(error instanceof DegeneratePointsError)) throw error;
      refused.push(face.origin === undefined ? error.message : `${face.origin}: ${error.message}`);
      continue;
    }
    const cut = await cutFace(aligner, picture, similarity).catch(asError);
    if (cut instanceof Error) return unreadable(photograph, cut);
    const { points, box, score } = face;
    faces.push({ points, box, score, error: similarity.error, cut });
  }
  const reason = refused.at(-1) ?? (outside > 0 ? outsideReason : found.reason);
  return { photograph, size, faces, outside, refused, reason: faces.length > 0 ? null : reason, damage };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const unreadable = (photograph: Photograph, error: Error): Located => ({
  photograph,
  size: null,
  faces: [],
  outside: 0,
  refused: [],
  reason: `it cannot be read: ${reasonOf(error)}`,
});

async function* crop(
  aligner: Aligner,
  located: readonly Located[],
): AsyncGenerator<AlignedPhotograph, void, void> {
  const crops = await aligner.cropsOf(located.flatMap(({ faces }) => faces.map(({ cut }) => cut)));
  let next = 0;
  for (const { faces, ...photograph } of located)
    yield { ...photograph, faces: faces.map(({ cut: _, ...face }) => ({ ...face, crop: crops[next++]! })) };
}
