import { elementCount } from '../../../engine/core/shape.ts';
import { flatten as flattenMaps } from '../../../engine/ops/shape/reshape.ts';
import type { LayerKind } from '../layer.ts';

/** Feature maps as flat features in the order rows, columns, channels. (Caffe's order is channels, rows, columns.) */
export interface FlattenLayer {
  readonly kind: 'flatten';
  readonly name: string;
}

export const flatten: LayerKind<FlattenLayer> = {
  required: {},
  optional: {},
  plan: (_, input) => ({ output: [elementCount(input)], macs: 0, parameters: [], forward: flattenMaps }),
};
