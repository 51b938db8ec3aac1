/** One step of an optimiser as an operator, so that its kernels are checked and looked at like all others. */

import type { ReferenceArray } from '../core/operator.ts';
import { Parameters } from '../core/parameters.ts';
import type { Tensor } from '../core/tensor.ts';
import { accumulate } from '../ops/elementwise/accumulate.ts';
import { scale } from '../ops/elementwise/scale.ts';
import { onDispose } from '../testing/cleanup.ts';
import type { Optimiser, OptimiserOptions } from './optimiser.ts';

/** Of the steps that the operators of the optimisers take. */
export const learningRate = 0.1;

/** The parameter after one step of an optimiser from rest, given its values and gradient. */
export function stepOf(make: (parameters: Parameters) => Optimiser): (inputs: readonly Tensor[]) => Tensor {
  return ([values, gradient]) => {
    const { device, shape } = values!;
    const parameters = new Parameters(device, [{ name: 'w', shape, init: new Float32Array(values!.size) }]);
    const optimiser = make(parameters);
    onDispose(() => {
      optimiser.dispose();
      parameters.dispose();
    });
    const parameter = parameters.get('w');
    accumulate(parameter, values!, false);
    scale(parameter, 1).backward(gradient!);
    optimiser.step();
    const result = device.empty(shape);
    accumulate(result, parameter, false);
    return result;
  };
}

/** Factor that clips a gradient to a norm. */
export function clipFactor({ data }: ReferenceArray, clipNorm = Number.POSITIVE_INFINITY): number {
  return Math.min(1, clipNorm / Math.sqrt(data.reduce((sum, value) => sum + value * value, 0)));
}

export type StepAttributes = Omit<OptimiserOptions, 'learningRate'>;

export const stepInputs = (shape: readonly number[]) => [
  { shape, differentiable: false },
  { shape, differentiable: false },
];
