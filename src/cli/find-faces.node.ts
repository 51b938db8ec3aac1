/** Who says where faces are: a detector, or a list of points. */

import { createHash } from 'node:crypto';
import path from 'node:path';
import { UserError } from '../common/errors.ts';
import { reasonOf } from '../common/files.node.ts';
import { readRegularFileSync } from '../common/regular-file.node.ts';
import { decodeText } from '../common/text.node.ts';
import type { Device } from '../engine/core/tensor.ts';
import type { FindFaces } from '../normface/alignment/align-photographs.node.ts';
import type { AlignSettings } from '../normface/alignment/landmark-file.node.ts';
import { parseLandmarks } from '../normface/alignment/landmark-list.ts';
import { inPhotograph } from '../normface/alignment/picture.node.ts';
import { type FoundDetector, openDetector } from '../normface/detection/find-detector.node.ts';

/** What finds faces, and what is noted of it beside the crops. */
export interface FaceFinder {
  readonly find: FindFaces;
  readonly settings: Pick<AlignSettings, 'detector' | 'landmarks' | 'minFace'>;
  /** How it is called in sentences. */
  readonly name: string;
  /**
   * Photographs of the list that are not among these; 0 of a detector.
   * @throws UserError where several paths of the list end like that of a photograph
   */
  unused(photographs: readonly { readonly path: string }[]): number;
  dispose(): void;
}

/** Side of the smallest faces that MTCNN can see. */
const smallestSeen = 12;

/**
 * @param minFace least side in pixels of the boxes of faces; null: every face that the detector finds as it is
 * @throws UserError when a file of the detector is not what it should be
 */
export async function detectorFinder(
  device: Device,
  minFace: number | null,
  found: FoundDetector,
): Promise<FaceFinder> {
  // MTCNN's windows are looked at from half the side on, since the boxes that come out may be larger; fewer of them take less time.
  const options =
    minFace === null ? {} : { mtcnn: { minFace: Math.max(smallestSeen, Math.floor(minFace / 2)) } };
  const detector = await openDetector(device, found, options);
  return {
    name: detector.name,
    settings: { detector: detector.name, landmarks: null, minFace },
    async find(_, picture) {
      const found = (await detector.detect(picture.image)).map((face) => inPhotograph(face, picture));
      const faces = found.filter(({ box }) => Math.min(box.width, box.height) >= (minFace ?? 0));
      const reason =
        found.length > faces.length ? `no face of at least ${minFace} pixels was found` : 'no face was found';
      return { faces, reason };
    },
    unused: () => 0,
    dispose: () => detector.dispose(),
  };
}

/** @param countFrom number of the first pixel in the list @throws UserError when the list cannot be read */
export function listFinder(file: string, countFrom: 0 | 1): FaceFinder {
  let bytes: Uint8Array;
  try {
    bytes = readRegularFileSync(file);
  } catch (error) {
    throw new UserError(`cannot read the list of points ${file}: ${reasonOf(error)}`);
  }
  const name = path.basename(file);
  const list = parseLandmarks(decodeText(bytes, file), name, countFrom);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    name,
    settings: { detector: null, landmarks: { file: name, sha256, countFrom }, minFace: null },
    async find(photograph) {
      const key = list.keyOf(photograph.path);
      return {
        faces: key === undefined ? [] : list.faces.get(key)!,
        reason: `${name} has no points of it`,
      };
    },
    unused(photographs) {
      const used = new Set(photographs.map(({ path: photograph }) => list.keyOf(photograph)));
      used.delete(undefined);
      return list.faces.size - used.size;
    },
    dispose: () => {},
  };
}
