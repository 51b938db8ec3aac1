import { defineOperator, referenceArray } from '../core/operator.ts';
import { elementCount } from '../core/shape.ts';
import { clipFactor, learningRate, type StepAttributes, stepInputs, stepOf } from './optimiser.operator.ts';
import { SGD } from './sgd.ts';

/** The first step of SGD, from rest. */
export const sgdOperator = defineOperator<StepAttributes>({
  name: 'SGD',
  family: 'optimiser',
  stateful: true,
  apply: (inputs, attributes) =>
    stepOf((parameters) => new SGD(parameters, { learningRate, ...attributes }))(inputs),
  reference: ([w, g], { weightDecay = 0, clipNorm }) => {
    const factor = clipFactor(g!, clipNorm);
    return referenceArray(
      w!.shape,
      (i) => w!.data[i]! - learningRate * (factor * g!.data[i]! + weightDecay * w!.data[i]!),
    );
  },
  cost: ([w]) => ({ flops: 6 * elementCount(w!), bytes: 20 * elementCount(w!) }),
  cases: [
    { inputs: stepInputs([1000]), attributes: { weightDecay: 0.01 } },
    { inputs: stepInputs([3, 77]), attributes: { weightDecay: 0.01, clipNorm: 2 } },
  ],
  misuses: [],
});
