/** Running operators with chosen variants, to compare what comes out. */

import { expect } from 'vitest';
import type { BoundCase } from '../../src/engine/core/operator.ts';
import type { Device } from '../../src/engine/core/tensor.ts';
import { compareArrays } from '../../src/engine/testing/compare.ts';
import { inputsOf } from '../../src/engine/testing/inputs.ts';
import { runEagerly } from '../../src/engine/testing/recording.ts';

export { variantsOf } from '../../src/engine/testing/variants.ts';

/** Output and gradients of a case, all choices made by `prefer`. Fails where a kernel writes past the end of a tensor. */
export async function run(
  device: Device,
  sample: BoundCase,
  prefer: (operation: string, names: readonly string[]) => string | undefined,
): Promise<Float32Array[]> {
  const { output, gradients, findings } = await runEagerly(device, sample, {}, prefer);
  expect(findings).toEqual([]);
  return [output, ...gradients] as Float32Array[];
}

export const expectClose = (
  actual: Float32Array,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void => {
  const allowed = { tolerance, scaledTolerance: 0 };
  expect(compareArrays('', '', actual, expected, allowed).error, what).toBeLessThan(tolerance);
};

/**
 * One tile of every mainloop, and every other kind of variant: which tile it is matters to the mainloop alone, not to its operands. The
 * pipelined mainloop, whose kernels take a software driver three times as long to compile, has cases of its own.
 */
export function oneTileOfEachMainloop(names: readonly string[]): string[] {
  const mainloopOf = (name: string): string | undefined => /^(\w+) \d+×\d+( of |$)/.exec(name)?.[1];
  const isFirst = (name: string): boolean => {
    const mainloop = mainloopOf(name);
    return mainloop === undefined || names.find((other) => mainloopOf(other) === mainloop) === name;
  };
  return names.filter(
    (name) => !/ in |^pipelined /.test(name) && (name.startsWith('winograd') || isFirst(name)),
  );
}

/** Fails unless a case gives the same with each of some variants, and what its definition says. */
export async function expectAgreement(
  device: Device,
  sample: BoundCase,
  names: readonly string[],
): Promise<void> {
  expect(names.length).toBeGreaterThan(1);
  const reference = sample.reference(inputsOf(sample)).data;
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
