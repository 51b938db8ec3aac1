import radialSource from '../../../shaders/heads/agent_grad_radial.wesl';
import samplesSource from '../../../shaders/heads/agent_samples.wesl';
import structs from '../../../shaders/lib/agent_state.wesl';
import { record } from '../../core/autograd.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Kernel } from '../../runtime/kernel.ts';
import { structLayout } from '../../runtime/struct-layout.ts';
import { rowInverseNorms } from '../norm/l2_normalise.ts';
import { ClassScores, type ClassScoresOptions } from './class_scores.ts';
import { mergeAgentStates, shareOwnRows } from './class_shard.ts';
import { FusedHead } from './fused_head.ts';
import { type LossWithStatistics, statisticNames } from './statistics.ts';

const samplesKernel = { name: 'agent_samples', source: samplesSource };
const radialKernel = { name: 'agent_grad_radial', source: radialSource };

const sample = structLayout(structs, 'Sample');
const state = structLayout(structs, 'State');
const decision = structLayout(structs, 'Decision');
const statistics = statisticNames(structs);

export interface AgentHeadOptions
  extends Omit<ClassScoresOptions, 'normaliseFeatures' | 'distances' | 'classesInUse'> {
  /** [n] u32 */
  readonly labels: Tensor;
  /** One number. */
  readonly margin: Tensor;
  /** w of the negative entries. */
  readonly negativeWeight: number;
  /** Form of the negative entries: conditions of shaders/lib/agent_entry.wesl. */
  readonly entry: { readonly triplet?: boolean; readonly exponential?: boolean };
  /** The kernel that ends the forward pass, with what it takes beside the states. */
  readonly finish: {
    readonly kernel: Kernel;
    readonly constants: Readonly<Record<string, number>>;
    readonly conditions: Readonly<Record<string, boolean>>;
    readonly bindings: Readonly<Record<string, Tensor>>;
  };
}

/**
 * Losses of squared distances D_ij between normalised features and agents, one agent per class (arXiv 1704.06369, section 4), fused
 * with the distances: see {@link FusedHead}. A loss is a sum of negative entries, functions of D_ij (and D_i,own), and of what
 * its finish kernel makes of them and of D_i,own; the kernel writes a decision per sample that the gradient follows.
 */
export function agentHead(options: AgentHeadOptions): LossWithStatistics {
  const { operator, features, weights, negativeWeight, epsilon, entry } = options;
  const { finish } = options;
  return features.device.within(operator, () => {
    const scores = new ClassScores({ ...options, normaliseFeatures: true, distances: true });
    const samples = samplesOf(scores, options);
    const head = new FusedHead({
      scores,
      family: 'agents',
      finish: finish.kernel,
      merge: mergeAgentStates,
      state,
      decision,
      statistics,
      flops: 8,
      constants: { WEIGHT: negativeWeight },
      conditions: { ...entry },
      bindings: () => ({ samples }),
    });
    const outputs = head.finish(
      {
        constants: { WEIGHT: negativeWeight, ...finish.constants },
        conditions: { ...entry, ...finish.conditions },
        bindings: { samples, ...finish.bindings },
      },
      head.reduce(),
    );
    record(outputs.loss, {
      operator,
      inputs: [features, weights],
      backward: (upstream, into) => {
        const [dFeatures, dWeights] = head.backward(upstream, into);
        if (dFeatures) {
          const bindings = { inverse_features: rowInverseNorms(features, epsilon), upstream };
          head.addToFeatures(radialKernel, { constants: { EPSILON: epsilon }, bindings }, dFeatures);
        }
        return [dFeatures, dWeights];
      },
    });
    return outputs;
  });
}

/** What is known of every sample before its distances to other agents: see shaders/heads/agent_samples. */
function samplesOf(scores: ClassScores, { labels, margin, entry, shard }: AgentHeadOptions): Tensor {
  const { rows } = scores;
  const samples = rows.device.empty([rows.shape[0]!, sample.words], sample.dtype);
  scores.perSample(samplesKernel, labels, { conditions: entry }, { margin, samples });
  if (shard) shareOwnRows(samples, labels, scores.weights, shard);
  return samples;
}
