import { defineOperator, referenceArray } from '../core/operator.ts';
import { elementCount } from '../core/shape.ts';
import { retained } from '../testing/cleanup.ts';
import { raiseToLargest } from './magnitude.ts';

/** The bits of the largest magnitude. */
export const largestMagnitudeOperator = defineOperator({
  name: 'largestMagnitude',
  apply: ([x]) => {
    const largest = retained(x!.device, [0], [1]);
    raiseToLargest(x!, largest);
    return largest;
  },
  reference: ([x]) => {
    const largest = Float32Array.of(Math.max(...Array.from(x!.data, Math.abs)));
    return referenceArray([1], () => new Uint32Array(largest.buffer)[0]!);
  },
  cost: ([x]) => ({ flops: 0, bytes: 4 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [1003], differentiable: false }], attributes: {} }],
  misuses: [],
});
