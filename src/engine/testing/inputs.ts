/** What a case of an operator is run with: its inputs, and the gradient that its reverse pass starts from. */

import type { BoundCase, InputSpec, ReferenceArray } from '../core/operator.ts';
import { uniform01 } from '../core/random.ts';
import { sampleInput } from './sample.ts';

/** Of the first input; the others count on from it. */
export const defaultSeed = 1000;

const upstreamSeed = 77;

/** The sample inputs of a case in float64; exact in f32. */
export function inputsOf({ inputs }: BoundCase, seed = defaultSeed): ReferenceArray[] {
  return inputs.map((spec, i) => sampleInput(spec, seed + i));
}

/** The gradient of the output that the reverse pass starts from: different for every element, some negative. */
export function upstreamGradient(size: number): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, i) => uniform01(upstreamSeed, 0, i) + 0.5 * (i % 2 ? -1 : 1),
  );
}

/** Whether an input holds real numbers, rather than labels or bytes. */
export const isReal = ({ kind }: InputSpec): boolean => kind !== 'labels' && kind !== 'pixels';

/** Whether gradients flow to this input. */
export const isDifferentiable = (spec: InputSpec): boolean => spec.differentiable !== false && isReal(spec);
