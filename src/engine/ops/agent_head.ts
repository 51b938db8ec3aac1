import foldSource from '../../shaders/agent_fold.wgsl';
import gradientSource from '../../shaders/agent_gradient.wgsl';
import ownDistanceSource from '../../shaders/agent_own_distance.wgsl';
import radialSource from '../../shaders/agent_radial_gradient.wgsl';
import { record } from '../autograd.ts';
import { elementGrid, sampleGrid } from '../grid.ts';
import type { Kernel } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';
import { ClassScores, type ClassScoresOptions, type ScoreWindow } from './class_scores.ts';
import { rowGrid } from './l2_normalise.ts';
import type { LossWithStatistics } from './softmax_head.ts';

const ownDistanceKernel = { name: 'agent_own_distance', source: ownDistanceSource };
const foldKernel = { name: 'agent_fold', source: foldSource };
const gradientKernel = { name: 'agent_gradient', source: gradientSource };
const radialKernel = { name: 'agent_radial_gradient', source: radialSource };

/** Numbers in the structs State and Decision of shaders/lib/agent_state.wgsl. */
const stateNumbers = 5;
const decisionNumbers = 3;

export interface AgentHeadOptions extends Omit<ClassScoresOptions, 'normaliseFeatures'> {
  /** [n] u32 */
  readonly labels: Tensor;
  /** One number. */
  readonly margin: Tensor;
  /** w of the negative entries. */
  readonly negativeWeight: number;
  /** Form of the negative entries: conditions of shaders/lib/agent_entry.wgsl. */
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
 * Losses of squared distances D_ij between features on the unit sphere and agents, one agent a class (NormFace section 3.4), fused
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
  private readonly ownDistances: Tensor;
  private readonly decisions: Tensor;

  constructor(options: AgentHeadOptions) {
    const { features, weights, labels, negativeWeight, entry, finish } = options;
    const { device } = features;
    const n = features.shape[0]!;
    this.options = options;
    this.scores = new ClassScores({ ...options, normaliseFeatures: true });
    this.ownDistances = device.empty([n]);
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
        own_distances: this.ownDistances,
        labels,
        decisions: this.decisions,
        loss: this.loss,
        statistics: this.statistics,
        ...finish.bindings,
      },
      grid: [1, 1, 1],
      cost: { flops: 16 * n, bytes: 4 * (stateNumbers + decisionNumbers + 2) * n },
    });
  }

  /** What the kernels over a window have in common. */
  private common(window: ScoreWindow) {
    const { features, weights, labels, normaliseWeights } = this.options;
    return {
      constants: {
        SAMPLES: features.shape[0]!,
        CLASSES: window.classes,
        ALL_CLASSES: weights.shape[0]!,
      },
      conditions: { normalise_weights: normaliseWeights },
      bindings: {
        labels,
        inverse_features: this.scores.inverseFeatures,
        inverse_weights: window.inverseWeights,
        first_class: window.firstClass,
      },
    };
  }

  private measureOwn(window: ScoreWindow): void {
    const { features } = this.options;
    const [n, d] = features.shape as [number, number];
    const { constants, conditions, bindings } = this.common(window);
    const { grid, constants: place } = rowGrid(n);
    features.device.dispatch({
      kernel: ownDistanceKernel,
      constants: { ...constants, ...place, D: d },
      conditions,
      bindings: { ...bindings, features, weights: window.weights, distances: this.ownDistances },
      grid,
      cost: { flops: 2 * features.size, bytes: 8 * features.size },
    });
  }

  /** What the kernels over the entries of a window have in common. */
  private entries(window: ScoreWindow, products: Tensor) {
    const { margin, negativeWeight, entry } = this.options;
    const { constants, conditions, bindings } = this.common(window);
    return {
      constants: { ...constants, WEIGHT: negativeWeight },
      conditions: { ...conditions, ...entry },
      bindings: { ...bindings, products, own_distances: this.ownDistances, margin },
    };
  }

  private fold(window: ScoreWindow, products: Tensor, states: Tensor): void {
    const { constants, conditions, bindings } = this.entries(window, products);
    const { grid, constants: place } = sampleGrid(constants.SAMPLES);
    products.device.dispatch({
      kernel: foldKernel,
      constants: { ...constants, ...place },
      conditions: { ...conditions, first: window.first === 0 },
      bindings: { ...bindings, states },
      grid,
      cost: { flops: 8 * products.size, bytes: 4 * products.size },
    });
  }

  private gradientOf(window: ScoreWindow, products: Tensor, upstream: Tensor): Tensor {
    const { device } = products;
    const { constants, conditions, bindings } = this.entries(window, products);
    const { grid, constants: walk } = elementGrid(device, products.size, 1);
    const gradients = device.empty(products.shape);
    device.dispatch({
      kernel: gradientKernel,
      constants: { ...constants, ...walk },
      conditions,
      bindings: { ...bindings, decisions: this.decisions, upstream, gradients },
      grid,
      cost: { flops: 8 * products.size, bytes: 8 * products.size },
    });
    return gradients;
  }

  private addRadial(window: ScoreWindow, gradients: Tensor, dWeights: Tensor): void {
    const { features, weights } = this.options;
    const { grid, constants } = rowGrid(window.classes);
    weights.device.dispatch({
      kernel: radialKernel,
      constants: {
        ...constants,
        SAMPLES: features.shape[0]!,
        CLASSES: window.classes,
        D: weights.shape[1]!,
      },
      bindings: {
        gradients,
        inverse_features: this.scores.inverseFeatures,
        weights: window.weights,
        grad_weights: dWeights.rows(window.first, window.classes),
      },
      grid,
      cost: {
        flops: 2 * (gradients.size + window.weights.size),
        bytes: 4 * (gradients.size + 3 * window.weights.size),
      },
    });
  }

  backward(upstream: Tensor, into: (input: number) => Tensor): (Tensor | null)[] {
    const { features, weights, normaliseWeights } = this.options;
    const dFeatures = features.requiresGradient ? into(0) : null;
    const dWeights = weights.requiresGradient ? into(1) : null;
    this.scores.backward(
      (window, products) => this.gradientOf(window, products, upstream),
      dFeatures,
      dWeights,
      (window, gradients) => {
        if (dWeights && !normaliseWeights) this.addRadial(window, gradients, dWeights);
      },
    );
    return [dFeatures, dWeights];
  }
}
