/**
 * Losses with a state that every call updates: a scale, a margin, a curriculum, the centers. Each starts from a fixed state.
 */

import { defineOperator, type InputSpec } from '../../core/operator.ts';
import { retained } from '../../testing/cleanup.ts';
import { copyOf } from '../elementwise/accumulate.ts';
import { adaCosScaleReference } from './adacos.reference.ts';
import { cContrastiveReference } from './agent_losses.reference.ts';
import { cContrastiveLoss } from './c_contrastive_loss.ts';
import { centerReference } from './center_loss.reference.ts';
import { centerLoss } from './center_loss.ts';
import { headCost, headInputs } from './class_head.ts';
import { scoreMatrix } from './class_scores.reference.ts';
import { cosineSoftmaxLoss } from './cosine_softmax_loss.ts';
import { crossEntropyReference } from './cross_entropy.reference.ts';
import { marginReference } from './margin.reference.ts';
import { marginSoftmaxLoss } from './margin_softmax_loss.ts';

/** The gradients take the state as a constant, which finite differences of the reference do not. */
const inputs = (n: number, classes: number, d: number): InputSpec[] =>
  headInputs(n, classes, d).map((input) => ({ ...input, differentiable: false }));

/** Softmax loss with the scale that AdaCos takes from the batch, from its fixed scale on. */
export const adaptiveScaleOperator = defineOperator({
  name: 'adaptiveScaleLoss',
  family: 'loss',
  stateful: true,
  apply: ([features, weights, labels]) => {
    const start = Math.SQRT2 * Math.log(weights!.shape[0]! - 1);
    const scale = retained(features!.device, [start], [1], 'f32');
    return cosineSoftmaxLoss(features!, weights!, labels!, { scale, adaptive: true });
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
export const adaptiveMarginOperator = defineOperator<{ readonly maxNegativeMargin?: number }>({
  name: 'adaptiveMarginLoss',
  family: 'loss',
  stateful: true,
  apply: ([features, weights, labels], options) =>
    cContrastiveLoss(features!, weights!, labels!, {
      ...options,
      runningPositive: retained(features!.device, [running], [1], 'f32'),
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
export const movedCentersOperator = defineOperator<{ readonly alpha: number }>({
  name: 'movedCenters',
  family: 'loss',
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

const [startT, momentum] = [0.5, 0.75];

/** CurricularFace, whose t follows the cosines of the batch. */
export const movingCurriculumOperator = defineOperator<{ readonly scale: number; readonly margin: number }>({
  name: 'movingCurriculumLoss',
  family: 'loss',
  stateful: true,
  apply: ([features, weights, labels], { scale, margin }) => {
    const t = retained(features!.device, [startT], [1], 'f32');
    return marginSoftmaxLoss(features!, weights!, labels!, {
      scale,
      margin: { kind: 'curricular', margin, t, momentum },
    });
  },
  reference: ([features, weights, labels], { scale, margin }) => {
    const cosines = scoreMatrix(features!, weights!, {});
    const mean = cosines.reduce((sum, row, i) => sum + row[labels!.data[i]!]!, 0) / cosines.length;
    const t = momentum * startT + (1 - momentum) * mean;
    return crossEntropyReference(
      cosines.map((row, i) => {
        const own = labels!.data[i]!;
        return row.map(
          (cosine, j) =>
            scale * marginReference({ kind: 'curricular', margin, t }, cosine, j === own, 0, row[own]),
        );
      }),
      labels!,
    );
  },
  cost: headCost,
  cases: [{ inputs: inputs(33, 40, 8), attributes: { scale: 16, margin: 0.5 } }],
  misuses: [],
});
