/** The variants of a case's kernels against each other. */

import type { BoundCase } from '../core/operator.ts';
import type { Device } from '../core/tensor.ts';
import { type Allowed, compareArrays, comparisonSentence, passes } from './compare.ts';
import { runEagerly } from './recording.ts';

/** What a variant other than the default one gives. */
export interface VariantCheck {
  readonly variant: string;
  /** A sentence; null if it agrees. */
  readonly fault: string | null;
}

/** The names that a case's choices offer, of forward and backward. */
export async function variantsOf(device: Device, sample: BoundCase): Promise<string[]> {
  const names = new Set<string>();
  await runEagerly(device, sample, {}, (_, offered) => {
    for (const name of offered) names.add(name);
    return undefined;
  });
  return [...names];
}

/**
 * Runs a case with every variant that its choices offer, and compares output and gradients with those of the default ones. A variant
 * that does not run is a fault of that variant.
 */
export async function compareVariants(device: Device, sample: BoundCase): Promise<VariantCheck[]> {
  const names = await variantsOf(device, sample);
  if (names.length < 2) return [];
  const expected = await runEagerly(device, sample);
  const checks: VariantCheck[] = [];
  for (const variant of names) checks.push({ variant, fault: await faultOf(variant) });
  return checks;

  async function faultOf(variant: string): Promise<string | null> {
    try {
      const results = await runEagerly(device, sample, {}, (_, offered) =>
        offered.includes(variant) ? variant : undefined,
      );
      const { forward, backward } = sample.tolerance;
      const arrays = [results.output, ...results.gradients];
      const wanted = [expected.output, ...expected.gradients];
      const faults = arrays.flatMap((array, i) => {
        if (!array || !wanted[i]) return [];
        const allowed: Allowed = { tolerance: i === 0 ? forward : backward, scaledTolerance: 0 };
        const what = i === 0 ? 'output' : `gradient of input ${i}`;
        const comparison = compareArrays(what, 'default variant', array, wanted[i], allowed);
        return passes(comparison) ? [] : [comparisonSentence(comparison)];
      });
      return [...results.findings, ...faults][0] ?? null;
    } catch (error) {
      return (error as Error).message;
    }
  }
}
