/** Nets as data: a list of layers. A net can be written as JSON; what runs it is made by `buildNet`. */

import { UserError } from '../../common/errors.ts';
import { ShapeError } from '../../engine/core/errors.ts';
import type { NamedLayer, PlannedLayer, SampleShape } from './layer.ts';
import {
  type MaxFeatureMapLayer,
  type PReluLayer,
  planMaxFeatureMap,
  planPRelu,
  planRelu,
  type ReluLayer,
} from './layers/activation.ts';
import { type BatchNormLayer, planBatchNorm } from './layers/batch-norm.ts';
import { type ConvLayer, planConv } from './layers/conv.ts';
import { type DropoutLayer, planDropout } from './layers/dropout.ts';
import { type FlattenLayer, planFlatten } from './layers/flatten.ts';
import { type FullyConnectedLayer, planFullyConnected } from './layers/fully-connected.ts';
import {
  type AveragePoolLayer,
  type GlobalAveragePoolLayer,
  type MaxPoolLayer,
  planGlobalAveragePool,
  planPool,
} from './layers/pool.ts';
import { planResidual, type ResidualLayer } from './layers/residual.ts';

/** A layer of a net as data; `kind` says which, the other keys are its settings. */
export type Layer =
  | AveragePoolLayer
  | BatchNormLayer
  | ConvLayer
  | DropoutLayer
  | FlattenLayer
  | FullyConnectedLayer
  | GlobalAveragePoolLayer
  | MaxFeatureMapLayer
  | MaxPoolLayer
  | PReluLayer
  | ReluLayer
  | ResidualLayer<Layer>;

/** A net as data. */
export interface Net {
  readonly name: string;
  /** [height, width, channels] of the images the net was designed for: 3 channels are colour, 1 is grey. */
  readonly input: readonly [number, number, number];
  /** What becomes of a byte of an image: (byte − mean)·scale. Default (byte − 127.5)/128 (docs/reference.md#pixels-and-augmentation). */
  readonly pixels?: { readonly mean: number; readonly scale: number };
  readonly layers: readonly Layer[];
}

type Planners = {
  readonly [Kind in Layer['kind']]: (
    layer: Extract<Layer, { kind: Kind }>,
    input: SampleShape,
    planSequence: typeof planLayers,
  ) => PlannedLayer;
};

const planners: Planners = {
  averagePool: planPool,
  batchNorm: planBatchNorm,
  conv: planConv,
  dropout: planDropout,
  flatten: planFlatten,
  fullyConnected: planFullyConnected,
  globalAveragePool: planGlobalAveragePool,
  maxFeatureMap: planMaxFeatureMap,
  maxPool: planPool,
  prelu: planPRelu,
  relu: planRelu,
  residual: planResidual,
};

function planLayers(layers: readonly Layer[], input: SampleShape): NamedLayer[] {
  let shape = input;
  return layers.map((layer) => {
    const { kind, name } = layer;
    if (!Object.hasOwn(planners, kind)) {
      throw new ShapeError(`there is no layer kind "${kind}"; there are ${Object.keys(planners).join(', ')}`);
    }
    // The table maps each kind to the planner of that kind, which TypeScript cannot follow through an index.
    const plan = planners[kind] as (
      l: Layer,
      input: SampleShape,
      sequence: typeof planLayers,
    ) => PlannedLayer;
    const planned = { name, kind, input: shape, ...plan(layer, shape, planLayers) };
    shape = planned.output;
    return planned;
  });
}

/**
 * Plans the layers of a net for images of a size.
 *
 * @throws UserError if the layers do not fit one another or the images
 */
export function planNet(net: Net, input: SampleShape = net.input): NamedLayer[] {
  try {
    const layers = planLayers(net.layers, input);
    const names = layers.flatMap(withInner).flatMap(({ parameters }) => parameters.map(({ name }) => name));
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice) throw new ShapeError(`two parameters are called ${twice}`);
    return layers;
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new UserError(`the net ${net.name} does not fit images of ${input.join('×')}: ${error.message}`);
  }
}

/** A layer with all that are inside it, in the order in which they run. */
export function withInner(layer: NamedLayer): NamedLayer[] {
  return [...(layer.inner ?? []).flatMap(withInner), layer];
}
