/** Numbers of the page Verify: cosines of all pairs and what they decide. */

import type { Features } from '../../../normface/evaluation/features.ts';
import { type MergeName, mergeMirror } from '../../../normface/evaluation/merge.ts';
import { cosineScores } from '../../../normface/evaluation/similarity.ts';
import { describeThreshold, type StoredThreshold } from '../../../normface/training/stored-threshold.ts';

/** Raw features of an image and, where they are needed, of its mirror image. */
export interface FaceFeatures {
  readonly front: Float32Array;
  readonly mirrored?: Float32Array;
}

/** Merged features of all faces, one row each. */
export function mergeFaces(faces: readonly FaceFeatures[], merge: MergeName): Features {
  const dimension = faces[0].front.length;
  const rows = (of: (face: FaceFeatures) => Float32Array): Features => {
    const values = new Float32Array(faces.length * dimension);
    for (const [i, face] of faces.entries()) values.set(of(face), i * dimension);
    return { values, dimension };
  };
  const front = rows(({ front }) => front);
  return mergeMirror(front, merge === 'front' ? undefined : rows(({ mirrored }) => mirrored!), merge);
}

/** Cosines of every face with every face, row by row. */
export function cosineMatrix(features: Features): Float64Array {
  const count = features.values.length / features.dimension;
  const a = Uint32Array.from({ length: count * count }, (_, i) => Math.floor(i / count));
  const b = a.map((_, i) => i % count);
  return cosineScores(features, { a, b, same: new Uint8Array(a.length), fold: new Uint32Array(a.length) });
}

/** What cosines are compared with, and where that number is from. */
export interface Decision {
  /** Undefined: nothing is decided. */
  readonly threshold?: number;
  readonly explanation: string;
}

/**
 * The threshold that holds: one that was typed in, else the stored one, which holds for the merge that it was chosen with.
 */
export function decisionFor(
  merge: MergeName,
  stored: StoredThreshold | undefined,
  typed: number | undefined,
): Decision {
  if (typed !== undefined)
    return { threshold: typed, explanation: 'The threshold was typed in; no pairs stand behind it.' };
  if (!stored)
    return {
      explanation:
        'No decision: there is no threshold.json beside the checkpoint. normface eval writes one, or type in a threshold.',
    };
  if (stored.merge !== merge)
    return {
      explanation: `No decision: the stored threshold ${stored.threshold.toFixed(4)} was chosen for the merge “${stored.merge}”.`,
    };
  return {
    threshold: stored.threshold,
    explanation: `Threshold ${stored.threshold.toFixed(4)}: ${describeThreshold(stored)}. Data: ${stored.data}.`,
  };
}

/** The sentence about a pair. As on the command line, the cosine must be greater. */
export function verdict(cosine: number, threshold: number | undefined): string {
  if (threshold === undefined) return 'No decision';
  return cosine > threshold ? 'The same person' : 'Different people';
}
