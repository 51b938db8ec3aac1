/** Losses that move something of their own at every call, and setting a tensor: kernels that the operators' own cases leave out. */

import { defineOperator, type InputSpec, type Operator, referenceArray } from '../../engine/core/operator.ts';
import { elementCount } from '../../engine/core/shape.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import { accumulate } from '../../engine/ops/elementwise/accumulate.ts';
import { fill } from '../../engine/ops/elementwise/fill.ts';
import { adaCosScaleReference } from '../../engine/ops/heads/adacos.reference.ts';
import { cContrastiveReference } from '../../engine/ops/heads/agent_losses.reference.ts';
import { cContrastiveLoss } from '../../engine/ops/heads/c_contrastive_loss.ts';
import { centerReference } from '../../engine/ops/heads/center_loss.reference.ts';
import { centerLoss } from '../../engine/ops/heads/center_loss.ts';
import { headCost, headInputs } from '../../engine/ops/heads/class_head.ts';
import { scoreMatrix } from '../../engine/ops/heads/class_scores.reference.ts';
import { cosineSoftmaxLoss } from '../../engine/ops/heads/cosine_softmax_loss.ts';
import { crossEntropyReference } from '../../engine/ops/heads/cross_entropy.reference.ts';
import { held } from './cleanup.ts';

/** The gradients take what moves as a constant, which finite differences of the reference do not. */
const inputs = (n: number, classes: number, d: number): InputSpec[] =>
  headInputs(n, classes, d).map((input) => ({ ...input, differentiable: false }));

/** Softmax loss with the scale that AdaCos takes from the batch, from its fixed scale on. */
const adaptiveScaleOperator = defineOperator({
  name: 'adaptive_scale_loss',
  stateful: true,
  apply: ([features, weights, labels]) => {
    const start = Math.SQRT2 * Math.log(weights!.shape[0]! - 1);
    const scale = held(features!.device, [start], [1], 'f32');
    return cosineSoftmaxLoss(features!, weights!, labels!, scale, { adaptive: true });
  },
  reference: ([features, weights, labels]) => {
    const cosines = scoreMatrix(features!, weights!, {});
    const start = Math.fround(Math.SQRT2 * Math.log(weights!.shape[0]! - 1));
    const scale = adaCosScaleReference(cosines, labels!.data, start);
    return crossEntropyReference(
      cosines.map((row) => row.map((cosine) => scale * cosine)),
      labels!,
    );
  },
  cost: headCost,
  cases: [{ inputs: inputs(33, 40, 8), attributes: {} }],
  misuses: [],
});

const running = 0.5;

/** C-contrastive loss whose negative margin follows the positives. */
const adaptiveMarginOperator = defineOperator<{ readonly maxNegativeMargin?: number }>({
  name: 'adaptive_margin_loss',
  stateful: true,
  apply: ([features, weights, labels], options) =>
    cContrastiveLoss(features!, weights!, labels!, {
      ...options,
      runningPositive: held(features!.device, [running], [1], 'f32'),
    }),
  reference: ([features, weights, labels], { maxNegativeMargin = 1.2 }) => {
    const negativeMargin = Math.min(1 + running, maxNegativeMargin);
    return cContrastiveReference(features!, weights!, labels!, { negativeMargin });
  },
  cost: headCost,
  cases: [{ inputs: inputs(33, 40, 8), attributes: { maxNegativeMargin: 1.3 } }],
  misuses: [],
});

/** Where center loss has moved the centers. */
const movedCentersOperator = defineOperator<{ readonly alpha: number }>({
  name: 'moved_centers',
  stateful: true,
  apply: ([features, centers, labels], options) => {
    centerLoss(features!, centers!, labels!, options);
    return copyOf(centers!);
  },
  reference: ([features, centers, labels], options) =>
    centerReference(features!, centers!, labels!, options).centers,
  cost: headCost,
  cases: [{ inputs: inputs(67, 13, 37), attributes: { alpha: 0.5 } }],
  misuses: [],
});

const fillOperator = defineOperator<{ readonly value: number }>({
  name: 'fill',
  apply: ([x], { value }) => {
    const y = x!.device.empty(x!.shape);
    fill(y, value);
    return y;
  },
  reference: ([x], { value }) => referenceArray(x!.shape, () => value),
  cost: ([x]) => ({ flops: 0, bytes: 4 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [1003], differentiable: false }], attributes: { value: 2.5 } }],
  misuses: [],
});

function copyOf(x: Tensor): Tensor {
  const y = x.device.empty(x.shape);
  accumulate(y, x, false);
  return y;
}

export const movingLosses: readonly Operator[] = [
  adaptiveScaleOperator,
  adaptiveMarginOperator,
  movedCentersOperator,
  fillOperator,
];
