import { defineOperator, referenceArray } from '../core/operator.ts';
import { Parameters } from '../core/parameters.ts';
import { elementCount } from '../core/shape.ts';
import { accumulate } from '../ops/elementwise/accumulate.ts';
import { onDispose, retained } from '../testing/cleanup.ts';
import { RowSubset } from './row_subset.ts';
import { SGD } from './sgd.ts';

/** The rows of a large parameter that are trained, after they were copied out of it and back. */
export const rowSubsetOperator = defineOperator<{ readonly rows: number }>({
  name: 'RowSubset',
  family: 'optimiser',
  apply: ([values], { rows }) => {
    const { device, shape } = values!;
    const chosenShape = [rows, ...shape.slice(1)];
    const parameters = new Parameters(device, [
      { name: 'all', shape, init: new Float32Array(values!.size), frozen: true },
      {
        name: 'chosen',
        shape: chosenShape,
        init: new Float32Array(elementCount(chosenShape)),
        transient: true,
      },
    ]);
    const optimiser = new SGD(parameters, { learningRate: 0.1 });
    onDispose(() => {
      optimiser.dispose();
      parameters.dispose();
    });
    const numbers = Array.from({ length: rows }, (_, i) => shape[0]! - 1 - i);
    const subset = new RowSubset(parameters, optimiser, {
      all: 'all',
      chosen: 'chosen',
      rows: retained(device, numbers, [rows]),
      count: retained(device, [rows], [1]),
    });
    accumulate(parameters.get('all'), values!, false);
    subset.gather();
    const result = device.empty(chosenShape);
    accumulate(result, parameters.get('chosen'), false);
    subset.scatter();
    return result;
  },
  reference: ([values], { rows }) => {
    const [count, ...rest] = values!.shape as [number, ...number[]];
    const columns = elementCount(rest);
    return referenceArray(
      [rows, ...rest],
      (i) => values!.data[(count - 1 - Math.floor(i / columns)) * columns + (i % columns)]!,
    );
  },
  cost: ([values], { rows }) => ({ flops: 0, bytes: (8 * elementCount(values!) * rows) / values![0]! }),
  cases: [{ inputs: [{ shape: [100, 16], differentiable: false }], attributes: { rows: 7 } }],
  misuses: [],
});
