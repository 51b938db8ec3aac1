/** Runs sample cases of operators; in Node and in browsers, so it imports no test framework. */

import type { Operator } from '../../src/engine/core/operator.ts';
import { uniform01 } from '../../src/engine/core/random.ts';
import type { Device, Tensor } from '../../src/engine/core/tensor.ts';
import { multiply } from '../../src/engine/ops/elementwise/multiply.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { sampleInput, sampleTensor } from '../../src/engine/testing/sample.ts';

export type Case = Operator['cases'][number];

/** Which inputs of a case have gradients. */
export function differentiableInputs({ inputs }: Case): boolean[] {
  return inputs.map(
    ({ differentiable, kind }) => differentiable !== false && kind !== 'labels' && kind !== 'pixels',
  );
}

/** Weights of {@link projection}. */
export function projectionWeights(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => uniform01(77, 0, i) + 0.5 * (i % 2 ? -1 : 1));
}

/** sum(output · weights): a scalar whose gradient exercises every output element differently. */
export function projection(output: Tensor): Tensor {
  return sum(multiply(output, output.device.tensor(projectionWeights(output.size), output.shape)));
}

export interface CaseResults {
  readonly shape: readonly number[];
  readonly output: ArrayLike<number>;
  /** The gradient of the projection by each input, null where it has none. */
  readonly gradients: readonly (ArrayLike<number> | null)[];
}

/** Runs a case eagerly, forward and backward. */
export async function resultsOf(device: Device, sample: Case): Promise<CaseResults> {
  return device.scope(async () => {
    device.setRandom(0, 0);
    const tensors = sample.inputs.map((spec, i) => sampleTensor(device, spec, sampleInput(spec, 1000 + i)));
    const output = sample.apply(tensors);
    if (tensors.some((tensor) => tensor.requiresGradient)) projection(output).backward();
    const gradients = [];
    for (const tensor of tensors) gradients.push(tensor.gradient ? await tensor.gradient.read() : null);
    return { shape: output.shape, output: await output.read(), gradients };
  });
}

/** Largest |actual − expected| as a share of the largest |expected|. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let magnitude = 1e-30;
  for (let i = 0; i < expected.length; i++) {
    if (!Number.isFinite(actual[i]!)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return difference / magnitude;
}
