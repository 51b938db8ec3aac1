import type { ScoreSplit } from './threshold.ts';

/**
 * Receiver operating characteristic: far[i] and tar[i] are the shares of impostor and genuine pairs with a score of at
 * least threshold[i]. It runs from (0, 0), threshold Infinity, to (1, 1). Points inside a straight piece are left out, so the
 * polygon through the points is the exact curve; tied scores of both kinds give a slanted piece.
 */
export interface Roc {
  readonly far: Float64Array;
  readonly tar: Float64Array;
  readonly threshold: Float64Array;
}

/** Exact ROC. */
export function rocCurve({ genuine, impostor }: ScoreSplit): Roc {
  const accepted: { genuine: number; impostor: number; threshold: number }[] = [];
  let g = genuine.length;
  let i = impostor.length;
  const add = (threshold: number) => {
    const point = { genuine: genuine.length - g, impostor: impostor.length - i, threshold };
    const last = accepted[accepted.length - 1]!;
    const before = accepted[accepted.length - 2];
    // Pair counts are integers, so the cross product decides exactly whether `last` lies on a straight line.
    const straight =
      before &&
      (last.genuine - before.genuine) * (point.impostor - last.impostor) ===
        (last.impostor - before.impostor) * (point.genuine - last.genuine);
    if (straight) accepted.pop();
    accepted.push(point);
  };
  add(Infinity);
  while (g > 0 || i > 0) {
    const score = Math.max(genuine[g - 1] ?? -Infinity, impostor[i - 1] ?? -Infinity);
    while (g > 0 && genuine[g - 1] === score) g--;
    while (i > 0 && impostor[i - 1] === score) i--;
    add(score);
  }
  return {
    far: Float64Array.from(accepted, (point) => point.impostor / impostor.length),
    tar: Float64Array.from(accepted, (point) => point.genuine / genuine.length),
    threshold: Float64Array.from(accepted, (point) => point.threshold),
  };
}

/** Equal error rate in [0, 1]: where the ROC polygon, linear between its points, meets FAR = 1 - TAR. */
export function equalErrorRate({ far, tar }: Roc): number {
  let k = 1;
  while (far[k]! + tar[k]! < 1) k++;
  const below = 1 - far[k - 1]! - tar[k - 1]!;
  const above = far[k]! + tar[k]! - 1;
  return far[k - 1]! + (below / (below + above)) * (far[k]! - far[k - 1]!);
}

/** Area under the ROC curve: the share of (genuine, impostor) couples ranked correctly, ties counted half (Mann–Whitney). */
export function areaUnderCurve({ genuine, impostor }: ScoreSplit): number {
  let ranked = 0;
  let below = 0;
  let upTo = 0;
  for (const score of genuine) {
    while (impostor[below]! < score) below++;
    while (impostor[upTo]! <= score) upTo++;
    ranked += (below + upTo) / 2;
  }
  return ranked / (genuine.length * impostor.length);
}

/** Share of genuine pairs accepted when at most the share `far` of the impostor pairs is. */
export interface TarAtFar {
  readonly far: number;
  /** Null when there are fewer than 1 / far impostor pairs: not even one false accept would be allowed. */
  readonly tar: number | null;
  /** Pairs with a score of at least this are accepted; null where `tar` is, or when even the best impostors' tie exceeds `far`. */
  readonly threshold: number | null;
}

/** The false accept rates that are reported. */
export const reportedFars = [1e-1, 1e-2, 1e-3, 1e-4] as const;

/**
 * TAR at the lowest threshold whose false accepts number at most floor(far * impostors). Nothing is interpolated, so the
 * rate is one that a threshold really attains.
 */
export function tarAtFar({ genuine, impostor }: ScoreSplit, far: number): TarAtFar {
  const allowed = Math.floor(far * impostor.length * (1 + 1e-12));
  if (allowed < 1) return { far, tar: null, threshold: null };
  // The best impostor score that must be rejected; every score above it is accepted.
  const rejected = impostor[impostor.length - 1 - allowed] ?? -Infinity;
  let first = genuine.length;
  while (first > 0 && genuine[first - 1]! > rejected) first--;
  let firstImpostor = impostor.length;
  while (firstImpostor > 0 && impostor[firstImpostor - 1]! > rejected) firstImpostor--;
  const lowest = Math.min(genuine[first] ?? Infinity, impostor[firstImpostor] ?? Infinity);
  return {
    far,
    tar: (genuine.length - first) / genuine.length,
    threshold: Number.isFinite(lowest) ? lowest : null,
  };
}
