import { sigmoid as applySigmoid } from '../../../engine/ops/elementwise/functions.ts';
import {
  maxFeatureMap as applyMaxFeatureMap,
  type MaxFeatureMapOptions,
  partsOf,
} from '../../../engine/ops/elementwise/max_feature_map.ts';
import { prelu as applyPRelu } from '../../../engine/ops/elementwise/prelu.ts';
import { relu as applyRelu } from '../../../engine/ops/elementwise/relu.ts';
import type { LayerKind } from '../layer.ts';
import { anyNumber, factor, trueOrFalse, wholeNumber } from '../setting.ts';

/** x where it is positive, slope·x elsewhere, with a learnt slope per channel or one for all. */
export interface PReluLayer {
  readonly kind: 'prelu';
  readonly name: string;
  /** Initial slope, default 0.25. */
  readonly slope?: number;
  /** Whether all channels have one slope; default false. */
  readonly shared?: boolean;
  /** Of the slopes; default 1: they decay like weights (docs/reference.md#center-face-resnet). */
  readonly decayMultiplier?: number;
}

/** max(x, 0). */
export interface ReluLayer {
  readonly kind: 'relu';
  readonly name: string;
}

/** 1 / (1 + e^−x). */
export interface SigmoidLayer {
  readonly kind: 'sigmoid';
  readonly name: string;
}

/** Element-wise maximum of the halves of the channels, of which half as many are left, or of more parts (maxout). */
export interface MaxFeatureMapLayer extends MaxFeatureMapOptions {
  readonly kind: 'maxFeatureMap';
  readonly name: string;
}

export const prelu: LayerKind<PReluLayer> = {
  required: {},
  optional: { slope: anyNumber, shared: trueOrFalse, decayMultiplier: factor },
  plan({ name, slope = 0.25, shared = false, decayMultiplier }, input) {
    const parameter = {
      name: `${name}.slope`,
      shape: [shared ? 1 : input.at(-1)!],
      initial: { constant: slope },
      fanIn: 1,
      decayMultiplier,
    };
    return {
      output: input,
      macs: 0,
      parameters: [parameter],
      // A convolution computes the PReLU after it only with a slope per channel.
      ...(shared ? {} : { activation: { slope: parameter.name } }),
      forward: (x, parameters) => applyPRelu(x, parameters.get(parameter.name)),
    };
  },
};

export const relu: LayerKind<ReluLayer> = {
  required: {},
  optional: {},
  plan: (_, input) => ({ output: input, macs: 0, parameters: [], activation: 'relu', forward: applyRelu }),
};

export const sigmoid: LayerKind<SigmoidLayer> = {
  required: {},
  optional: {},
  plan: (_, input) => ({ output: input, macs: 0, parameters: [], forward: applySigmoid }),
};

export const maxFeatureMap: LayerKind<MaxFeatureMapLayer> = {
  required: {},
  optional: { parts: wholeNumber(2) },
  plan(layer, input) {
    const parts = partsOf('maxFeatureMap', input, layer);
    return {
      output: [...input.slice(0, -1), input.at(-1)! / parts],
      macs: 0,
      parameters: [],
      forward: (x) => applyMaxFeatureMap(x, { parts }),
    };
  },
};
