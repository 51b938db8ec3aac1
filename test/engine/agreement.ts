/** Running operators with chosen variants, to compare what comes out. */

import { expect } from 'vitest';
import type { Operator } from '../../src/engine/core/operator.ts';
import { uniform01 } from '../../src/engine/core/random.ts';
import type { Device } from '../../src/engine/core/tensor.ts';
import { multiply } from '../../src/engine/ops/elementwise/multiply.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { sampleInput, sampleTensor } from '../../src/engine/testing/sample.ts';

export type Case = Operator['cases'][number];

/** Output and gradients of a case, all choices made by `prefer`. */
export async function run(
  device: Device,
  sample: Case,
  prefer: (operation: string, names: readonly string[]) => string | undefined,
) {
  return device.scope(async () => {
    const tensors = sample.inputs.map((spec, i) => sampleTensor(device, spec, sampleInput(spec, 40 + i)));
    const output = device.tuner.preferring(prefer, () => {
      const result = sample.apply(tensors);
      const weights = Float32Array.from({ length: result.size }, (_, i) => uniform01(7, 0, i) - 0.3);
      sum(multiply(result, device.tensor(weights, result.shape))).backward();
      return result;
    });
    const results = [await output.readFloats()];
    for (const tensor of tensors) results.push(await tensor.gradient!.readFloats());
    return results;
  });
}

/** The names that a case's choices offer, of forward and backward. */
export async function variantsOf(device: Device, sample: Case): Promise<string[]> {
  const names = new Set<string>();
  await run(device, sample, (_, offered) => {
    for (const name of offered) names.add(name);
    return undefined;
  });
  return [...names];
}

export const expectClose = (
  actual: Float32Array,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void => {
  let largest = 1e-30;
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    error = Math.max(error, Math.abs(actual[i]! - expected[i]!));
  }
  expect(error / largest, what).toBeLessThan(tolerance);
};

/** One tile of every walk, and every other kind of variant: which tile it is matters to the walk alone, not to its operands. */
export function oneTileOfEachWalk(names: readonly string[]): string[] {
  const walkOf = (name: string): string | undefined => /^(\w+) \d+×\d+( of |$)/.exec(name)?.[1];
  const isFirst = (name: string): boolean => {
    const walk = walkOf(name);
    return walk === undefined || names.find((other) => walkOf(other) === walk) === name;
  };
  return names.filter((name) => !name.includes(' in ') && (name.startsWith('winograd') || isFirst(name)));
}

/** Fails unless a case gives the same with each of some variants, and what its definition says. */
export async function expectAgreement(device: Device, sample: Case, names: readonly string[]): Promise<void> {
  expect(names.length).toBeGreaterThan(1);
  const reference = sample.reference(sample.inputs.map((spec, i) => sampleInput(spec, 40 + i))).data;
  let first: Float32Array[] | null = null;
  for (const name of names) {
    const results = await run(device, sample, (_, offered) => (offered.includes(name) ? name : undefined));
    // Against the definition, and the gradients (which the operator tests compare with it) against each other.
    expectClose(results[0]!, reference, sample.tolerance.forward, name);
    first ??= results;
    for (const [i, gradient] of results.entries()) {
      if (i > 0) expectClose(gradient, first[i]!, sample.tolerance.backward, `${name}, input ${i - 1}`);
    }
  }
}
