import adaptSource from '../../../shaders/heads/adacos_scale.wesl';
import ownGapSource from '../../../shaders/heads/own_gap.wesl';
import finishSource from '../../../shaders/heads/softmax_head_finish.wesl';
import gradientSource from '../../../shaders/heads/softmax_head_grad_products.wesl';
import radialSource from '../../../shaders/heads/softmax_head_grad_radial.wesl';
import reduceSource from '../../../shaders/heads/softmax_head_reduce.wesl';
import structs from '../../../shaders/lib/softmax_state.wesl';
import { record } from '../../core/autograd.ts';
import { rowsOf, type Tensor, viewOf } from '../../core/tensor.ts';
import { structLayout } from '../../runtime/struct-layout.ts';
import { multiply } from '../elementwise/multiply.ts';
import { rowInverseNorms } from '../norm/l2_normalise.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { ClassScores, type ClassScoresOptions } from './class_scores.ts';
import { FusedHead } from './fused_head.ts';
import { type Margin, marginBindings } from './margin.ts';
import { type LossWithStatistics, statisticNames } from './statistics.ts';

const adaptKernel = { name: 'adacos_scale', source: adaptSource };
const reduceKernel = { name: 'softmax_head_reduce', source: reduceSource };
const finishKernel = { name: 'softmax_head_finish', source: finishSource };
const ownGapKernel = { name: 'own_gap', source: ownGapSource };
const gradientKernel = { name: 'softmax_head_grad_products', source: gradientSource };
const radialKernel = { name: 'softmax_head_grad_radial', source: radialSource };

const state = structLayout(structs, 'State');
const decision = structLayout(structs, 'Decision');
const statistics = statisticNames(structs);

/** Options of every softmax loss. */
export interface SharedHeadOptions {
  /**
   * One u32 in a tensor, at least 1: only the first so many rows of the weights are classes, the others take no part and have zero
   * gradients. For captured steps in which the number of classes varies.
   */
  readonly classesInUse?: Tensor;
}

export interface SoftmaxHeadOptions extends ClassScoresOptions {
  /** [classes] or null; only without normalisation */
  readonly bias: Tensor | null;
  /** [n] u32 */
  readonly labels: Tensor;
  /** One number s; its gradient is that of the unclamped scale. */
  readonly scale: Tensor;
  /** Least s that is used. */
  readonly floor: number;
  /** The scale follows the batch, as AdaCos says: shaders/heads/adacos_scale. Only for scores that are cosines. */
  readonly adaptive?: boolean;
  /** What stands for the cosines; only with normalised weights. */
  readonly margin?: Margin | null;
}

/**
 * Softmax cross-entropy over scores of features and class weights, fused with them: see {@link FusedHead}. The state of a
 * sample is the logit of its class and the running maximum and sum of the others; the gradient is made from 1 − p of the own class
 * as it is, which is not 0 for a sample that is recognised with certainty, and exactly 0 where there is one class only.
 */
export function softmaxHead(options: SoftmaxHeadOptions): LossWithStatistics {
  const { operator, features, weights, labels, bias, scale, floor, epsilon, margin = null } = options;
  const { normaliseFeatures, normaliseWeights, classesInUse } = options;
  const { device } = features;
  return device.within(operator, () => {
    const extra = marginBindings(device, margin);
    // A margin is for cosines, whatever the lengths of the features.
    const scores = new ClassScores({ ...options, normaliseFeatures: normaliseFeatures || margin !== null });
    // 1/‖f‖ of features that are not normalised: for the lengths in the logits of a margin, or for the log.
    const inverseFeatures = normaliseFeatures ? null : rowInverseNorms(features, epsilon);
    const ownGaps = margin?.kind === 'angle' ? ownGapsOf(scores, options, inverseFeatures) : null;
    const head = new FusedHead({
      scores,
      kernels: { reduce: reduceKernel, finish: finishKernel, gradient: gradientKernel },
      state,
      decision,
      statistics,
      flops: 8,
      constants: { FLOOR: floor, ...extra.constants },
      conditions: {
        normalise_features: normaliseFeatures,
        normalise_weights: normaliseWeights,
        bias: bias !== null,
        partial: classesInUse !== undefined,
        ...extra.conditions,
      },
      bindings: ({ first, classes, norms }) => ({
        labels,
        scale,
        inverse_weights: norms,
        ...(inverseFeatures ? { inverse_features: inverseFeatures } : {}),
        ...(ownGaps ? { own_gaps: ownGaps } : {}),
        ...(bias ? { bias: rowsOf(bias, first, classes) } : {}),
        ...extra.bindings,
      }),
    });
    // The products are gone over once more for the scale.
    if (options.adaptive) adaptScale(head.reduce(), scale, floor);
    const slope = device.empty([]); // ∂loss/∂s
    const outputs = head.finish(
      {
        constants: { FLOOR: floor },
        conditions: { partial: classesInUse !== undefined },
        bindings: { scale, labels, slope, ...(classesInUse ? { classes_in_use: classesInUse } : {}) },
      },
      head.reduce(),
    );
    record(outputs.loss, {
      operator,
      inputs: [features, weights, scale, ...(bias ? [bias] : [])],
      backward: (upstream, into) => {
        const dBias = bias?.requiresGradient ? into(3) : null;
        const [dFeatures, dWeights] = head.backward(
          upstream,
          into,
          dBias
            ? ({ first, classes }, gradients) =>
                sumRows(gradients, features.shape[0]!, classes, rowsOf(dBias, first, classes))
            : undefined,
        );
        if (dFeatures && margin && inverseFeatures) {
          const bindings = { inverse_features: inverseFeatures, upstream };
          head.addToFeatures(radialKernel, { constants: {}, bindings }, dFeatures);
        }
        const dScale = scale.requiresGradient ? viewOf(multiply(slope, upstream), scale.shape) : null;
        return [dFeatures, dWeights, dScale, ...(bias ? [dBias] : [])];
      },
    });
    return outputs;
  });
}

/** 1 − the cosine of every sample to its own class, for a margin of the angle: see shaders/heads/own_gap. */
function ownGapsOf(
  scores: ClassScores,
  { features, labels, epsilon }: SoftmaxHeadOptions,
  inverseFeatures: Tensor | null,
): Tensor {
  const inverse = inverseFeatures ?? rowInverseNorms(features, epsilon);
  const ownGaps = features.device.empty([features.shape[0]!]);
  scores.perSample(ownGapKernel, labels, { constants: { EPSILON: epsilon } }, ({ norms }) => ({
    inverse_features: inverse,
    inverse_weights: norms,
    own_gaps: ownGaps,
  }));
  return ownGaps;
}

/** Sets the scale as AdaCos says, from the states that the batch has with the scale so far. */
function adaptScale(states: Tensor, scale: Tensor, floor: number): void {
  const { device, bytes } = states;
  const n = states.shape[0]!;
  device.dispatch({
    kernel: adaptKernel,
    constants: { SAMPLES: n, FLOOR: floor, WORKGROUP: device.report.software ? 32 : 256 },
    bindings: { states, scale },
    grid: [1, 1, 1],
    cost: { flops: 64 * n, bytes },
  });
}
