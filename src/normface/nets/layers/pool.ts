import {
  type AveragePool2dOptions,
  averagePool2d,
  globalAveragePool,
} from '../../../engine/ops/pool/average_pool2d.ts';
import { maxPool2d } from '../../../engine/ops/pool/max_pool2d.ts';
import { type Pool2dOptions, pool2dGeometry } from '../../../engine/ops/pool/pool_geometry.ts';
import type { PlannedLayer, SampleShape } from '../layer.ts';
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

export function planPool(layer: MaxPoolLayer | AveragePoolLayer, input: SampleShape): PlannedLayer {
  const geometry = pool2dGeometry(layer.kind, { shape: [1, ...input], dtype: 'f32' }, layer);
  const pool = layer.kind === 'maxPool' ? maxPool2d : averagePool2d;
  return {
    output: [geometry.OUT_HEIGHT, geometry.OUT_WIDTH, geometry.CHANNELS],
    macs: 0,
    parameters: [],
    forward: (x) => pool(x, layer),
  };
}

export function planGlobalAveragePool(layer: GlobalAveragePoolLayer, input: SampleShape): PlannedLayer {
  const [, , channels] = imageExtents(layer.kind, input);
  return { output: [channels], macs: 0, parameters: [], forward: globalAveragePool };
}
