/** Nets as data: a list of layers. A net can be written as JSON; what runs it is made by `buildNet`. */

import type { MaxFeatureMapLayer, PReluLayer, ReluLayer, SigmoidLayer } from './layers/activation.ts';
import type { BatchNormLayer } from './layers/batch-norm.ts';
import type { BranchesLayer } from './layers/branches.ts';
import type { ConvLayer } from './layers/conv.ts';
import type { DropoutLayer } from './layers/dropout.ts';
import type { FlattenLayer } from './layers/flatten.ts';
import type { FullyConnectedLayer } from './layers/fully-connected.ts';
import type { AveragePoolLayer, GlobalAveragePoolLayer, MaxPoolLayer } from './layers/pool.ts';
import type { ResidualLayer } from './layers/residual.ts';
import type { SqueezeExciteLayer } from './layers/squeeze-excite.ts';

/** A layer of a net as data; `kind` says which, the other keys are its settings. */
export type Layer =
  | AveragePoolLayer
  | BatchNormLayer
  | BranchesLayer<Layer>
  | ConvLayer
  | DropoutLayer
  | FlattenLayer
  | FullyConnectedLayer
  | GlobalAveragePoolLayer
  | MaxFeatureMapLayer
  | MaxPoolLayer
  | PReluLayer
  | ReluLayer
  | ResidualLayer<Layer>
  | SigmoidLayer
  | SqueezeExciteLayer;

/** A net as data. */
export interface Net {
  readonly name: string;
  /** [height, width, channels] of the images the net was designed for: 3 channels are colour, 1 is grey. */
  readonly input: readonly [number, number, number];
  /** What becomes of a byte of an image: (byte − mean)·scale. Default (byte − 127.5)/128 (docs/reference.md#pixels-and-augmentation). */
  readonly pixels?: { readonly mean: number; readonly scale: number };
  readonly layers: readonly Layer[];
}
