/** Numbers of the page Verify: cosines of all pairs and what they decide. */

import { decidingThreshold } from '../../normface/embedding/deciding-threshold.ts';
import {
  calibratedText,
  calibrationSetText,
  type StoredCalibration,
} from '../../normface/embedding/stored-calibration.ts';
import { describeThreshold, type StoredThreshold } from '../../normface/embedding/stored-threshold.ts';
import type { Features } from '../../normface/evaluation/features.ts';
import { type MergeName, mergeMirror } from '../../normface/evaluation/merge.ts';
import { cosineScores } from '../../normface/evaluation/similarity.ts';
import { type CosineCounts, neighboursOf } from '../../normface/evaluation/sureness.ts';

/** Raw features of an image and, where they are needed, of its mirror image. */
export interface FaceFeatures {
  readonly front: Float32Array;
  readonly mirrored?: Float32Array;
}

/** Merged features of all faces, one row each. */
export function mergeFaces(faces: readonly FaceFeatures[], merge: MergeName): Features {
  const dimension = faces[0]!.front.length;
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

/** What somebody typed as a threshold: a cosine, a sentence that says why it is none, or nothing. */
export interface TypedThreshold {
  readonly value?: number;
  readonly problem?: string;
}

export function parseTyped(text: string): TypedThreshold {
  if (text.trim() === '') return {};
  const value = Number(text);
  if (Number.isNaN(value)) return { problem: 'This is not a number.' };
  return Math.abs(value) <= 1 ? { value } : { problem: 'A cosine lies between −1 and 1.' };
}

/** What cosines are compared with, and where that number is from. */
export interface Decision {
  /** Undefined: nothing is decided. */
  readonly threshold?: number;
  readonly explanation: string;
  /** How the evaluated pairs lie, where they were merged in the same way. */
  readonly counts?: CosineCounts;
  /** Accept rates of a stored threshold that holds. */
  readonly rates?: Pick<StoredThreshold, 'trueAcceptRate' | 'falseAcceptRate'>;
  /** What tells the meaning of a cosine, where it is of features that were merged in the same way. */
  readonly calibration?: StoredCalibration;
}

/**
 * The threshold that holds: one that was typed in, else the stored one, else that of the calibration, each for the merge that it was
 * chosen with.
 */
export function decisionFor(
  merge: MergeName,
  stored: StoredThreshold | undefined,
  typed: TypedThreshold,
  calibrated?: StoredCalibration,
): Decision {
  const counts = stored?.merge === merge ? stored.cosines : undefined;
  const calibration = calibrated?.merge === merge ? calibrated : undefined;
  if (typed.problem)
    return { explanation: 'No decision: the threshold that was typed in is no cosine.', counts, calibration };
  if (typed.value !== undefined)
    return { threshold: typed.value, explanation: 'The threshold was typed in.', counts, calibration };
  if (!stored) {
    const { threshold, about } = decidingThreshold({ calibration });
    if (threshold !== undefined)
      return { threshold, explanation: `Threshold ${threshold.toFixed(4)}: ${about}.`, calibration };
    return {
      explanation:
        'No decision: there is no threshold.json beside the checkpoint. normface eval --store-threshold writes one, or type in a threshold.',
      calibration,
    };
  }
  if (stored.merge !== merge)
    return {
      explanation: `No decision: the stored threshold ${stored.threshold.toFixed(4)} was chosen for the merge “${stored.merge}”.`,
      calibration,
    };
  return {
    threshold: stored.threshold,
    explanation: `Threshold ${stored.threshold.toFixed(4)}: ${describeThreshold(stored)}. Data: ${stored.data}.`,
    counts,
    rates: stored,
    calibration,
  };
}

/** The sentence that the command line prints of a cosine, with what it rests on; none without a calibration. */
export function calibratedSentence(cosine: number, { calibration }: Decision): string | undefined {
  if (!calibration) return undefined;
  return `Cosine ${signed(cosine)}, ${calibratedText(calibration, cosine)}: ${calibrationSetText(calibration)}.`;
}

/** The sentence about a pair. As on the command line, the cosine must be greater. */
export function verdict(cosine: number, threshold: number | undefined): string {
  if (threshold === undefined) return 'No decision';
  return cosine > threshold ? 'The same person' : 'Different people';
}

/** How sure a verdict is. */
export interface Sureness {
  readonly level: 'sure' | 'likely' | 'doubtful' | 'unknown';
  readonly sentence: string;
  /** What the sentence is drawn from. */
  readonly basis: string;
}

/** Shares of right verdicts from which a verdict counts as sure, and as likely. */
const sureFrom = 0.95;
const likelyFrom = 0.8;

/**
 * How many verdicts like this one are right where pairs of the same person and of different people are equally frequent: by the
 * evaluated pairs with about this cosine, or, where they are not stored, by the accept rates of the threshold.
 */
export function surenessOf(cosine: number, { threshold, counts, rates }: Decision): Sureness | undefined {
  if (threshold === undefined) return undefined;
  const isSame = cosine > threshold;
  if (counts) {
    const { from, to, same, different, share } = neighboursOf(cosine, counts);
    const basis = `Evaluated pairs with a cosine from ${signed(from)} to ${signed(to)}: ${same} of the same person, ${different} of different people.`;
    return ofShare(isSame ? share : 1 - share, basis);
  }
  if (!rates)
    return {
      level: 'unknown',
      sentence: 'How sure this is cannot be said: no evaluated pairs stand behind it.',
      basis: '',
    };
  const { trueAcceptRate: accepted, falseAcceptRate: wrongly } = rates;
  const right = isSame ? accepted / (accepted + wrongly) : (1 - wrongly) / (2 - accepted - wrongly);
  return ofShare(right, 'By the accept rates of the threshold, over all cosines on this side of it.');
}

function ofShare(right: number, basis: string): Sureness {
  const level = right >= sureFrom ? 'sure' : right >= likelyFrom ? 'likely' : 'doubtful';
  const word = { sure: 'Well founded', likely: 'Likely', doubtful: 'Doubtful' }[level];
  const count = Math.round(100 * right);
  const often = count > 99 ? 'more than 99' : count < 1 ? 'fewer than 1' : `about ${count}`;
  return { level, sentence: `${word}: of 100 such verdicts ${often} are right.`, basis };
}

function signed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}
