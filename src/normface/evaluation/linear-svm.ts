import type { ScoreSplit } from './threshold.ts';

/** The decision "same person when weight · x + bias > 0". */
export interface LinearSvm {
  readonly weight: number;
  readonly bias: number;
}

/**
 * Soft-margin linear support vector machine on one number a pair, as LIBSVM's C-SVC defines it, solved exactly:
 *
 *   minimise ½ w² + C Σ_genuine max(0, 1 − (w x + b)) + C Σ_impostor max(0, 1 + (w x + b))
 *
 * In one dimension the dual has a closed path. For w > 0 the support vectors are the lowest genuine scores p_1 ≤ p_2 … and the
 * highest impostor scores q_1 ≥ q_2 …, as many of both because their multipliers balance. With t of each at the bound C (the last
 * one partly) w(t) = C Σ_{k ≤ t} (p_k − q_k), and the dual 2 C t − ½ w(t)² is concave and grows until w(t) · (p_t − q_t) = 2: the
 * margins then meet the two scores. Where even all of them leave w(t) ≤ 0, genuine scores are not higher; the same is
 * tried with the signs of all scores turned, and if that fails too, w = 0.
 *
 * Given w the loss is convex and piecewise linear in b with one unit of slope gained at each 1 − w p and −1 − w q, so it is least
 * between the P-th and the next of these numbers in ascending order, P the number of genuine scores. Their midpoint is taken, as
 * LIBSVM does when no support vector lies on its margin.
 */
export function linearSvm({ genuine, impostor }: ScoreSplit, cost = 1): LinearSvm {
  const rising = positiveWeight(genuine, impostor, cost);
  const weight = rising > 0 ? rising : 0 - positiveWeight(genuine.map(negate), impostor.map(negate), cost);
  const turns = new Float64Array(genuine.length + impostor.length);
  turns.set(genuine.map((x) => 1 - weight * x));
  turns.set(
    impostor.map((x) => -1 - weight * x),
    genuine.length,
  );
  turns.sort();
  return { weight, bias: (turns[genuine.length - 1]! + turns[genuine.length]!) / 2 };
}

function negate(x: number): number {
  return -x;
}

/** The optimal w if it is positive, else 0. */
function positiveWeight(genuine: Float64Array, impostor: Float64Array, cost: number): number {
  const low = genuine.toSorted();
  const high = impostor.toSorted().reverse();
  const pairs = Math.min(low.length, high.length);
  let weight = 0;
  for (let k = 0; k < pairs; k++) {
    const gap = low[k]! - high[k]!;
    const next = weight + cost * gap;
    // Between k and k + 1 pairs at the bound w runs from `weight` to `next`.
    if (gap > 0 && next * gap >= 2) return Math.max(weight, 2 / gap);
    weight = next;
  }
  return Math.max(0, weight);
}
