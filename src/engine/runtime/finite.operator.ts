import { defineOperator, referenceArray } from '../core/operator.ts';
import { elementCount } from '../core/shape.ts';
import { retained } from '../testing/cleanup.ts';
import { clear } from './debug-trap.ts';
import { checkFinite } from './finite.ts';

/** 0xffffffff where all is finite, else 7. */
export const checkFiniteOperator = defineOperator({
  name: 'checkFinite',
  apply: ([x]) => {
    const { device } = x!;
    const flag = retained(device, [clear], [1]);
    checkFinite(device, x!, retained(device, [7], [1]), flag);
    return flag;
  },
  reference: ([x]) => referenceArray([1], () => (x!.data.every(Number.isFinite) ? clear : 7)),
  cost: ([x]) => ({ flops: 0, bytes: 4 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [1003], differentiable: false }], attributes: {} }],
  misuses: [],
});
