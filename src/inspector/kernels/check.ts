/** Whether a recording computes what the operator's float64 reference does. */

import type { BoundCase, Operator } from '../../engine/core/operator.ts';
import { type Expectations, type ExpectedGradient, expectationsOf } from './expectations.ts';
import type { Recording, Results } from './recording.ts';

/** One comparison. Errors are relative to the largest magnitude of what is expected. */
export interface Comparison {
  /** `output`, `gradient of input 1` … */
  readonly what: string;
  /** `float64 reference`, `finite differences of the reference`, `shipped kernel`, `second run`. */
  readonly against: string;
  readonly error: number;
  readonly tolerance: number;
  /** The element that is farthest off, where elements were compared. */
  readonly worst: { readonly index: number; readonly actual: number; readonly expected: number } | null;
}

/** A NaN is not within any tolerance. */
export const passes = ({ error, tolerance }: Comparison): boolean => error <= tolerance;

/** Elements farthest apart, relative to the largest expected magnitude. */
export function compareArrays(
  what: string,
  against: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): Comparison {
  let magnitude = 1e-30;
  let largest = -1;
  let index = 0;
  for (let i = 0; i < expected.length; i++) {
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (difference > largest || Number.isNaN(difference)) {
      largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
      index = i;
    }
  }
  const worst = { index, actual: actual[index]!, expected: expected[index]! };
  return { what, against, error: largest / magnitude, tolerance, worst };
}

/** What could not be compared, and why. */
export interface Check {
  readonly comparisons: readonly Comparison[];
  readonly omitted: readonly string[];
}

/** Whether all comparisons hold; also of what was not checked, which nothing speaks against. */
export const isRight = (check: Check | null): boolean => check?.comparisons.every(passes) ?? true;

/** Compares results with the reference, on this thread or on another one. */
export type ReferenceCheck = (sample: BoundCase, results: Results) => Check | Promise<Check>;

/**
 * Runs a recording and compares what comes out with the reference. Then runs it again, unless it goes on from where it ended, and
 * compares bit for bit.
 *
 * @param shipped what the shipped kernels gave, where the recording has edited ones: compared element by element
 * @param reference where the reference is evaluated, if not here
 */
export async function checkRecording(
  recording: Recording,
  shipped: Results | null = null,
  reference: ReferenceCheck = checkAgainstReference,
): Promise<Check> {
  const { sample } = recording;
  const results = await recording.results();
  const { comparisons, omitted } = await reference(sample, results);
  const again = sample.stateful ? null : await recording.results();
  return {
    comparisons: [
      ...comparisons,
      ...(shipped ? compareResults('shipped kernel', results, shipped, sample.tolerance) : []),
      ...(again ? compareResults('second run', again, results, { forward: 0, backward: 0 }) : []),
    ],
    omitted,
  };
}

/** Compares results with what the reference says of the case, evaluated here and now. */
export function checkAgainstReference(sample: BoundCase, results: Results): Check {
  return compareWith(expectationsOf(sample), sample, results);
}

/** Checks on this thread. What the reference says of the latest case is kept: results change more often than cases. */
export class LatestReference {
  private key = '';
  private expectations: Expectations | null = null;

  check(operator: Operator, sample: BoundCase, results: Results): Check {
    const key = JSON.stringify([operator.name, sample.inputs, sample.attributes]);
    if (key !== this.key) this.expectations = null;
    this.key = key;
    this.expectations ??= expectationsOf(sample);
    return compareWith(this.expectations, sample, results);
  }
}

function compareWith(
  { output, gradients, omitted }: Expectations,
  sample: BoundCase,
  results: Results,
): Check {
  const { forward, backward } = sample.tolerance;
  const comparisons = output
    ? [compareArrays('output', 'float64 reference', results.output, output, forward)]
    : [];
  for (const [input, expected] of gradients.entries()) {
    const gradient = results.gradients[input];
    if (expected && gradient) comparisons.push(...compareGradient(input, gradient, expected, backward));
  }
  return { comparisons, omitted };
}

function compareResults(
  against: string,
  actual: Results,
  expected: Results,
  tolerance: BoundCase['tolerance'],
): Comparison[] {
  return [
    compareArrays('output', against, actual.output, expected.output, tolerance.forward),
    ...expected.gradients.flatMap((gradient, i) =>
      gradient
        ? [
            compareArrays(
              `gradient of input ${i + 1}`,
              against,
              actual.gradients[i]!,
              gradient,
              tolerance.backward,
            ),
          ]
        : [],
    ),
  ];
}

function compareGradient(
  input: number,
  gradient: ArrayLike<number>,
  { direction, along, elements }: ExpectedGradient,
  tolerance: number,
): Comparison[] {
  const what = `gradient of input ${input + 1}`;
  const against = 'finite differences of the reference';
  let largest = 1e-30;
  let actual = 0;
  let length = 0;
  direction.forEach((step, i) => {
    largest = Math.max(largest, Math.abs(gradient[i]!));
    actual += step * gradient[i]!;
    length += step * step;
  });
  // Errors of single elements as large as the tolerance allows add up to no more than this, if they are independent.
  const error = orInfinity(Math.abs(actual - along) / (largest * Math.sqrt(length)));
  const all: Comparison = { what, against, error, tolerance, worst: null };
  if (elements.length === 0) return [all];
  const single = elements.map(({ index, expected }) => ({ index, actual: gradient[index]!, expected }));
  const off = (one: (typeof single)[number]): number => orInfinity(Math.abs(one.actual - one.expected));
  const worst = single.reduce((a, b) => (off(b) > off(a) ? b : a));
  const magnitude = Math.max(largest, ...single.map(({ expected }) => Math.abs(expected)));
  return [
    all,
    { what: `${what}, ${single.length} elements`, against, error: off(worst) / magnitude, tolerance, worst },
  ];
}

const orInfinity = (error: number): number => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
