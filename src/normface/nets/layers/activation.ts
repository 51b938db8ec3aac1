import { check, formatShape } from '../../../engine/errors.ts';
import { maxFeatureMap } from '../../../engine/ops/max_feature_map.ts';
import { prelu } from '../../../engine/ops/prelu.ts';
import { relu } from '../../../engine/ops/relu.ts';
import type { PlannedLayer, SampleShape } from '../layer.ts';

/** x where it is positive, slope·x elsewhere, with a learnt slope a channel. */
export interface PReluLayer {
  readonly kind: 'prelu';
  readonly name: string;
  /** Initial slope, default 0.25. */
  readonly slope?: number;
  /** Of the slopes; default 1: they decay like weights (section 6.1). */
  readonly decayMultiplier?: number;
}

/** max(x, 0). */
export interface ReluLayer {
  readonly kind: 'relu';
  readonly name: string;
}

/** Element-wise maximum of the two halves of the channels, of which half as many are left (section 6.2). */
export interface MaxFeatureMapLayer {
  readonly kind: 'maxFeatureMap';
  readonly name: string;
}

export function planPRelu(
  { name, slope = 0.25, decayMultiplier }: PReluLayer,
  input: SampleShape,
): PlannedLayer {
  const parameter = {
    name: `${name}.slope`,
    shape: [input.at(-1)!],
    initial: { constant: slope },
    fanIn: 1,
    decayMultiplier,
  };
  return {
    output: input,
    macs: 0,
    parameters: [parameter],
    slope: parameter.name,
    forward: (x, parameters) => prelu(x, parameters.get(parameter.name)),
  };
}

export function planRelu(_: ReluLayer, input: SampleShape): PlannedLayer {
  return { output: input, macs: 0, parameters: [], forward: relu };
}

export function planMaxFeatureMap(_: MaxFeatureMapLayer, input: SampleShape): PlannedLayer {
  const channels = input.at(-1)!;
  check(channels % 2 === 0, 'maxFeatureMap', () => `${formatShape(input)} has an odd number of channels`);
  return {
    output: [...input.slice(0, -1), channels / 2],
    macs: 0,
    parameters: [],
    forward: maxFeatureMap,
  };
}
