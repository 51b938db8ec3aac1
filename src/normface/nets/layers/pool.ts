import type { Tensor } from '../../../engine/core/tensor.ts';
import {
  type AveragePool2dOptions,
  globalAveragePool as averageOfImage,
  averagePool2d,
} from '../../../engine/ops/pool/average_pool2d.ts';
import { maxPool2d } from '../../../engine/ops/pool/max_pool2d.ts';
import { type Pool2dOptions, pool2dGeometry } from '../../../engine/ops/pool/pool_geometry.ts';
import type { LayerKind, PlannedLayer, SampleShape } from '../layer.ts';
import { oneOrTwo, trueOrFalse } from '../setting.ts';
import { imageExtents } from './image.ts';

/** Maximum over windows of each channel. */
export interface MaxPoolLayer extends Readonly<Pool2dOptions> {
  readonly kind: 'maxPool';
  readonly name: string;
}

/** Mean over windows of each channel. */
export interface AveragePoolLayer extends Readonly<AveragePool2dOptions> {
  readonly kind: 'averagePool';
  readonly name: string;
}

/** Mean over the whole image of each channel: flat features. */
export interface GlobalAveragePoolLayer {
  readonly kind: 'globalAveragePool';
  readonly name: string;
}

const pooling = (pool: (x: Tensor, options: AveragePool2dOptions) => Tensor) =>
  function plan(layer: MaxPoolLayer | AveragePoolLayer, input: SampleShape): PlannedLayer {
    const { kind, name: _, ...options } = layer;
    const geometry = pool2dGeometry(kind, { shape: [1, ...input], dtype: 'f32' }, options);
    return {
      output: [geometry.OUT_HEIGHT, geometry.OUT_WIDTH, geometry.CHANNELS],
      macs: 0,
      parameters: [],
      forward: (x) => pool(x, options),
    };
  };

const windows = { stride: oneOrTwo(1), padding: oneOrTwo(0), ceilMode: trueOrFalse };

export const maxPool: LayerKind<MaxPoolLayer> = {
  required: { kernel: oneOrTwo(1) },
  optional: windows,
  plan: pooling(maxPool2d),
};

export const averagePool: LayerKind<AveragePoolLayer> = {
  required: { kernel: oneOrTwo(1) },
  optional: { ...windows, countPadding: trueOrFalse },
  plan: pooling(averagePool2d),
};

export const globalAveragePool: LayerKind<GlobalAveragePoolLayer> = {
  required: {},
  optional: {},
  plan(layer, input) {
    const [, , channels] = imageExtents(layer.kind, input);
    return { output: [channels], macs: 0, parameters: [], forward: averageOfImage };
  },
};
