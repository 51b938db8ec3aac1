/** What a configured loss adds to a net: class weights, and the loss of features with them. */

import { cContrastiveHead } from '../../engine/ops/c_contrastive_loss.ts';
import { cTripletHead } from '../../engine/ops/c_triplet_loss.ts';
import { cosineSoftmaxHead } from '../../engine/ops/cosine_softmax_loss.ts';
import { normaliseRowsInPlace } from '../../engine/ops/l2_normalise.ts';
import { softmaxLossHead } from '../../engine/ops/softmax_loss.ts';
import type { ParameterDeclaration, Parameters } from '../../engine/parameters.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { initialValues } from '../nets/initial.ts';
import type { LossConfig } from './config.ts';

/** Results of a head for one batch. */
export interface HeadOutputs {
  readonly loss: Tensor;
  /** Mean cosine to the own class, mean cosine to the other classes; the third is the scale for softmax over cosines. */
  readonly statistics: Tensor;
}

export interface Head {
  /** Factor of the loss in the sum of losses. */
  readonly weight: number;
  /** Whether the third of the statistics is a scale. */
  readonly hasScale: boolean;
  readonly declarations: readonly ParameterDeclaration[];
  /** Parameters that another run on the same people may hand over. */
  readonly reusable: readonly string[];
  /** @param features [n, d] @param labels [n] u32 */
  apply(features: Tensor, labels: Tensor, parameters: Parameters): HeadOutputs;
}

interface HeadSize {
  readonly classes: number;
  readonly featureSize: number;
  readonly seed: number;
}

/**
 * Makes the head of a loss; its parameters are called `prefix.weight` and so on.
 * Class weights of softmax start as Caffe's xavier, agents on the unit sphere (section 3.5).
 */
export function createHead(prefix: string, config: LossConfig, size: HeadSize): Head {
  const { classes, featureSize, seed } = size;
  const { learningRateMultiplier, decayMultiplier, weight } = config;
  const multipliers = { learningRateMultiplier, decayMultiplier };
  const shape = [classes, featureSize];
  const name = `${prefix}.weight`;
  const common = { weight, reusable: [name] };
  const agents = { name, shape, init: () => onUnitSphere(name, size), ...multipliers };
  /** The agents of a step, and whether the loss has yet to normalise them. */
  const agentsOf = (parameters: Parameters, scheme: 'tangent' | 'hard') => {
    const weights = parameters.get(name);
    const isHard = scheme === 'hard';
    if (isHard) normaliseRowsInPlace(weights);
    return { weights, normaliseWeights: !isHard };
  };
  switch (config.name) {
    case 'softmax': {
      const bias = `${prefix}.bias`;
      const init = () => initialValues('xavier', { name, shape, fanIn: featureSize }, seed);
      const declarations: ParameterDeclaration[] = [{ name, shape, init, ...multipliers }];
      if (config.bias)
        declarations.push({
          name: bias,
          shape: [classes],
          init: new Float32Array(classes),
          learningRateMultiplier: 2 * learningRateMultiplier,
          decayMultiplier: 0,
        });
      return {
        ...common,
        hasScale: false,
        declarations,
        apply: (features, labels, parameters) =>
          softmaxLossHead(features, parameters.get(name), config.bias ? parameters.get(bias) : null, labels),
      };
    }
    case 'normface': {
      const scaleName = `${prefix}.scale`;
      const { initial, learn, minimum, ...rates } = config.scale;
      const scale = { name: scaleName, shape: [1], init: Float32Array.of(initial), ...rates };
      return {
        ...common,
        hasScale: true,
        declarations: learn ? [agents, scale] : [agents],
        apply: (features, labels, parameters) => {
          const { weights, normaliseWeights } = agentsOf(parameters, config.weightNormalisation);
          const s = learn ? parameters.get(scaleName) : initial;
          return cosineSoftmaxHead(features, weights, labels, s, { floor: minimum, normaliseWeights });
        },
      };
    }
    case 'c-contrastive': {
      const { addIntraMae, weightNormalisation, ...options } = config;
      const runningName = `${prefix}.running_positive`;
      // Kept in place by the loss; a parameter so that checkpoints have it.
      const running = { name: runningName, shape: [1], init: new Float32Array(1), frozen: true };
      return {
        ...common,
        hasScale: false,
        declarations: addIntraMae ? [agents, running] : [agents],
        apply: (features, labels, parameters) => {
          const { weights, normaliseWeights } = agentsOf(parameters, weightNormalisation);
          const runningPositive = addIntraMae ? parameters.get(runningName) : undefined;
          return cContrastiveHead(features, weights, labels, {
            ...options,
            normaliseWeights,
            runningPositive,
          });
        },
      };
    }
    case 'c-triplet': {
      const { weightNormalisation, ...options } = config;
      return {
        ...common,
        hasScale: false,
        declarations: [agents],
        apply: (features, labels, parameters) => {
          const { weights, normaliseWeights } = agentsOf(parameters, weightNormalisation);
          return cTripletHead(features, weights, labels, { ...options, normaliseWeights });
        },
      };
    }
  }
}

/** Standard normal rows divided by their norms: directions spread evenly. */
function onUnitSphere(name: string, { classes, featureSize, seed }: HeadSize): Float32Array {
  const values = initialValues({ gaussian: 1 }, { name, shape: [classes, featureSize], fanIn: 1 }, seed);
  for (let start = 0; start < values.length; start += featureSize) {
    const row = values.subarray(start, start + featureSize);
    const norm = Math.hypot(...row);
    row.forEach((value, i) => {
      row[i] = value / norm;
    });
  }
  return values;
}
