/** Whether an operator computes what its float64 reference says: the one checker of tests, command line and page. */

import type { BoundCase, Operator } from '../core/operator.ts';
import type { Device } from '../core/tensor.ts';
import {
  type Allowed,
  type Comparison,
  compareArrays,
  compareElements,
  comparisonSentence,
  orInfinity,
  passes,
} from './compare.ts';
import { type Expectations, type ExpectedGradient, expectationsOf } from './expectations.ts';
import { isDifferentiable } from './inputs.ts';
import { Recording, type Results } from './recording.ts';
import { sampleInput, sampleTensor } from './sample.ts';

/** What was found of a case. */
export interface Check {
  readonly comparisons: readonly Comparison[];
  /** What is wrong without being a number, one sentence each: a write past the end of a tensor, a missing gradient. */
  readonly faults: readonly string[];
  /** What could not be compared, and why. */
  readonly omitted: readonly string[];
}

/** Whether nothing speaks against it; also of what was not checked. */
export const isRight = (check: Check | null): boolean =>
  check === null || (check.faults.length === 0 && check.comparisons.every(passes));

/** Sentences on everything that is wrong. */
export const faultsOf = ({ comparisons, faults }: Check): string[] => [
  ...faults,
  ...comparisons.filter((comparison) => !passes(comparison)).map(comparisonSentence),
];

/** Compares results with the reference, on this thread or on another one. */
export type ReferenceCheck = (sample: BoundCase, results: Results) => Check | Promise<Check>;

/**
 * Runs a recording and compares what comes out with the reference; then runs it again, unless it goes on from where it ended, and
 * eagerly with guard words behind every tensor, and compares bit for bit.
 *
 * @param defaultResults what the default kernels gave, where the recording has edited ones: compared element by element
 * @param reference where the reference is evaluated, if not here
 */
export async function checkRecording(
  recording: Recording,
  defaultResults: Results | null = null,
  reference: ReferenceCheck = checkAgainstReference,
): Promise<Check> {
  const { sample } = recording;
  const results = await recording.results();
  const { comparisons, faults, omitted } = await reference(sample, results);
  const again = sample.stateful ? null : await recording.results();
  const eager = await recording.eagerly();
  const exactly = { forward: 0, backward: 0, scaledForward: 0, scaledBackward: 0 };
  return {
    comparisons: [
      ...comparisons,
      ...(defaultResults ? compareResults('default kernel', results, defaultResults, sample.tolerance) : []),
      ...(again ? compareResults('second run', again, results, exactly) : []),
      ...compareResults('eager mode', eager, results, exactly),
    ],
    faults: [...faults, ...eager.findings],
    omitted,
  };
}

/** Compares results with what the reference says of the case, evaluated here and now. */
export function checkAgainstReference(sample: BoundCase, results: Results, seed?: number): Check {
  return compareWith(expectationsOf(sample, seed), sample, results);
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

const forwardOf = ({ forward, scaledForward }: BoundCase['tolerance']): Allowed => ({
  tolerance: forward,
  scaledTolerance: scaledForward,
});

const backwardOf = ({ backward, scaledBackward }: BoundCase['tolerance']): Allowed => ({
  tolerance: backward,
  scaledTolerance: scaledBackward,
});

function compareWith(
  { output, gradients, omitted }: Expectations,
  sample: BoundCase,
  results: Results,
): Check {
  const comparisons: Comparison[] = [];
  const faults: string[] = [];
  const allowed = forwardOf(sample.tolerance);
  if (output && output.shape.join() !== results.shape.join())
    faults.push(
      `the output has shape [${results.shape.join(', ')}], by the reference [${output.shape.join(', ')}]`,
    );
  else if (output)
    comparisons.push(
      compareArrays('output', 'float64 reference', results.output, output.data, allowed, output.scales),
    );
  sample.inputs.forEach((spec, input) => {
    const gradient = results.gradients[input];
    const expected = gradients[input];
    if (isDifferentiable(spec) && !gradient) faults.push(`input ${input + 1} got no gradient`);
    if (expected && gradient)
      comparisons.push(...compareGradient(input, gradient, expected, backwardOf(sample.tolerance)));
  });
  return { comparisons, faults, omitted };
}

function compareResults(
  against: string,
  actual: Results,
  expected: Results,
  tolerance: BoundCase['tolerance'],
): Comparison[] {
  return [
    compareArrays('output', against, actual.output, expected.output, forwardOf(tolerance)),
    ...expected.gradients.flatMap((gradient, i) =>
      gradient
        ? [
            compareArrays(
              `gradient of input ${i + 1}`,
              against,
              actual.gradients[i]!,
              gradient,
              backwardOf(tolerance),
            ),
          ]
        : [],
    ),
  ];
}

function compareGradient(
  input: number,
  gradient: ArrayLike<number>,
  { direction, elements }: ExpectedGradient,
  allowed: Allowed,
): Comparison[] {
  const what = `gradient of input ${input + 1}`;
  const against = 'finite differences of the reference';
  let largest = 1e-30;
  for (let i = 0; i < gradient.length; i++) largest = Math.max(largest, Math.abs(gradient[i]!));
  const comparisons: Comparison[] = [];
  if (direction) {
    let actual = 0;
    let length = 0;
    direction.steps.forEach((step, i) => {
      actual += step * gradient[i]!;
      length += step * step;
    });
    // Errors of single elements as large as the tolerance allows add up to no more than this, if they are independent.
    const error = orInfinity(Math.abs(actual - direction.along) / (largest * Math.sqrt(length)));
    comparisons.push({ what, against, error, ...allowed, scaledError: null, worst: null });
  }
  if (elements.length > 0)
    comparisons.push(
      compareElements(`${what}, ${elements.length} elements`, against, gradient, elements, allowed, largest),
    );
  return comparisons;
}

/** What was found of one case of an operator. */
export interface CaseCheck extends Check {
  /** Shapes and attributes. */
  readonly label: string;
}

/** What was found of an operator. */
export interface OperatorCheck {
  readonly operator: string;
  readonly cases: readonly CaseCheck[];
  /** Misuses that were accepted, or refused with another message than declared: one sentence each. */
  readonly misuses: readonly string[];
  readonly passed: boolean;
  /** The findings in words, a line each. */
  readonly text: string;
}

/** Which sample inputs a check of an operator takes. */
export interface CheckOptions {
  /** Of the sample inputs: other numbers, same kinds. */
  readonly seed?: number | undefined;
}

/**
 * Checks an operator by its declaration: every case forward against the float64 reference, every gradient against central differences
 * of that reference (a few elements, and one random direction through all), a captured step against eager mode and itself bit for bit,
 * guard words behind every tensor that is written, and every misuse against its message.
 *
 * Errors are relative to the largest element and, as a root mean square, to each element's own scale: see `Tolerance`.
 *
 * @throws DeviceError if a kernel does not compile or the adapter cannot run a case
 */
export async function checkOperator(
  device: Device,
  operator: Operator,
  options: CheckOptions = {},
): Promise<OperatorCheck> {
  const cases: CaseCheck[] = [];
  for (const sample of operator.cases)
    cases.push({ label: sample.label, ...(await checkCase(device, sample, options)) });
  const misuses = operator.misuses.flatMap((misuse) => misuseFault(device, misuse) ?? []);
  const wrong = cases.filter((check) => !isRight(check)).length;
  const lines = cases.flatMap((check) => [
    `  ${isRight(check) ? 'ok   ' : 'WRONG'} ${check.label}`,
    ...faultsOf(check).map((fault) => `          ${fault}`),
    ...check.omitted.map((text) => `          left out: ${text}`),
  ]);
  const verdict = wrong === 0 && misuses.length === 0 ? 'ok' : 'WRONG';
  return {
    operator: operator.name,
    cases,
    misuses,
    passed: verdict === 'ok',
    text: [
      `${operator.name}: ${verdict}, ${cases.length - wrong} of ${cases.length} cases right, ${operator.misuses.length - misuses.length} of ${operator.misuses.length} misuses refused`,
      ...lines,
      ...misuses.map((text) => `  WRONG ${text}`),
    ].join('\n'),
  };
}

/** Checks one case of an operator: see {@link checkOperator}. */
export async function checkCase(
  device: Device,
  sample: BoundCase,
  { seed }: CheckOptions = {},
): Promise<Check> {
  const recording = new Recording(device, sample, { seed });
  try {
    return await checkRecording(recording, null, (_, results) =>
      checkAgainstReference(sample, results, seed),
    );
  } finally {
    recording.dispose();
  }
}

/** What is wrong with how a misuse is refused; null if nothing. */
export function misuseFault(device: Device, misuse: Operator['misuses'][number]): string | null {
  const { label, inputs, message, apply } = misuse;
  return device.scope(() => {
    try {
      apply(inputs.map((spec, i) => sampleTensor(device, spec, sampleInput(spec, i))));
    } catch (error) {
      const text = (error as Error).message;
      return message.test(text) ? null : `${label}: refused with "${text}", which does not match ${message}`;
    }
    return `${label}: accepted, should be refused with ${message}`;
  });
}
