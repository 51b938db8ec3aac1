/** What the float64 reference of an operator says of a case: the most of the time that a check takes. */

import type { BoundCase, InputSpec, ReferenceArray } from '../core/operator.ts';
import { hash32, normal01 } from '../core/random.ts';
import type { Shape } from '../core/shape.ts';
import type { ExpectedElement } from './compare.ts';
import { inputsOf, isDifferentiable, isReal, upstreamGradient } from './inputs.ts';

export interface Expectations {
  /** null where the case is too large for the host. */
  readonly output: ExpectedOutput | null;
  /** By input; null where there is no gradient, or it would take too long. */
  readonly gradients: readonly (ExpectedGradient | null)[];
  /** What was left out, and why. */
  readonly omitted: readonly string[];
}

export interface ExpectedOutput {
  readonly shape: Shape;
  readonly data: Float64Array;
  /** What the error of each element is measured by; null where that would take too long. */
  readonly scales: Float64Array | null;
}

/** Derivatives of the output, weighted with the upstream gradient, by one input. */
export interface ExpectedGradient {
  /** A small step of every element, random, and what the weighted output changes by along it; null for rows of extreme scale. */
  readonly direction: { readonly steps: Float64Array; readonly along: number } | null;
  /** Derivatives by single elements. */
  readonly elements: readonly ExpectedElement[];
}

/** Evaluations of the reference take about a minute for this many operations; what would take longer is left out. */
const affordableFlops = 2e10;

/** What the derivatives by single elements may take of that. */
const affordableForElements = 6e9;

/** Most elements of an input, picked at random, whose derivative is checked besides one direction through all of them. */
const checkedElements = 12;

/** Of every row, where rows differ in scale. */
const checkedInRow = 4;

/** Step of the central differences, relative to an element where that is not small. */
const differenceStep = 1e-5;

/** Random changes of the inputs that scales are estimated from: of the output, and of a derivative, which takes two evaluations each. */
const outputProbes = 4;
const gradientProbes = 2;

/** Sizes of those changes, relative to each number: a derivative is a difference already and needs a larger one. */
const outputProbeStep = 1e-6;
const gradientProbeStep = 1e-4;

/**
 * Evaluates the reference: the output, and central differences for every input that has a gradient: the derivative in one random
 * direction through all its elements, which two evaluations give, and those by single elements as far as that is affordable.
 *
 * The scale of an element is √(y² + mean(Δ²)), Δ being what it moves by, relative to the step, when every input x becomes x·(1 + step·ξ)
 * with ξ standard normal: the root of Σ(x ∂y/∂x)², estimated. A result that is as good as if its inputs had been rounded is wrong by
 * about a rounding of that, however much cancels in it.
 */
export function expectationsOf(sample: BoundCase, seed?: number): Expectations {
  const { flops } = sample.cost;
  const none = sample.inputs.map(() => null);
  if (flops > affordableFlops)
    return {
      output: null,
      gradients: none,
      omitted: ['float64 reference: the case is too large to be computed on the host in reasonable time'],
    };
  const inputs = inputsOf(sample, seed);
  const { shape, data } = sample.reference(inputs);
  const omitted: string[] = [];
  const scales = (1 + outputProbes) * flops > affordableFlops ? null : outputScales(sample, inputs, data);
  if (!scales) omitted.push("errors by the elements' own scale: the case is too large for them");
  const output = { shape, data, scales };
  const differentiable = sample.inputs.filter(isDifferentiable).length;
  if (differentiable === 0) return { output, gradients: none, omitted };
  if (2 * differentiable * flops > affordableFlops)
    return {
      output,
      gradients: none,
      omitted: [...omitted, 'finite differences: the case is too large for them'],
    };
  const evaluations = 2 * differentiable * (1 + gradientProbes);
  const count = Math.min(checkedElements, Math.floor(affordableForElements / (evaluations * flops)));
  const differences = new Differences(sample, inputs);
  const gradients = sample.inputs.map((spec, input) =>
    isDifferentiable(spec) ? gradientBy(differences, inputs[input]!, spec, input, count) : null,
  );
  return { output, gradients, omitted };
}

/** The inputs with every real number moved a little, at random; the others as they are. */
function moved(sample: BoundCase, inputs: readonly ReferenceArray[], step: number, probe: number) {
  return inputs.map(({ shape, data }, input) => ({
    shape,
    data: isReal(sample.inputs[input]!)
      ? data.map((value, i) => value * (1 + step * normal01(11 + probe, input, i)))
      : data,
  }));
}

function outputScales(
  sample: BoundCase,
  inputs: readonly ReferenceArray[],
  output: Float64Array,
): Float64Array {
  const squares = output.map((value) => value * value);
  for (let probe = 0; probe < outputProbes; probe++) {
    const other = sample.reference(moved(sample, inputs, outputProbeStep, probe)).data;
    for (let i = 0; i < squares.length; i++)
      squares[i]! += ((other[i]! - output[i]!) / outputProbeStep) ** 2 / outputProbes;
  }
  return squares.map(Math.sqrt);
}

/** Central differences of the weighted output at the inputs, and at inputs a little beside them. */
class Differences {
  private readonly sample: BoundCase;
  /** The inputs, then those of each probe; weights of the output alike. */
  private readonly points: readonly (readonly ReferenceArray[])[];
  private readonly weights: readonly ArrayLike<number>[];

  constructor(sample: BoundCase, inputs: readonly ReferenceArray[]) {
    this.sample = sample;
    const probes = Array.from({ length: gradientProbes }, (_, probe) => probe);
    this.points = [inputs, ...probes.map((probe) => moved(sample, inputs, gradientProbeStep, probe))];
    const upstream = upstreamGradient(sample.reference(inputs).data.length);
    this.weights = [
      upstream,
      ...probes.map((probe) =>
        Float64Array.from(
          upstream,
          (weight, i) => weight * (1 + gradientProbeStep * normal01(23 + probe, 0, i)),
        ),
      ),
    ];
  }

  /**
   * Half of what the weighted output changes by between −steps and +steps of the elements of one input that are given, and what the
   * roundings of the outputs that change may add to that.
   */
  change(
    input: number,
    steps: ReadonlyMap<number, number> | Float64Array,
    point = 0,
  ): { readonly change: number; readonly rounding: number } {
    const inputs = this.points[point]!;
    const weights = this.weights[point]!;
    const at = (sign: number): Float64Array => {
      const data = Float64Array.from(inputs[input]!.data);
      steps.forEach((step: number, i: number) => {
        data[i]! += sign * step;
      });
      return this.sample.reference(inputs.map((array, i) => (i === input ? { ...array, data } : array))).data;
    };
    const [below, above] = [at(-1), at(1)];
    let [change, rounding] = [0, 0];
    for (let i = 0; i < above.length; i++) {
      // Differences first: what does not change then adds no rounding.
      const difference = above[i]! - below[i]!;
      change += (difference * weights[i]!) / 2;
      if (difference !== 0) rounding += Number.EPSILON * Math.abs(above[i]! * weights[i]!);
    }
    return { change, rounding };
  }

  /** The derivative by one element, and its scale: no less than what makes the roundings in it an error of 1e-5. */
  by(input: number, index: number, step: number): ExpectedElement {
    const [here, ...beside] = this.points.map((_, point) =>
      this.change(input, new Map([[index, step]]), point),
    ) as [ReturnType<Differences['change']>, ...ReturnType<Differences['change']>[]];
    const expected = here.change / step;
    const squares = beside.map(({ change }) => ((change / step - expected) / gradientProbeStep) ** 2);
    const spread = squares.reduce((sum, square) => sum + square, 0) / gradientProbes;
    return { index, expected, scale: Math.hypot(expected, Math.sqrt(spread), (1e5 * here.rounding) / step) };
  }
}

/** @param count elements to check one by one */
function gradientBy(
  differences: Differences,
  { shape, data }: ReferenceArray,
  { kind }: InputSpec,
  input: number,
  count: number,
): ExpectedGradient {
  const byRow = kind === 'extremeRows';
  const columns = shape.at(-1) ?? 1;
  const usual = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length) || 1;
  const stepOf = (i: number): number => {
    if (!byRow) return differenceStep * Math.max(0.1 * Math.min(1, usual), Math.abs(data[i]!));
    const start = i - (i % columns);
    return 1e-4 * Math.max(1e-6, Math.hypot(...data.subarray(start, start + columns)));
  };
  const picked = new Set<number>();
  for (let k = 0; k < Math.min(count, data.length); k++)
    picked.add(data.length <= count ? k : hash32(5, input, k) % data.length);
  if (count > 0) for (const i of extremes(data)) picked.add(i);
  // Of rows that differ in scale, some elements of each.
  if (byRow)
    for (let i = 0; i < data.length; i += columns)
      for (let k = 0; k < checkedInRow; k++) picked.add(i + (hash32(6, i, k) % columns));
  const elements = [...picked].map((i) => differences.by(input, i, stepOf(i)));
  // Where all but roundings cancel in a row, they are measured by what one of the terms would be: 1/‖row‖; its step is 1e-4·‖row‖.
  if (byRow)
    return {
      direction: null,
      elements: elements.map((element) => ({
        ...element,
        scale: Math.max(element.scale ?? 0, 1e-7 / stepOf(element.index)),
      })),
    };
  const steps = data.map((_, i) => stepOf(i) * normal01(9, input, i));
  return { direction: { steps, along: differences.change(input, steps).change }, elements };
}

/** Where the smallest and the largest number are. */
function extremes(data: Float64Array): number[] {
  let [small, large] = [0, 0];
  for (let i = 1; i < data.length; i++) {
    if (Math.abs(data[i]!) < Math.abs(data[small]!)) small = i;
    if (Math.abs(data[i]!) > Math.abs(data[large]!)) large = i;
  }
  return data.length > 0 ? [small, large] : [];
}
