/** The faces of the page and their features. */

import type { NetEmbedder } from '../../normface/embedding/embedder.ts';
import type { Features } from '../../normface/evaluation/features.ts';
import type { MergeName } from '../../normface/evaluation/merge.ts';
import { embedPictures } from './checkpoint.ts';
import { type FaceFeatures, mergeFaces } from './comparison.ts';
import type { FaceSource } from './face-source.ts';
import type { Picture, Size } from './pictures.ts';

export interface Face {
  readonly source: FaceSource;
  picture: Picture;
  features?: FaceFeatures;
}

/** More would make a table that nobody reads. */
const mostFaces = 32;

/** The sentence about more images than can be compared; undefined where they can. */
export function tooMany(wanted: number, kept: number): string | undefined {
  return wanted > mostFaces - kept
    ? `${wanted} images are too many: the page compares up to ${mostFaces}, and has ${kept}`
    : undefined;
}

export class FaceSet {
  private faces: Face[] = [];

  get all(): readonly Face[] {
    return this.faces;
  }

  /**
   * Takes faces in. Samples take the place of earlier samples; what somebody brought stays.
   * @returns what is wrong with some of them, a sentence each
   */
  async take(sources: readonly FaceSource[], size: Size): Promise<string[]> {
    const kept = sources.some(({ isSample }) => isSample)
      ? this.faces.filter(({ source }) => !source.isSample)
      : this.faces;
    const refusal = tooMany(sources.length, kept.length);
    if (refusal) return [refusal];
    const failures: string[] = [];
    const taken: Face[] = [];
    for (const source of sources) {
      try {
        taken.push({ source, picture: await source.load(size) });
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    this.faces = [...kept, ...taken];
    return failures;
  }

  remove(face: Face): void {
    this.removeAllOf([face.source]);
  }

  /** Removes the faces of some sources, where they are there. */
  removeAllOf(sources: readonly FaceSource[]): void {
    this.faces = this.faces.filter(({ source }) => !sources.includes(source));
  }

  /** How many more faces the page compares. */
  get room(): number {
    return mostFaces - this.faces.length;
  }

  /** Features of another net are wanted, of pictures of its size. */
  async changeNet({ width, height }: Size): Promise<void> {
    for (const face of this.faces) {
      face.features = undefined;
      if (face.picture.width !== width || face.picture.height !== height)
        face.picture = await face.source.load({ width, height });
    }
  }

  /**
   * Embeds the faces whose features a merge lacks.
   * @param onProgress images done, of how many; called before the first
   * @returns how many there were
   */
  async embed(
    embedder: NetEmbedder,
    merge: MergeName,
    onProgress: (done: number, total: number) => void,
  ): Promise<number> {
    const mirror = merge !== 'front';
    const missing = this.faces.filter(({ features }) => !features || (mirror && !features.mirrored));
    if (missing.length === 0) return 0;
    onProgress(0, missing.length);
    const features = await embedPictures(
      embedder,
      missing.map(({ picture }) => picture),
      { mirror, onProgress: (done) => onProgress(done, missing.length) },
    );
    missing.forEach((face, i) => {
      face.features = features[i];
    });
    return missing.length;
  }

  /** Merged features of all faces, once all are there and they are two or more. @throws UserError on features that are not finite */
  merged(merge: MergeName): Features | undefined {
    const embedded = this.faces.flatMap(({ features }) => features ?? []);
    const isComplete =
      embedded.length === this.faces.length &&
      (merge === 'front' || embedded.every(({ mirrored }) => mirrored));
    return isComplete && embedded.length >= 2 ? mergeFaces(embedded, merge) : undefined;
  }
}
