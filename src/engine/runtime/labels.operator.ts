import { defineOperator, referenceArray } from '../core/operator.ts';
import { elementCount } from '../core/shape.ts';
import { retained } from '../testing/cleanup.ts';
import { clear } from './debug-trap.ts';
import { checkLabelRange } from './labels.ts';

/** 7, the largest label outside the classes and their number; or 0xffffffff and zeros. */
export const checkLabelsOperator = defineOperator<{ classes: number }>({
  name: 'checkLabels',
  apply: ([labels], { classes }) => {
    const { device } = labels!;
    const finding = retained(device, [clear, 0, 0], [3]);
    checkLabelRange(labels!, { classes }, retained(device, [7], [1]), finding);
    return finding;
  },
  reference: ([labels], { classes }) => {
    const largest = Math.max(...labels!.data);
    const finding = largest < classes ? [clear, 0, 0] : [7, largest, classes];
    return referenceArray([3], (i) => finding[i]!);
  },
  cost: ([labels]) => ({ flops: 0, bytes: 4 * elementCount(labels!) }),
  cases: [
    { inputs: [{ shape: [1003], kind: 'labels', classes: 50 }], attributes: { classes: 50 } },
    { inputs: [{ shape: [70], kind: 'labels', classes: 50 }], attributes: { classes: 7 } },
  ],
  misuses: [],
});
