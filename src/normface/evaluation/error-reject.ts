import type { Table } from '../../common/table.ts';
import { thresholdAt } from './calibrate.ts';
import { countAbove, type ScoreSplit, splitScores } from './threshold.ts';

/** What remains wrong once the worst images are refused. */
export interface ErrorReject {
  /** How the threshold was chosen on all pairs: `far=0.001`, or `eer` where there are too few pairs of different people for that. */
  readonly rule: string;
  /** Two images show the same person when their cosine is greater; it stays while pairs are refused. */
  readonly threshold: number;
  /** Its false accept rate on all pairs of different people. */
  readonly falseAcceptRate: number;
  /** Refused shares of the pairs of one person, ascending from 0, in [0, 1). */
  readonly rejected: readonly number[];
  /** Share of those that are left which is not accepted: the false non-match rate. */
  readonly falseNonMatchRate: readonly number[];
}

/** The rate that a threshold is fixed at. */
const fixedFar = 0.001;

/** Steps of one per cent up to a half: refusing more than that is no operating point. */
const steps = 50;

/**
 * Error versus reject by the length of features (P. Grother and E. Tabassi, "Performance of Biometric Quality Measures", 2007; NIST's
 * evaluations of face image quality draw the same curve): the quality of a pair is the lesser of its two norms; the pairs of one person
 * with the least quality are refused, and the false non-match rate of the others is taken at a threshold that does not move. A quality
 * that foretells errors makes it fall; one that says nothing leaves it level.
 *
 * Pairs of equal quality at the border are refused in the order of the list.
 *
 * @param scores cosine of every pair
 * @param quality min(‖a‖, ‖b‖) of every pair
 */
export function errorVersusReject(
  scores: ArrayLike<number>,
  same: ArrayLike<number>,
  quality: ArrayLike<number>,
): ErrorReject {
  const split = splitScores(scores, same);
  const { rule, threshold } = fixedThreshold(split);
  const genuine = Array.from({ length: scores.length }, (_, pair) => pair)
    .filter((pair) => same[pair] === 1)
    .sort((p, q) => quality[p]! - quality[q]! || p - q);
  // Errors among the pairs from each one on.
  const errorsFrom = new Uint32Array(genuine.length + 1);
  for (let k = genuine.length - 1; k >= 0; k--)
    errorsFrom[k] = errorsFrom[k + 1]! + Number(!(scores[genuine[k]!]! > threshold));
  const places = Array.from({ length: steps + 1 }, (_, k) => Math.round((k / 100) * genuine.length));
  // Of few pairs several steps are one.
  const distinct = [...new Set(places)].filter((place) => place < genuine.length);
  return {
    rule,
    threshold,
    falseAcceptRate: countAbove(split.impostor, threshold) / split.impostor.length,
    rejected: distinct.map((place) => place / genuine.length),
    falseNonMatchRate: distinct.map((place) => errorsFrom[place]! / (genuine.length - place)),
  };
}

function fixedThreshold(split: ScoreSplit): Pick<ErrorReject, 'rule' | 'threshold'> {
  const threshold = thresholdAt(split, fixedFar);
  if (threshold !== null) return { rule: `far=${fixedFar}`, threshold };
  // Where the shares of wrong decisions of the two kinds are nearest to one another.
  const { genuine, impostor } = split;
  const distance = (at: number) =>
    Math.abs(countAbove(impostor, at) / impostor.length + countAbove(genuine, at) / genuine.length - 1);
  let nearest = impostor[0]!;
  for (const scores of [impostor, genuine])
    for (const score of scores) if (distance(score) < distance(nearest)) nearest = score;
  return { rule: 'eer', threshold: nearest };
}

/** False non-match rate after some refused shares. */
const shownShares = [0, 0.05, 0.1, 0.2, 0.3, 0.5];

/** One row a run. */
export function errorRejectTable(
  runs: readonly { readonly name: string; readonly curve: ErrorReject }[],
): Table {
  const at = ({ rejected, falseNonMatchRate }: ErrorReject, share: number) => {
    const place = rejected.findLastIndex((value) => value <= share + 1e-9);
    return (100 * falseNonMatchRate[place]!).toFixed(2);
  };
  return {
    title: 'False non-match rate in % when the pairs with the shortest features are refused',
    columns: [
      { header: 'run' },
      { header: 'threshold', align: 'right' },
      ...shownShares.map((share) => ({ header: `${100 * share} % refused`, align: 'right' as const })),
    ],
    rows: runs.map(({ name, curve }) => [
      name,
      `${curve.threshold.toFixed(4)} (${curve.rule})`,
      ...shownShares.map((share) => at(curve, share)),
    ]),
    notes: [
      'The quality of a pair is the lesser norm of its two features; the threshold stays that of all pairs.',
    ],
  };
}
