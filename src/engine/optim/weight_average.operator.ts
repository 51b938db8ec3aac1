import { defineOperator, referenceArray } from '../core/operator.ts';
import { Parameters } from '../core/parameters.ts';
import { elementCount } from '../core/shape.ts';
import { accumulate } from '../ops/elementwise/accumulate.ts';
import { onDispose } from '../testing/cleanup.ts';
import { WeightAverage } from './weight_average.ts';

/** The average after one update, begun at the first of two values of a parameter. */
export const weightAverageOperator = defineOperator<{ readonly decay: number }>({
  name: 'WeightAverage',
  family: 'optimiser',
  apply: ([before, after], { decay }) => {
    const { device, shape, size } = before!;
    const parameters = new Parameters(device, [{ name: 'w', shape, init: new Float32Array(size) }]);
    const average = new WeightAverage(parameters, { decay });
    onDispose(() => {
      average.dispose();
      parameters.dispose();
    });
    accumulate(parameters.get('w'), before!, false);
    average.start();
    accumulate(parameters.get('w'), after!, false);
    average.update();
    const result = device.empty(shape);
    accumulate(result, average.get('w'), false);
    return result;
  },
  reference: ([before, after], { decay }) =>
    referenceArray(before!.shape, (i) => decay * before!.data[i]! + (1 - decay) * after!.data[i]!),
  cost: ([shape]) => ({ flops: 3 * elementCount(shape!), bytes: 20 * elementCount(shape!) }),
  cases: [
    {
      inputs: [
        { shape: [3, 77], differentiable: false },
        { shape: [3, 77], differentiable: false },
      ],
      attributes: { decay: 0.75 },
    },
  ],
  misuses: [
    {
      inputs: [
        { shape: [2], differentiable: false },
        { shape: [2], differentiable: false },
      ],
      attributes: { decay: 1 },
      message: /WeightAverage: decay must be a number from 0 and below 1, not 1/,
    },
  ],
});
