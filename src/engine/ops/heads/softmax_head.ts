import adaptSource from '../../../shaders/heads/adacos_scale.wesl';
import finishSource from '../../../shaders/heads/softmax_head_finish.wesl';
import radialSource from '../../../shaders/heads/softmax_head_grad_radial.wesl';
import samplesSource from '../../../shaders/heads/softmax_samples.wesl';
import structs from '../../../shaders/lib/softmax_state.wesl';
import { record } from '../../core/autograd.ts';
import { checkArgument } from '../../core/errors.ts';
import { rowsOf, type Tensor, viewOf } from '../../core/tensor.ts';
import { type StructLayout, structLayout } from '../../runtime/struct-layout.ts';
import { multiply } from '../elementwise/multiply.ts';
import { rowInverseNorms } from '../norm/l2_normalise.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { ClassScores, type ClassScoresOptions } from './class_scores.ts';
import { type ClassShard, mergeSoftmaxStates, shareOwnRows } from './class_shard.ts';
import { followCurriculum } from './curriculum.ts';
import { FusedHead } from './fused_head.ts';
import { type Margin, marginBindings, needsOwnAngle } from './margin.ts';
import { isSampleMargin } from './sample_margin.ts';
import {
  addMarginGradient,
  finishSampleMargins,
  sampleMarginStatistics,
  setSampleMargins,
} from './sample_margins.ts';
import { type LossWithStatistics, statisticNames } from './statistics.ts';

const adaptKernel = { name: 'adacos_scale', source: adaptSource };
const samplesKernel = { name: 'softmax_samples', source: samplesSource };
const finishKernel = { name: 'softmax_head_finish', source: finishSource };
const radialKernel = { name: 'softmax_head_grad_radial', source: radialSource };

const statistics = statisticNames(structs);

/** Conditions that members of the structs are behind. */
const memberConditions = { curricular: false, smoothed: false };
type MemberConditions = Readonly<Partial<typeof memberConditions>>;

const structOf = (name: string, conditions: MemberConditions): StructLayout =>
  structLayout(structs, name, { ...memberConditions, ...conditions });

/** Options of every softmax loss. */
export interface SharedHeadOptions {
  /**
   * One u32 in a tensor, at least 1: only the first so many rows of the weights are classes, the others take no part and have zero
   * gradients. For captured steps in which the number of classes varies.
   */
  readonly classesInUse?: Tensor;
  /** The weights are of some of the classes, and other ranks have the others (default: of all classes). */
  readonly shard?: ClassShard | null;
  /**
   * ε of smoothed labels (arXiv 1512.00567, section 7), from 0 to below 1: the label of the own class is 1 − ε + ε/C, those of the others
   * ε/C, with C the classes that take part (default 0).
   */
  readonly labelSmoothing?: number;
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
  readonly labelSmoothing?: number | undefined;
}

/**
 * Softmax cross-entropy over scores of features and class weights, fused with them: see {@link FusedHead}. The state of a
 * sample is the logit of its class and the running maximum and sum of the others; the gradient is made from 1 − p of the own class
 * as it is, which is not 0 for a sample that is recognised with certainty, and exactly 0 where there is one class only.
 */
export function softmaxHead(options: SoftmaxHeadOptions): LossWithStatistics {
  const { operator, features, weights, bias, scale, floor, margin = null } = options;
  const { normaliseFeatures, classesInUse, shard = null, labelSmoothing = 0 } = options;
  const { device } = features;
  checkArgument(
    labelSmoothing >= 0 && labelSmoothing < 1,
    operator,
    () => `labelSmoothing must be a number from 0 to below 1, not ${labelSmoothing}`,
  );
  return device.within(operator, () => {
    const { constants, conditions, bindings: ofMargin } = marginBindings(device, margin);
    const members = membersOf(options);
    // A margin is for cosines, whatever the lengths of the features.
    const scores = new ClassScores({ ...options, normaliseFeatures: normaliseFeatures || margin !== null });
    const samplesNow = (): Tensor => samplesOf(scores, options, ofMargin);
    let samples = samplesNow();
    const sampleMargin = isSampleMargin(margin) ? margin : null;
    if (sampleMargin) setSampleMargins(sampleMargin, samples, shard !== null);
    const head = new FusedHead({
      scores,
      family: 'softmax',
      finish: finishKernel,
      merge: mergeSoftmaxStates,
      state: structOf('State', members),
      decision: structOf('Decision', members),
      statistics: sampleMargin ? sampleMarginStatistics : statistics,
      flops: 8,
      constants,
      conditions: {
        normalise_features: normaliseFeatures,
        bias: bias !== null,
        partial: classesInUse !== undefined,
        ...conditions,
        ...members,
      },
      structConditions: members,
      bindings: ({ first, classes }) => ({
        samples,
        ...(bias ? { bias: rowsOf(bias, first, classes) } : {}),
      }),
    });
    if (options.adaptive) {
      // The products are gone over once more for the scale.
      adaptScale(head.reduce(), scale, floor, members);
      samples = samplesNow();
    }
    const slope = device.empty([]); // ∂loss/∂s
    const outputs = head.finish(
      {
        constants: members.smoothed ? { SMOOTHING: labelSmoothing } : {},
        conditions: { partial: classesInUse !== undefined },
        bindings: {
          samples,
          slope,
          ...(classesInUse ? { classes_in_use: shard?.allInUse ?? classesInUse } : {}),
        },
      },
      head.reduce(),
    );
    if (sampleMargin) finishSampleMargins(sampleMargin, samples, outputs);
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
        if (dFeatures && margin && !normaliseFeatures)
          head.addToFeatures(radialKernel, { constants: {}, bindings: { upstream } }, dFeatures);
        if (dFeatures && sampleMargin) addMarginGradient(sampleMargin, head, upstream, dFeatures);
        const dScale = scale.requiresGradient ? viewOf(multiply(slope, upstream), scale.shape) : null;
        return [dFeatures, dWeights, dScale, ...(bias ? [dBias] : [])];
      },
    });
    return outputs;
  });
}

/** Those of the {@link memberConditions} that hold. */
const membersOf = ({
  margin,
  labelSmoothing = 0,
}: Pick<SoftmaxHeadOptions, 'margin' | 'labelSmoothing'>): MemberConditions => ({
  ...(margin?.kind === 'curricular' ? { curricular: true } : {}),
  ...(labelSmoothing > 0 ? { smoothed: true } : {}),
});

/** What is known of every sample before its scores: see shaders/heads/softmax_samples. */
function samplesOf(
  scores: ClassScores,
  { features, labels, scale, floor, epsilon, normaliseFeatures, margin = null, shard }: SoftmaxHeadOptions,
  ofMargin: Readonly<Record<string, Tensor>>,
): Tensor {
  const isOfAngle = needsOwnAngle(margin);
  const members = membersOf({ margin });
  const sample = structOf('Sample', members);
  const samples = features.device.empty([features.shape[0]!, sample.words], sample.dtype);
  const lengths = !normaliseFeatures || isOfAngle || isSampleMargin(margin);
  const bindings = {
    scale,
    samples,
    ...ofMargin,
    ...(lengths ? { inverse_features: rowInverseNorms(features, epsilon) } : {}),
  };
  const conditions = {
    lengths,
    angle_margin: isOfAngle,
    multiple_angle: margin?.kind === 'multiple-angle',
    ...members,
  };
  const constants = { EPSILON: epsilon, FLOOR: floor };
  // Only the angle to the own class is found from weights.
  const own = { constants, conditions };
  if (isOfAngle) {
    scores.perSample(samplesKernel, labels, own, bindings);
    if (shard) shareOwnRows(samples, labels, scores.weights, shard);
    if (margin?.kind === 'curricular') followCurriculum(samples, margin);
  } else {
    const cost = { flops: 0, bytes: 2 * samples.bytes };
    scores.perSample(samplesKernel, labels, { ...own, cost }, bindings, scores.windows.slice(0, 1));
  }
  return samples;
}

/** Sets the scale as AdaCos says, from the states that the batch has with the scale so far. */
function adaptScale(states: Tensor, scale: Tensor, floor: number, conditions: MemberConditions): void {
  const { device, bytes } = states;
  const n = states.shape[0]!;
  device.dispatch({
    kernel: adaptKernel,
    constants: { SAMPLES: n, FLOOR: floor, WORKGROUP: device.report.software ? 32 : 256 },
    conditions,
    bindings: { states, scale },
    grid: [1, 1, 1],
    cost: { flops: 64 * n, bytes },
  });
}
