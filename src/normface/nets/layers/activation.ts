import {
  type MaxFeatureMapOptions,
  maxFeatureMap,
  partsOf,
} from '../../../engine/ops/elementwise/max_feature_map.ts';
import { prelu } from '../../../engine/ops/elementwise/prelu.ts';
import { relu } from '../../../engine/ops/elementwise/relu.ts';
import type { PlannedLayer, SampleShape } from '../layer.ts';

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

/** Element-wise maximum of the halves of the channels, of which half as many are left, or of more parts (maxout). */
export interface MaxFeatureMapLayer extends MaxFeatureMapOptions {
  readonly kind: 'maxFeatureMap';
  readonly name: string;
}

export function planPRelu(
  { name, slope = 0.25, shared = false, decayMultiplier }: PReluLayer,
  input: SampleShape,
): PlannedLayer {
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
    ...(shared ? {} : { slope: parameter.name }),
    forward: (x, parameters) => prelu(x, parameters.get(parameter.name)),
  };
}

export function planRelu(_: ReluLayer, input: SampleShape): PlannedLayer {
  return { output: input, macs: 0, parameters: [], forward: relu };
}

export function planMaxFeatureMap(layer: MaxFeatureMapLayer, input: SampleShape): PlannedLayer {
  const parts = partsOf('maxFeatureMap', input, layer);
  return {
    output: [...input.slice(0, -1), input.at(-1)! / parts],
    macs: 0,
    parameters: [],
    forward: (x) => maxFeatureMap(x, { parts }),
  };
}
