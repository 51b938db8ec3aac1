import { UserError } from '../../common/errors.ts';

/** The probability of a same pair by its score x: 1 / (1 + exp(−(intercept + slope·x))). */
export interface Logistic {
  readonly intercept: number;
  readonly slope: number;
}

/** Newton's steps converge quadratically; a dozen are usual. */
const mostSteps = 100;
/** Of the gradient's entries, which are sums over the pairs divided by their number. */
const tolerance = 1e-10;

/**
 * Logistic regression of "same" on a score, which is Platt scaling (J. Platt, "Probabilistic Outputs for Support Vector Machines and
 * Comparisons to Regularized Likelihood Methods", 1999). It minimises Σ −(t log p + (1 − t) log(1 − p)) with Platt's targets
 *
 *   t = (n₊ + 1)/(n₊ + 2) for the n₊ same pairs,  t = 1/(n₋ + 2) for the n₋ different ones
 *
 * in place of 1 and 0: the minimum is then finite also where a score separates the two kinds. Newton's method with steps that are halved
 * until the sum decreases (Lin, Lin and Weng, "A note on Platt's probabilistic outputs for support vector machines", 2007, whose form of
 * the logarithms does not overflow).
 *
 * @param scores of all pairs, or of those that `select` accepts
 * @throws UserError unless there are pairs of both kinds
 */
export function fitLogistic(
  scores: ArrayLike<number>,
  same: ArrayLike<number>,
  select: (pair: number) => boolean = () => true,
): Logistic {
  const chosen = Array.from({ length: scores.length }, (_, pair) => pair).filter(select);
  const genuine = chosen.filter((pair) => same[pair] === 1).length;
  const impostor = chosen.length - genuine;
  if (genuine === 0 || impostor === 0)
    throw new UserError(
      `a probability needs same and different pairs; these are ${genuine} same and ${impostor} different ones`,
    );
  const targetOf = [1 / (impostor + 2), (genuine + 1) / (genuine + 2)] as const;
  const x = Float64Array.from(chosen, (pair) => scores[pair]!);
  const target = Float64Array.from(chosen, (pair) => targetOf[same[pair] === 1 ? 1 : 0]);

  let slope = 0;
  let intercept = Math.log((genuine + 1) / (impostor + 1));
  let loss = meanLoss(x, target, intercept, slope);
  for (let step = 0; step < mostSteps; step++) {
    // Gradient and Hessian of the mean loss.
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      const p = sigmoid(intercept + slope * x[i]!);
      const error = p - target[i]!;
      const weight = p * (1 - p);
      g0 += error;
      g1 += error * x[i]!;
      h00 += weight;
      h01 += weight * x[i]!;
      h11 += weight * x[i]! * x[i]!;
    }
    const n = x.length;
    if (Math.abs(g0) < tolerance * n && Math.abs(g1) < tolerance * n) break;
    // A little on the diagonal, for scores that are all the same.
    h00 += 1e-12 * n;
    h11 += 1e-12 * n;
    const determinant = h00 * h11 - h01 * h01;
    const [d0, d1] = [(h01 * g1 - h11 * g0) / determinant, (h01 * g0 - h00 * g1) / determinant];
    let size = 1;
    let next = loss;
    for (; size > 1e-10; size /= 2) {
      next = meanLoss(x, target, intercept + size * d0, slope + size * d1);
      if (next < loss) break;
    }
    if (!(next < loss)) break;
    intercept += size * d0;
    slope += size * d1;
    loss = next;
  }
  return { intercept, slope };
}

/** The probability in (0, 1) of one score. */
export function probabilityOf({ intercept, slope }: Logistic, score: number): number {
  return sigmoid(intercept + slope * score);
}

function sigmoid(value: number): number {
  return value >= 0 ? 1 / (1 + Math.exp(-value)) : Math.exp(value) / (1 + Math.exp(value));
}

/** −(t log p + (1 − t) log(1 − p)) = log(1 + exp(f)) − t f of every score, averaged. */
function meanLoss(x: Float64Array, target: Float64Array, intercept: number, slope: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const f = intercept + slope * x[i]!;
    sum += Math.max(f, 0) + Math.log1p(Math.exp(-Math.abs(f))) - target[i]! * f;
  }
  return sum / x.length;
}
