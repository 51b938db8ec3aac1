/** What is computed of labelled features in the plane. */

import type { Point2 } from '../../common/vectors.ts';

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
  const logits = weights.map((w, k) => w[0] * x + w[1] * y + bias[k]!);
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

/** Least cosine of a feature with the mean of its class for it to stand for that class. */
const typical = 0.98;

/**
 * Three features that show why distances mislead (Fig. 2): `a` and `b` of one class, `c` of another, with b nearer to c than to a
 * although a and b point the same way. `a` is a far feature of its class, `b` one at the 40th per cent of lengths, `c` the typical
 * feature of another class nearest to b; of all classes the one with the largest difference of the two distances is taken.
 */
export function misleadingTriple(features: LabelledPoints): { a: number; b: number; c: number } | undefined {
  const { points, labels } = features;
  const means = new Map(summarise(features).map(({ label, mean }) => [label, mean]));
  const distance = (p: Point2, q: Point2) => Math.hypot(p[0] - q[0], p[1] - q[1]);
  const cosine = (p: Point2, q: Point2) =>
    (p[0] * q[0] + p[1] * q[1]) / (Math.hypot(...p) * Math.hypot(...q));
  const indices = points
    .map((_, i) => i)
    .filter((i) => cosine(points[i]!, means.get(labels[i]!)!) > typical)
    .sort((i, j) => Math.hypot(...points[i]!) - Math.hypot(...points[j]!));
  let best: { a: number; b: number; c: number; gain: number } | undefined;
  for (const label of means.keys()) {
    const own = indices.filter((i) => labels[i] === label);
    const others = indices.filter((i) => labels[i] !== label);
    if (own.length === 0 || others.length === 0) continue;
    const a = own[Math.floor(0.98 * (own.length - 1))]!;
    const b = own[Math.floor(0.4 * (own.length - 1))]!;
    const to = (i: number) => distance(points[b]!, points[i]!);
    const c = others.reduce((nearest, i) => (to(i) < to(nearest) ? i : nearest));
    const gain = to(a) - to(c);
    if (
      gain > 0 &&
      cosine(points[a]!, points[b]!) > cosine(points[b]!, points[c]!) &&
      !(gain <= (best?.gain ?? 0))
    )
      best = { a, b, c, gain };
  }
  return best && { a: best.a, b: best.b, c: best.c };
}
