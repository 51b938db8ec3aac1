import { defineOperator, referenceArray } from '../core/operator.ts';
import { elementCount } from '../core/shape.ts';
import { Adam } from './adam.ts';
import { clipFactor, learningRate, type StepAttributes, stepInputs, stepOf } from './optimiser.operator.ts';

/** The first step of Adam, from rest. */
export const adamOperator = defineOperator<StepAttributes & { readonly decoupledDecay?: boolean }>({
  name: 'Adam',
  family: 'optimiser',
  stateful: true,
  apply: (inputs, attributes) =>
    stepOf((parameters) => new Adam(parameters, { learningRate, ...attributes }))(inputs),
  // After one step from rest both moments, corrected, are the gradient and its square.
  reference: ([w, g], { weightDecay = 0, clipNorm, decoupledDecay = false }) => {
    const factor = clipFactor(g!, clipNorm);
    return referenceArray(w!.shape, (i) => {
      const value = w!.data[i]!;
      const gradient = factor * g!.data[i]! + (decoupledDecay ? 0 : weightDecay * value);
      const direction = gradient / (Math.abs(gradient) + 1e-8) + (decoupledDecay ? weightDecay * value : 0);
      return value - learningRate * direction;
    });
  },
  cost: ([w]) => ({ flops: 14 * elementCount(w!), bytes: 28 * elementCount(w!) }),
  cases: [
    { inputs: stepInputs([1000]), attributes: { weightDecay: 0.01 } },
    { inputs: stepInputs([3, 77]), attributes: { weightDecay: 0.01, decoupledDecay: true, clipNorm: 2 } },
  ],
  misuses: [],
});
