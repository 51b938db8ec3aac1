/** What is computed of labelled features in the plane. */

import type { Point2 } from './vectors.ts';

export interface LabelledPoints {
  readonly points: readonly Point2[];
  readonly labels: readonly number[];
}

/** What one class's features are like. */
export interface ClassSummary {
  readonly label: number;
  readonly count: number;
  readonly mean: Point2;
  /** Norm of the mean feature. */
  readonly meanNorm: number;
  /** Mean of the norms. */
  readonly norm: number;
  /** Norm of the mean of the normalised features: 1 when all point one way, near 0 when they are scattered over the circle. */
  readonly concentration: number;
}

export function summarise({ points, labels }: LabelledPoints): ClassSummary[] {
  const classes = [...new Set(labels)].sort((a, b) => a - b);
  return classes.map((label) => {
    const own = points.filter((_, i) => labels[i] === label);
    const average = (value: (point: Point2) => number) =>
      own.reduce((sum, point) => sum + value(point), 0) / own.length;
    const along = (axis: 0 | 1) =>
      average((point) => (point[axis] === 0 ? 0 : point[axis] / Math.hypot(...point)));
    const mean: Point2 = [average(([x]) => x), average(([, y]) => y)];
    return {
      label,
      count: own.length,
      mean,
      meanNorm: Math.hypot(...mean),
      norm: average((point) => Math.hypot(...point)),
      concentration: Math.hypot(along(0), along(1)),
    };
  });
}

/** Softmax probabilities of a feature. */
export function probabilities(
  [x, y]: Point2,
  weights: readonly Point2[],
  bias: readonly number[] = weights.map(() => 0),
): number[] {
  const logits = weights.map((w, k) => w[0] * x + w[1] * y + bias[k]);
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Share of the points whose own class has the largest logit. */
export function shareCorrect(
  { points, labels }: LabelledPoints,
  weights: readonly Point2[],
  bias: readonly number[],
): number {
  const correct = points.filter((point, i) => {
    const p = probabilities(point, weights, bias);
    return p.indexOf(Math.max(...p)) === labels[i];
  });
  return correct.length / points.length;
}

/**
 * Three features that show why distances mislead (Fig. 2): `a` and `b` of one class, `c` of another, with b nearer to c than to a
 * although a and b point the same way. `a` is a far feature of its class, `b` a near one, and `c` the feature of another class
 * nearest to b; of all classes the one with the largest difference of the two distances is taken.
 */
export function misleadingTriple({
  points,
  labels,
}: LabelledPoints): { a: number; b: number; c: number } | undefined {
  let best: { a: number; b: number; c: number; gain: number } | undefined;
  const distance = (i: number, j: number) =>
    Math.hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]);
  const cosine = (i: number, j: number) =>
    (points[i][0] * points[j][0] + points[i][1] * points[j][1]) /
    (Math.hypot(...points[i]) * Math.hypot(...points[j]));
  for (const label of new Set(labels)) {
    const own = points.map((_, i) => i).filter((i) => labels[i] === label);
    own.sort((i, j) => Math.hypot(...points[i]) - Math.hypot(...points[j]));
    const a = own[Math.floor(0.98 * (own.length - 1))];
    const b = own[Math.floor(0.1 * (own.length - 1))];
    let c = -1;
    for (let i = 0; i < points.length; i++)
      if (labels[i] !== label && cosine(b, i) < cosine(a, b) && (c < 0 || distance(b, i) < distance(b, c)))
        c = i;
    if (c < 0) continue;
    const gain = distance(a, b) - distance(b, c);
    if (gain > 0 && (!best || gain > best.gain)) best = { a, b, c, gain };
  }
  return best && { a: best.a, b: best.b, c: best.c };
}
