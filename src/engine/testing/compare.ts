/** How far results are from what is expected: by the largest of all elements, and by each element's own scale. */

/** One comparison. */
export interface Comparison {
  /** `output`, `gradient of input 1` … */
  readonly what: string;
  /** `float64 reference`, `finite differences of the reference`, `default kernel`, `second run`, `eager mode`. */
  readonly against: string;
  /** The largest difference, relative to the largest magnitude of what is expected. */
  readonly error: number;
  readonly tolerance: number;
  /**
   * Root of the normalised mean square error, √(mean((actual − expected)² / scale²)) over the elements, each by its own scale: how
   * far it moves, relative to a change of the inputs. It sees small elements that are wrong beside large ones. null where scales are
   * not known.
   */
  readonly scaledError: number | null;
  readonly scaledTolerance: number;
  /** The element that is farthest off, where elements were compared. */
  readonly worst: Difference | null;
}

export interface Difference {
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
}

/** What an element is expected to be, and what its error is divided by. */
export interface ExpectedElement {
  readonly index: number;
  readonly expected: number;
  readonly scale: number | null;
}

export interface Allowed {
  readonly tolerance: number;
  readonly scaledTolerance: number;
}

/** Magnitudes below this count as this: f32 has no normal numbers below 1e-38. */
const least = 1e-30;

/** A NaN is not within any tolerance. */
export const passes = ({ error, tolerance, scaledError, scaledTolerance }: Comparison): boolean =>
  error <= tolerance && (scaledError === null || scaledError <= scaledTolerance);

/**
 * Compares elements.
 *
 * @param magnitude least of what errors are relative to, where more elements are known than are compared
 */
export function compareElements(
  what: string,
  against: string,
  actual: ArrayLike<number>,
  expected: Iterable<ExpectedElement>,
  { tolerance, scaledTolerance }: Allowed,
  magnitude = 0,
): Comparison {
  let largest = Math.max(least, magnitude);
  let farthest = -1;
  let farthestScaled = -1;
  let worst: Difference | null = null;
  let worstScaled: Difference | null = null;
  let squares = 0;
  let count = 0;
  for (const { index, expected: wanted, scale } of expected) {
    const found: Difference = { index, actual: actual[index]!, expected: wanted };
    const difference = orInfinity(Math.abs(found.actual - wanted));
    largest = Math.max(largest, Math.abs(wanted));
    if (difference > farthest) {
      farthest = difference;
      worst = found;
    }
    if (scale === null) continue;
    const scaled = difference / Math.max(scale, least);
    squares += scaled * scaled;
    count++;
    if (scaled > farthestScaled) {
      farthestScaled = scaled;
      worstScaled = found;
    }
  }
  const error = Math.max(0, farthest) / largest;
  const scaledError = count > 0 ? Math.sqrt(squares / count) : null;
  const comparison = { what, against, error, tolerance, scaledError, scaledTolerance };
  return { ...comparison, worst: error <= tolerance && scaledError !== null ? worstScaled : worst };
}

/** Compares arrays of one size. @param scales of each element, where they are known */
export function compareArrays(
  what: string,
  against: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowed: Allowed,
  scales: ArrayLike<number> | null = null,
): Comparison {
  function* elements(): Iterable<ExpectedElement> {
    for (let index = 0; index < expected.length; index++)
      yield { index, expected: expected[index]!, scale: scales ? scales[index]! : null };
  }
  return compareElements(what, against, actual, elements(), allowed);
}

export const orInfinity = (error: number): number => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);

/** A comparison in words, such as `output: error 3.1e-7 of 2.0e-5 allowed …`. */
export function comparisonSentence(comparison: Comparison): string {
  const { what, against, error, tolerance, scaledError, scaledTolerance, worst } = comparison;
  const scaled =
    scaledError === null
      ? ''
      : `, ${exponent(scaledError)} of ${exponent(scaledTolerance)} by the elements' own scale`;
  const place = worst ? `; ${worst.actual} instead of ${worst.expected} at element ${worst.index}` : '';
  return `${what} against ${against}: error ${exponent(error)} of ${exponent(tolerance)} allowed${scaled}${passes(comparison) ? '' : place}`;
}

export const exponent = (value: number): string => (value === 0 ? '0' : value.toExponential(1));
