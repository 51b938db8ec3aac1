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
    tolerance: { forward: 2e-3, backward: 4e-3, scaledForward: 2e-3, scaledBackward: 4e-3 },
    apply: (tensors) => sample.apply(tensors.map((x, i) => (isStored(i) ? cast(x, 'f16') : x))),
  };
}

/** Whether f16 holds the inputs of a case: none too large, and those that must differ still do. */
export function fitsHalf({ inputs }: BoundCase): boolean {
  return inputs.every(({ shape, kind, scale = 1 }) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    // Distinct numbers are 0.02 apart, and half of them up to 0.01 times their number.
    return kind === 'distinct' ? size < 1500 && scale === 1 : scale <= 100 && scale >= 1e-2;
  });
}
