/** What the float64 reference of an operator says of a case: the most of the time that a check takes. */

import type { BoundCase } from '../../engine/core/operator.ts';
import { hash32, normal01 } from '../../engine/core/random.ts';
import { inputsOf, isDifferentiable, upstreamGradient } from './recording.ts';

export interface Expectations {
  /** null where the case is too large for the host. */
  readonly output: Float64Array | null;
  /** By input; null where there is no gradient, or it would take too long. */
  readonly gradients: readonly (ExpectedGradient | null)[];
  /** What was left out, and why. */
  readonly omitted: readonly string[];
}

/** Derivatives of the output, weighted with the upstream gradient, by one input. */
export interface ExpectedGradient {
  /** A small step of every element, random. */
  readonly direction: Float64Array;
  /** What the weighted output changes by along it. */
  readonly along: number;
  /** Derivatives by single elements. */
  readonly elements: readonly { readonly index: number; readonly expected: number }[];
}

/** Evaluations of the reference take about a minute for this many operations; what would take longer is left out. */
const affordableFlops = 2e10;

/** Single elements of an input whose derivative is checked, besides one direction through all of them. */
const checkedElements = 4;

/** Step of the central differences, relative to an element where that is large. */
const differenceStep = 1e-5;

/**
 * Evaluates the reference: the output, and finite differences for every input that has a gradient: the derivative in one random
 * direction through all its elements, which two evaluations give, and those by a few single elements where that is affordable.
 */
export function expectationsOf(sample: BoundCase): Expectations {
  const { flops } = sample.cost;
  const none = sample.inputs.map(() => null);
  if (flops > affordableFlops)
    return {
      output: null,
      gradients: none,
      omitted: ['float64 reference: the case is too large to be computed on the host in reasonable time'],
    };
  const arrays = inputsOf(sample);
  const output = sample.reference(arrays).data;
  const differentiable = sample.inputs.filter(isDifferentiable).length;
  if (2 * differentiable * flops > affordableFlops)
    return {
      output,
      gradients: none,
      omitted: ['finite differences: the case is too large for them'],
    };
  const upstream = upstreamGradient(output.length);
  const weighted = (): number =>
    sample.reference(arrays).data.reduce((sum, value, i) => sum + value * upstream[i]!, 0);
  const few = 2 * differentiable * checkedElements * flops > affordableFlops ? 0 : checkedElements;
  const gradients = sample.inputs.map((spec, input) =>
    isDifferentiable(spec) ? differencesOf(arrays[input]!.data, input, weighted, few) : null,
  );
  return { output, gradients, omitted: [] };
}

/** @param data elements of an input, which `weighted` computes from */
function differencesOf(
  data: Float64Array,
  input: number,
  weighted: () => number,
  few: number,
): ExpectedGradient {
  const kept = Float64Array.from(data);
  const stepOf = (value: number): number => differenceStep * Math.max(0.1, Math.abs(value));
  /** The change along a direction, given as steps of all elements. */
  const changeAlong = (steps: Float64Array): number => {
    const at = (sign: number): number => {
      for (let i = 0; i < data.length; i++) data[i] = kept[i]! + sign * steps[i]!;
      return weighted();
    };
    const change = at(1) - at(-1);
    data.set(kept);
    return change / 2;
  };
  const direction = Float64Array.from(kept, (value, i) => stepOf(value) * normal01(9, input, i));
  const elements = Array.from({ length: Math.min(few, data.length) }, (_, k) => {
    const index = data.length <= few ? k : hash32(5, input, k) % data.length;
    const steps = new Float64Array(data.length);
    steps[index] = stepOf(kept[index]!);
    return { index, expected: changeAlong(steps) / steps[index]! };
  });
  return { direction, along: changeAlong(direction), elements };
}
