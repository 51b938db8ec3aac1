/** Initial values of parameters: counter based, so a parameter's values depend on the seed and on its name alone. */

import { hash32, normal01, uniform01 } from '../../engine/core/random.ts';
import { elementCount, type Shape } from '../../engine/core/shape.ts';
import { type Check, expect, isNumber } from './setting.ts';

/**
 * How a parameter starts. Xavier is Caffe's, which looks at the fan-in alone: uniform between ±√(3 / fan-in) (docs/reference.md#caffe-conventions);
 * Gaussian has mean 0 and the given standard deviation; uniform lies between plus and minus the given bound.
 */
export type Initial =
  | 'xavier'
  | { readonly gaussian: number }
  | { readonly uniform: number }
  | { readonly constant: number };

export const initial: Check = expect(
  '"xavier", or one of { "gaussian": deviation }, { "uniform": bound }, { "constant": value }',
  (value) => {
    if (value === 'xavier') return true;
    if (typeof value !== 'object' || value === null) return false;
    const [[kind, number] = [], ...others] = Object.entries(value);
    if (others.length > 0 || !isNumber(number)) return false;
    return kind === 'constant' || ((kind === 'gaussian' || kind === 'uniform') && number >= 0);
  },
);

/**
 * First values of a parameter, which follow from its name and the seed.
 * @param fanIn numbers that one output value is a sum over; only xavier needs it
 * @param firstRow number of the first row, where the values are some rows of a larger parameter (default 0)
 */
export function initialValues(
  initial: Initial,
  { name, shape, fanIn, firstRow = 0 }: { name: string; shape: Shape; fanIn: number; firstRow?: number },
  seed: number,
): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (initial !== 'xavier' && 'constant' in initial) return values.fill(initial.constant);
  const stream = randomStream(name);
  const first = firstRow * elementCount(shape.slice(1));
  if (initial !== 'xavier' && 'gaussian' in initial)
    return values.map((_, i) => initial.gaussian * normal01(seed, stream, first + i));
  const bound = initial === 'xavier' ? Math.sqrt(3 / fanIn) : initial.uniform;
  return values.map((_, i) => bound * (2 * uniform01(seed, stream, first + i) - 1));
}

/** A random stream for each name, so that a layer more or less changes no other layer's values. */
export function randomStream(name: string): number {
  return [...name].reduce((hash, character) => hash32(hash, character.codePointAt(0)), 0);
}
