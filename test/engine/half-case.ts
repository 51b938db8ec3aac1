import type { BoundCase } from '../../src/engine/core/operator.ts';
import { cast } from '../../src/engine/ops/elementwise/cast.ts';

/**
 * A case with some of its inputs stored as f16. Each number is rounded as it is stored, by up to 2⁻¹¹ of it: an input, the output, gradients on
 * their way.
 *
 * @param stored numbers of these inputs; default: all
 */
export function halfCase(sample: BoundCase, stored?: readonly number[]): BoundCase {
  const isStored = (i: number): boolean => stored?.includes(i) ?? true;
  return {
    ...sample,
    label: `${sample.label}, f16`,
    tolerance: { forward: 1.5e-3, backward: 1.5e-3, scaledForward: 1.5e-3, scaledBackward: 1.5e-3 },
    apply: (tensors) => sample.apply(tensors.map((x, i) => (isStored(i) ? cast(x, 'f16') : x))),
  };
}
