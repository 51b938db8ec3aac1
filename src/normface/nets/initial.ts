/** Initial values of parameters: counter based, so a parameter's values depend on the seed and on its name alone. */

import { hash32, normal01, uniform01 } from '../../engine/core/random.ts';
import { elementCount, type Shape } from '../../engine/core/tensor.ts';

/**
 * How a parameter starts. Xavier is Caffe's, which looks at the fan-in alone: uniform between ±√(3 / fan-in) (docs/reference.md#caffe-conventions);
 * Gaussian has mean 0 and the given standard deviation.
 */
export type Initial = 'xavier' | { readonly gaussian: number } | { readonly constant: number };

/**
 * First values of a parameter, which follow from its name and the seed.
 * @param fanIn numbers that one output value is a sum over; only xavier needs it
 */
export function initialValues(
  initial: Initial,
  { name, shape, fanIn }: { name: string; shape: Shape; fanIn: number },
  seed: number,
): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (initial !== 'xavier' && 'constant' in initial) return values.fill(initial.constant);
  const stream = randomStream(name);
  if (initial === 'xavier') {
    const bound = Math.sqrt(3 / fanIn);
    return values.map((_, i) => bound * (2 * uniform01(seed, stream, i) - 1));
  }
  return values.map((_, i) => initial.gaussian * normal01(seed, stream, i));
}

/** A random stream for each name, so that a layer more or less changes no other layer's values. */
export function randomStream(name: string): number {
  return [...name].reduce((hash, character) => hash32(hash, character.codePointAt(0)), 0);
}
