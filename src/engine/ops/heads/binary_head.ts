/** Losses that are a binary problem for every class: SphereFace2 and UniFace. */

import finishSource from '../../../shaders/heads/binary_finish.wesl';
import structs from '../../../shaders/lib/binary_state.wesl';
import { record } from '../../core/autograd.ts';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { type Tensor, viewOf } from '../../core/tensor.ts';
import { structLayout } from '../../runtime/struct-layout.ts';
import { multiply } from '../elementwise/multiply.ts';
import { ClassScores, type ClassScoresOptions } from './class_scores.ts';
import { mergeBinaryStates } from './class_shard.ts';
import { FusedHead } from './fused_head.ts';
import type { HeadPass } from './head_passes.ts';
import { type LossWithStatistics, statisticNames } from './statistics.ts';

const finishKernel = { name: 'binary_finish', source: finishSource };

const state = structLayout(structs, 'State');
const decision = structLayout(structs, 'Decision');
const statistics = statisticNames(finishSource);

interface BinaryHeadOptions
  extends Omit<ClassScoresOptions, 'normaliseFeatures' | 'distances'>,
    Pick<HeadPass, 'constants' | 'conditions'> {
  /** [n] u32 */
  readonly labels: Tensor;
  /** b, one f32 that all classes share. */
  readonly bias: Tensor;
}

/** The loss, and with what its entries take (`constants` and `conditions` of shaders/lib/binary_classes) its gradients by features, weights and bias. */
export function binaryHead(options: BinaryHeadOptions): LossWithStatistics {
  const { operator, features, weights, labels, bias, classesInUse, shard, constants, conditions } = options;
  const { device } = features;
  return device.within(operator, () => {
    const partial: Record<string, boolean> = classesInUse ? { partial: true } : {};
    const head = new FusedHead({
      scores: new ClassScores({ ...options, normaliseFeatures: true }),
      family: 'binary',
      finish: finishKernel,
      merge: mergeBinaryStates,
      state,
      decision,
      statistics,
      flops: 24,
      constants,
      conditions: { ...conditions, ...partial },
      bindings: () => ({ labels, shared_bias: bias }),
    });
    const slope = device.empty([]); // ∂loss/∂b
    const inUse: Record<string, Tensor> = classesInUse
      ? { classes_in_use: shard?.allInUse ?? classesInUse }
      : {};
    const outputs = head.finish(
      { constants: {}, conditions: partial, bindings: { labels, bias, slope, ...inUse } },
      head.reduce(),
    );
    record(outputs.loss, {
      operator,
      inputs: [features, weights, bias],
      backward: (upstream, into) => [
        ...head.backward(upstream, into),
        bias.requiresGradient ? viewOf(multiply(slope, upstream), bias.shape) : null,
      ],
    });
    return outputs;
  });
}

/** @throws ArgumentError unless it is one f32 */
export function checkSharedBias(operator: string, bias: Tensor): void {
  checkOperands(operator, bias);
  check(
    bias.size === 1 && bias.dtype === 'f32',
    operator,
    () => `bias must be one f32, not ${formatShape(bias.shape)} ${bias.dtype}`,
  );
}

/** What refuses a number by its name and rule. */
export const numbersMust =
  (operator: string) =>
  (holds: boolean, name: string, rule: string, value: number): void =>
    checkArgument(
      holds && Number.isFinite(value),
      operator,
      () => `${name} must be a number ${rule}, not ${value}`,
    );
