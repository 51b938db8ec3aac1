import foldSource from '../../../shaders/heads/agent_fold.wesl';
import gradientSource from '../../../shaders/heads/agent_gradient.wesl';
import radialSource from '../../../shaders/heads/agent_radial_gradient.wesl';
import samplesSource from '../../../shaders/heads/agent_samples.wesl';
import { record } from '../../core/autograd.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Kernel } from '../../runtime/kernel.ts';
import { elementGrid, sampleGrid } from '../../tuning/grid.ts';
import { rowGrid, rowInverseNorms } from '../norm/l2_normalise.ts';
import { ClassScores, type ClassScoresOptions, type ScoreWindow } from './class_scores.ts';
import type { LossWithStatistics } from './softmax_head.ts';

const samplesKernel = { name: 'agent_samples', source: samplesSource };
const foldKernel = { name: 'agent_fold', source: foldSource };
const gradientKernel = { name: 'agent_gradient', source: gradientSource };
const radialKernel = { name: 'agent_radial_gradient', source: radialSource };

/** Numbers in the structs Sample, State and Decision of shaders/lib/agent_state.wesl. */
const sampleNumbers = 3;
const stateNumbers = 5;
const decisionNumbers = 4;

export interface AgentHeadOptions extends Omit<ClassScoresOptions, 'normaliseFeatures' | 'distances'> {
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
 * Losses of squared distances D_ij between normalised features and agents, one agent a class (arXiv 1704.06369, section 4), fused
 * with the distances: see {@link ClassScores}. A loss is a sum of negative entries, functions of D_ij (and D_i,own), and of what
 * its finish kernel makes of them and of D_i,own; the kernel writes a decision per sample that the gradient follows.
 */
export function agentHead(options: AgentHeadOptions): LossWithStatistics {
  const { operator, features, weights } = options;
  const head = features.device.within(operator, () => new AgentHead(options));
  const { loss, statistics } = head;
  record(loss, {
    operator,
    inputs: [features, weights],
    backward: (upstream, into) => head.backward(upstream, into),
  });
  return { loss, statistics };
}

class AgentHead {
  readonly loss: Tensor;
  readonly statistics: Tensor;
  private readonly options: AgentHeadOptions;
  private readonly scores: ClassScores;
  private readonly samples: Tensor;
  private readonly decisions: Tensor;

  constructor(options: AgentHeadOptions) {
    const { features, weights, labels, negativeWeight, entry, finish } = options;
    const { device } = features;
    const n = features.shape[0]!;
    this.options = options;
    this.scores = new ClassScores({ ...options, normaliseFeatures: true, distances: true });
    this.samples = device.empty([n, sampleNumbers]);
    for (const window of this.scores.windows) this.measureOwn(window);
    const states = device.empty([n, stateNumbers], 'u32');
    this.scores.forward((window, products) => this.fold(window, products, states));
    this.loss = device.empty([]);
    this.statistics = device.empty([4]);
    this.decisions = device.empty([n, decisionNumbers], 'u32');
    device.dispatch({
      kernel: finish.kernel,
      constants: {
        SAMPLES: n,
        ALL_CLASSES: weights.shape[0]!,
        WEIGHT: negativeWeight,
        WORKGROUP: 32,
        ...finish.constants,
      },
      conditions: { ...entry, ...finish.conditions },
      bindings: {
        states,
        samples: this.samples,
        labels,
        decisions: this.decisions,
        loss: this.loss,
        statistics: this.statistics,
        ...finish.bindings,
      },
      grid: [1, 1, 1],
      cost: { flops: 16 * n, bytes: 4 * (sampleNumbers + stateNumbers + decisionNumbers + 1) * n },
    });
  }

  /** What the kernels over a window have in common. */
  private common(window: ScoreWindow) {
    const { features, weights, labels, normaliseWeights, epsilon, negativeWeight, entry } = this.options;
    return {
      constants: {
        SAMPLES: features.shape[0]!,
        CLASSES: window.classes,
        ALL_CLASSES: weights.shape[0]!,
        EPSILON: epsilon,
        WEIGHT: negativeWeight,
      },
      conditions: { normalise_weights: normaliseWeights, ...entry },
      bindings: { labels, norms: window.norms, first_class: window.firstClass, samples: this.samples },
    };
  }

  private measureOwn(window: ScoreWindow): void {
    const { rows } = this.scores;
    const [n, d] = rows.shape as [number, number];
    const { constants, conditions, bindings } = this.common(window);
    const { grid, constants: place } = rowGrid(rows.device, n);
    rows.device.dispatch({
      kernel: samplesKernel,
      constants: { ...constants, ...place, D: d },
      conditions,
      bindings: { ...bindings, features: rows, weights: window.weights, margin: this.options.margin },
      grid,
      cost: { flops: 6 * rows.size, bytes: 8 * rows.size },
    });
  }

  private fold(window: ScoreWindow, products: Tensor, states: Tensor): void {
    const { constants, conditions, bindings } = this.common(window);
    const { grid, constants: place } = sampleGrid(products.device, constants.SAMPLES);
    products.device.dispatch({
      kernel: foldKernel,
      constants: { ...constants, ...place },
      conditions: { ...conditions, first: window.first === 0 },
      bindings: { ...bindings, products, states },
      grid,
      cost: { flops: 8 * products.size, bytes: 4 * products.size },
    });
  }

  private gradientOf(window: ScoreWindow, products: Tensor, upstream: Tensor): Tensor {
    const { device } = products;
    const { constants, conditions, bindings } = this.common(window);
    const { grid, constants: walk } = elementGrid(device, products.size, 1);
    const gradients = device.empty(products.shape);
    device.dispatch({
      kernel: gradientKernel,
      constants: { ...constants, ...walk },
      conditions,
      bindings: { ...bindings, products, decisions: this.decisions, upstream, gradients },
      grid,
      cost: { flops: 8 * products.size, bytes: 8 * products.size },
    });
    return gradients;
  }

  private addRadial(upstream: Tensor, gradients: Tensor): void {
    const { features, epsilon } = this.options;
    const [n, d] = features.shape as [number, number];
    const { grid, constants } = elementGrid(features.device, features.size, 1);
    features.device.dispatch({
      kernel: radialKernel,
      constants: { ...constants, SAMPLES: n, D: d, EPSILON: epsilon },
      bindings: {
        directions: this.scores.rows,
        inverse_features: rowInverseNorms(features, epsilon),
        decisions: this.decisions,
        upstream,
        grad_features: gradients,
      },
      grid,
      cost: { flops: 2 * features.size, bytes: 12 * features.size },
    });
  }

  backward(upstream: Tensor, into: (input: number) => Tensor): (Tensor | null)[] {
    const { features, weights } = this.options;
    const dFeatures = features.requiresGradient ? into(0) : null;
    const dWeights = weights.requiresGradient ? into(1) : null;
    this.scores.backward(
      (window, products) => this.gradientOf(window, products, upstream),
      dFeatures,
      dWeights,
    );
    if (dFeatures) this.addRadial(upstream, dFeatures);
    return [dFeatures, dWeights];
  }
}
