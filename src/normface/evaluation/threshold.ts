import { UserError } from '../../common/errors.ts';

/** The scores of genuine (same person) and impostor (different people) pairs, each ascending. */
export interface ScoreSplit {
  readonly genuine: Float64Array;
  readonly impostor: Float64Array;
}

/** Splits the scores of all pairs, or of those that `select` accepts. Throws a UserError on NaN or when a kind is missing. */
export function splitScores(
  scores: ArrayLike<number>,
  same: ArrayLike<number>,
  select: (pair: number) => boolean = () => true,
): ScoreSplit {
  if (scores.length !== same.length) {
    throw new UserError(`${scores.length} scores do not match ${same.length} pair labels`);
  }
  const genuine: number[] = [];
  const impostor: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (!select(i)) continue;
    if (Number.isNaN(scores[i])) throw new UserError(`the score of pair ${i} is not a number`);
    (same[i] ? genuine : impostor).push(scores[i]!);
  }
  if (genuine.length === 0 || impostor.length === 0) {
    throw new UserError(
      `verification needs same and different pairs; these are ${genuine.length} same and ${impostor.length} different ones`,
    );
  }
  return { genuine: Float64Array.from(genuine).sort(), impostor: Float64Array.from(impostor).sort() };
}

/** Number of ascending values below `limit`, or at most `limit` with `inclusive`. */
function countUpTo(sorted: Float64Array, limit: number, inclusive: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < limit || (inclusive && sorted[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Number of ascending values strictly below `limit`. */
export function countBelow(sorted: Float64Array, limit: number): number {
  return countUpTo(sorted, limit, false);
}

/** Number of ascending values strictly above `limit`. */
export function countAbove(sorted: Float64Array, limit: number): number {
  return sorted.length - countUpTo(sorted, limit, true);
}

/** Accuracy of the decision "same person when score > threshold". */
export function accuracyAt({ genuine, impostor }: ScoreSplit, threshold: number): number {
  const correct = countAbove(genuine, threshold) + impostor.length - countAbove(impostor, threshold);
  return correct / (genuine.length + impostor.length);
}

/**
 * The threshold of the decision "same person when score > threshold" with the highest accuracy, searched exactly.
 *
 * Accuracy is constant while the threshold moves between two neighbouring distinct scores, so the midpoints of these gaps,
 * accepting all and rejecting all are every possible decision. Of several best gaps the widest wins (the largest margin on
 * both sides), of equally wide ones the lowest. Accepting all (threshold: lowest score - 1) or rejecting all (highest + 1)
 * is chosen only when no gap is as good; between these two, accepting.
 */
export function bestThreshold({ genuine, impostor }: ScoreSplit): { threshold: number; accuracy: number } {
  const total = genuine.length + impostor.length;
  let g = 0;
  let i = 0;
  let best = { threshold: 0, correct: -1, width: 0 };
  while (g < genuine.length || i < impostor.length) {
    const score = Math.min(genuine[g] ?? Infinity, impostor[i] ?? Infinity);
    while (g < genuine.length && genuine[g] === score) g++;
    while (i < impostor.length && impostor[i] === score) i++;
    const next = Math.min(genuine[g] ?? Infinity, impostor[i] ?? Infinity);
    if (next === Infinity) break;
    const correct = genuine.length - g + i;
    const width = next - score;
    if (correct > best.correct || (correct === best.correct && width > best.width)) {
      const middle = score + width / 2;
      // Between two adjacent floats the midpoint rounds to one of them; it must not reject `next`.
      best = { threshold: middle < next ? middle : score, correct, width };
    }
  }
  if (genuine.length > best.correct) {
    best = { threshold: Math.min(genuine[0]!, impostor[0]!) - 1, correct: genuine.length, width: 0 };
  }
  if (impostor.length > best.correct) {
    const highest = Math.max(genuine[genuine.length - 1]!, impostor[impostor.length - 1]!);
    best = { threshold: highest + 1, correct: impostor.length, width: 0 };
  }
  return { threshold: best.threshold, accuracy: best.correct / total };
}
