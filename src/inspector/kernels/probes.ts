/** The probes of the roofline as operators, so that their kernels can be looked at as well. */

import { defineOperator, referenceArray } from '../../engine/core/operator.ts';
import { elementCount } from '../../engine/core/shape.ts';
import { copy, flopsOfStep, multiplyAdds } from '../timing/roofline.ts';

export const peakCopyOperator = defineOperator({
  name: 'peakCopy',
  apply: ([x]) => {
    const y = x!.device.empty(x!.shape);
    copy(x!, y);
    return y;
  },
  reference: ([x]) => x!,
  cost: ([x]) => ({ flops: 0, bytes: 8 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [4000], differentiable: false }], attributes: {} }],
  misuses: [],
});

/** Eight chains v ← v·b + c in every invocation, whose sums over a vec4f come out; the input only says how many invocations. */
export const peakFmaOperator = defineOperator<{ readonly steps: number }>({
  name: 'peakFma',
  apply: ([x], { steps }) => {
    const sink = x!.device.empty(x!.shape);
    multiplyAdds(sink, steps, x!.shape[1]!);
    return sink;
  },
  reference: ([x], { steps }) =>
    referenceArray(x!.shape, (i) => {
      const b = 0.999 + (i % 2) * 1e-4;
      let sum = 0;
      for (let chain = 1; chain <= 8; chain++) {
        let value = chain / 10;
        for (let step = 0; step < 4 * steps; step++) value = value * b + 1e-3;
        sum += 4 * value;
      }
      return sum;
    }),
  cost: ([x], { steps }) => ({ flops: flopsOfStep * steps * elementCount(x!), bytes: 4 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [4, 8], differentiable: false }], attributes: { steps: 50 } }],
  misuses: [],
});
