/** Whether a recording computes what the operator's float64 reference does. */

import type { BoundCase, ReferenceArray } from '../../engine/operator.ts';
import { hash32, normal01 } from '../../engine/random.ts';
import { inputsOf, isDifferentiable, type Recording, type Results, upstreamGradient } from './recording.ts';

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

/** Evaluations of the reference take about a second for this many operations; what would take minutes is left out. */
const affordableFlops = 2e10;

/** Single elements of an input whose derivative is checked, besides one direction through all of them. */
const checkedElements = 4;

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

/**
 * Compares the output with the float64 reference, the gradients with its finite differences: the derivative in one random direction
 * through all elements of an input, which two evaluations of the reference give, and those of a few single elements where that is
 * affordable.
 */
export function checkAgainstReference(sample: BoundCase, results: Results): Check {
  const comparisons: Comparison[] = [];
  const omitted: string[] = [];
  const arrays = inputsOf(sample);
  if (sample.cost.flops > affordableFlops)
    omitted.push('float64 reference: the case is too large to be computed on the host in reasonable time');
  else {
    const expected = sample.reference(arrays);
    comparisons.push(
      compareArrays('output', 'float64 reference', results.output, expected.data, sample.tolerance.forward),
    );
    const differentiable = sample.inputs.filter(isDifferentiable).length;
    if (2 * differentiable * sample.cost.flops > affordableFlops)
      omitted.push('finite differences: the case is too large for them');
    else comparisons.push(...checkGradients(sample, arrays, results, expected.data.length));
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

/** Step of the central differences, relative to an element where that is large. */
const differenceStep = 1e-5;

function checkGradients(
  sample: BoundCase,
  arrays: readonly ReferenceArray[],
  { gradients }: Results,
  outputSize: number,
): Comparison[] {
  const upstream = upstreamGradient(outputSize);
  const projected = (): number =>
    sample.reference(arrays).data.reduce((sum, value, i) => sum + value * upstream[i]!, 0);
  const evaluations = 2 * gradients.filter(Boolean).length * checkedElements;
  const elements = evaluations * sample.cost.flops > affordableFlops ? 0 : checkedElements;
  return arrays.flatMap(({ data }, input) => {
    const gradient = gradients[input];
    if (!gradient) return [];
    const what = `gradient of input ${input + 1}`;
    const against = 'finite differences of the reference';
    const tolerance = sample.tolerance.backward;
    let largest = 1e-30;
    for (const value of gradient) largest = Math.max(largest, Math.abs(value));
    const kept = Float64Array.from(data);
    /** Derivative along a direction, given as steps for all elements. */
    const along = (steps: Float64Array): number => {
      const at = (sign: number): number => {
        for (let i = 0; i < data.length; i++) data[i] = kept[i]! + sign * steps[i]!;
        return projected();
      };
      const difference = at(1) - at(-1);
      data.set(kept);
      return difference / 2;
    };
    const direction = Float64Array.from(
      kept,
      (value, i) => differenceStep * Math.max(0.1, Math.abs(value)) * normal01(9, input, i),
    );
    const expected = along(direction);
    let actual = 0;
    let length = 0;
    direction.forEach((step, i) => {
      actual += step * gradient[i]!;
      length += step * step;
    });
    // Errors of single elements as large as the tolerance allows add up to no more than this, if they are independent.
    const scale = largest * Math.sqrt(length);
    const error = Math.abs(actual - expected) / scale;
    const all: Comparison = { what, against, error: orInfinity(error), tolerance, worst: null };
    if (elements === 0) return [all];
    const single = Array.from({ length: Math.min(elements, data.length) }, (_, k) => {
      const index = data.length <= elements ? k : hash32(5, input, k) % data.length;
      const steps = new Float64Array(data.length);
      steps[index] = differenceStep * Math.max(0.1, Math.abs(kept[index]!));
      return { index, actual: gradient[index]!, expected: along(steps) / steps[index]! };
    });
    const off = ({ actual, expected }: (typeof single)[number]): number =>
      orInfinity(Math.abs(actual - expected));
    const worst = single.reduce((a, b) => (off(b) > off(a) ? b : a));
    const magnitude = Math.max(largest, ...single.map(({ expected }) => Math.abs(expected)));
    return [
      all,
      {
        what: `${what}, ${single.length} elements`,
        against,
        error: off(worst) / magnitude,
        tolerance,
        worst,
      },
    ];
  });
}

const orInfinity = (error: number): number => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
