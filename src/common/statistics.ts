/** What may be concluded from a few repetitions and from a sample: means, Student's t, the bootstrap, permutations. */

/** A mean over repetitions. */
export interface Estimate {
  readonly mean: number;
  /** Standard deviation of a sample (n − 1); null for a single value. */
  readonly std: number | null;
  /** Standard error of the mean, std / √n. */
  readonly error: number | null;
  readonly count: number;
}

export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, std: null, error: null, count };
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  return { mean, std, error: std / Math.sqrt(count), count };
}

/**
 * Two-sided p-value of Student's t: the probability that |T| is at least |t|.
 *
 * With θ = arctan(|t| / √ν) it is one minus the finite sums of Abramowitz and Stegun, "Handbook of Mathematical Functions",
 * 26.7.3 for odd and 26.7.4 for even ν.
 * @param degrees ν of freedom, from 1 on; between whole numbers p is interpolated over 1/ν, as in printed tables
 */
export function studentPValue(t: number, degrees: number): number {
  const below = Math.floor(degrees);
  if (below === degrees) return ofWholeDegrees(t, degrees);
  const share = (1 / below - 1 / degrees) / (1 / below - 1 / (below + 1));
  return (1 - share) * ofWholeDegrees(t, below) + share * ofWholeDegrees(t, below + 1);
}

function ofWholeDegrees(t: number, degrees: number): number {
  const theta = Math.atan(Math.abs(t) / Math.sqrt(degrees));
  const cosine = Math.cos(theta);
  const odd = degrees % 2 === 1;
  // Odd: cos θ + (2/3) cos³θ + (2·4)/(3·5) cos⁵θ + …; even: 1 + (1/2) cos²θ + (1·3)/(2·4) cos⁴θ + …
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 2 : 1; k < degrees - 2; k += 2) {
    term *= (k / (k + 1)) * cosine * cosine;
    sum += term;
  }
  const inside = odd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
  return Math.max(0, 1 - inside);
}

/** The t whose two-sided p-value is `p`, in (0, 1): half the width of a confidence interval of level 1 − p, in standard errors. */
export function studentQuantile(p: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentPValue(high, degrees) > p) high *= 2;
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (studentPValue(middle, degrees) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Whether a mean differs from zero. */
export interface MeanTest extends Estimate {
  /** Two-sided, of the t-test of mean zero; null for a single value. */
  readonly p: number | null;
  /** Of 95 %; null for a single value. */
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * The t-test of mean zero; for paired measurements of their differences. Values without any spread, which may be so by coincidence, have p of the sign test,
 * 2^(1−n) for n of them, or 1 when all are zero.
 */
export function testMean(values: readonly number[]): MeanTest {
  const known = estimate(values);
  const { mean, error, count } = known;
  if (error === null) return { ...known, p: null, interval: null };
  return { ...known, ...studentTest(mean, error, count - 1) };
}

/**
 * The same where the spread is known from elsewhere, too. A single value is not tested: it may be of the one seed that is not like others.
 * @param variance of one value
 * @param degrees of freedom behind it
 */
export function testMeanBySpread(values: readonly number[], variance: number, degrees: number): MeanTest {
  const { mean, count } = estimate(values);
  if (count < 2) return testMean(values);
  const error = Math.sqrt(variance / count);
  return { mean, std: Math.sqrt(variance), error, count, ...studentTest(mean, error, degrees) };
}

function studentTest(mean: number, error: number, degrees: number): Pick<MeanTest, 'p' | 'interval'> {
  const half = studentQuantile(0.05, degrees) * error;
  const p = error > 0 ? studentPValue(mean / error, degrees) : mean === 0 ? 1 : 2 ** -degrees;
  return { p, interval: [mean - half, mean + half] };
}

/** Numbers in [0, 1) from a seed: mulberry32 (Tommy Ettinger, public domain), 2³² of them before they repeat. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What resampling says of a mean. */
export interface BootstrapTest {
  readonly mean: number;
  /** Of 95 %, by percentiles. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided: twice the share of resampled means on the smaller side of zero, at least 2 / (resamplings + 1). */
  readonly p: number;
}

/**
 * The percentile bootstrap of a mean (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13): the values are
 * drawn again with replacement many times. The same seed gives the same answer.
 */
export function bootstrapMean(
  values: ArrayLike<number>,
  { resamplings = 5000, seed = 1 }: { resamplings?: number; seed?: number } = {},
): BootstrapTest {
  const { length } = values;
  const random = randomNumbers(seed);
  const meanOf = (pick: (k: number) => number) => {
    let sum = 0;
    for (let k = 0; k < length; k++) sum += values[pick(k)]!;
    return sum / length;
  };
  const mean = meanOf((k) => k);
  const means = Float64Array.from({ length: resamplings }, () =>
    meanOf(() => Math.floor(random() * length)),
  ).sort();
  const notAbove = means.filter((value) => value <= 0).length;
  const notBelow = means.filter((value) => value >= 0).length;
  const at = (share: number) => means[Math.round(share * (resamplings - 1))]!;
  return {
    mean,
    interval: [at(0.025), at(0.975)],
    p: Math.min(1, (2 * (Math.min(notAbove, notBelow) + 1)) / (resamplings + 1)),
  };
}

/**
 * Two-sided p-value of McNemar's exact test for two raters of the same things ("Note on the sampling error of the difference between
 * correlated proportions", 1947): of the things that only one of them has right each is as likely to have them, so the counts are
 * those of a fair coin. p is twice the probability of the smaller count or fewer, at most 1.
 *
 * @param onlyFirst things that only the first has right, a whole number
 * @param onlySecond the same of the second
 */
export function mcNemarPValue(onlyFirst: number, onlySecond: number): number {
  const tosses = onlyFirst + onlySecond;
  const fewest = Math.min(onlyFirst, onlySecond);
  // ln of C(tosses, fewest) / 2^tosses, since either may be beyond all numbers.
  let logarithm = -tosses * Math.LN2;
  for (let k = 1; k <= fewest; k++) logarithm += Math.log((tosses - fewest + k) / k);
  let term = Math.exp(logarithm);
  let sum = 0;
  // C(n, k − 1) = C(n, k) k / (n − k + 1)
  for (let k = fewest; k >= 0 && term > 0; k--) {
    sum += term;
    term *= k / (tosses - k + 1);
  }
  return Math.min(1, 2 * sum);
}

/**
 * p-values made so much larger that among all of them the chance of a single one below a level by accident stays at that level
 * (Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979). In the order given.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((i, j) => pValues[i]! - pValues[j]!);
  const adjusted = pValues.slice();
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (order.length - rank) * pValues[index]!));
    adjusted[index] = largest;
  });
  return adjusted;
}

/** How many pairs of things come out in the order that somebody else gives them. */
export interface Agreement {
  /** Pairs that the other order separates. */
  readonly pairs: number;
  /** Of these in the same order; pairs that are level here count for neither side. */
  readonly same: number;
  readonly opposite: number;
  /** Two-sided: share of all ways of dealing the values out whose same − opposite is as far from zero or farther. */
  readonly p: number;
}

/** Whether a share of right decisions is the larger one; sums in another order, whose last bits differ, are level. */
export function isAbove(a: number, b: number): boolean {
  return a - b > 1e-9 * Math.max(1, Math.abs(a));
}

/** More orders than this are sampled rather than counted one by one: 8! */
const countedOrders = 40_320;

/**
 * Compares the order of values with a partial order given by `separated(i, j)`: 1 when i is above j, −1 when below, 0 when the two
 * are not told apart. The p-value is that of a permutation test, exact for up to eight things.
 */
export function agreement(
  values: readonly number[],
  separated: (i: number, j: number) => -1 | 0 | 1,
): Agreement {
  const pairs: (readonly [above: number, below: number])[] = [];
  for (let i = 0; i < values.length; i++)
    for (let j = i + 1; j < values.length; j++) {
      const order = separated(i, j);
      if (order !== 0) pairs.push(order > 0 ? [i, j] : [j, i]);
    }
  const count = (dealt: readonly number[]) => {
    let same = 0;
    let opposite = 0;
    for (const [above, below] of pairs) {
      if (isAbove(dealt[above]!, dealt[below]!)) same++;
      else if (isAbove(dealt[below]!, dealt[above]!)) opposite++;
    }
    return { same, opposite };
  };
  const { same, opposite } = count(values);
  const far = Math.abs(same - opposite);
  let total = 0;
  let asFar = 0;
  for (const dealt of orders(values)) {
    const other = count(dealt);
    total++;
    if (Math.abs(other.same - other.opposite) >= far) asFar++;
  }
  return { pairs: pairs.length, same, opposite, p: asFar / total };
}

/** All orders of few values; of more the given one and a sample from a fixed seed. */
function* orders(values: readonly number[]): Generator<readonly number[]> {
  const dealt = values.slice();
  if (values.length <= 8) {
    yield* permutations(dealt, 0);
    return;
  }
  yield values;
  const random = randomNumbers(1);
  for (let k = 1; k < countedOrders; k++) {
    for (let i = dealt.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [dealt[i], dealt[j]] = [dealt[j]!, dealt[i]!];
    }
    yield dealt;
  }
}

function* permutations(dealt: number[], from: number): Generator<readonly number[]> {
  if (from >= dealt.length - 1) {
    yield dealt;
    return;
  }
  for (let k = from; k < dealt.length; k++) {
    [dealt[from], dealt[k]] = [dealt[k]!, dealt[from]!];
    yield* permutations(dealt, from + 1);
    [dealt[from], dealt[k]] = [dealt[k]!, dealt[from]!];
  }
}
