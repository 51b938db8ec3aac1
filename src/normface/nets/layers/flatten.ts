import { elementCount } from '../../../engine/core/shape.ts';
import { flatten } from '../../../engine/ops/shape/reshape.ts';
import type { PlannedLayer, SampleShape } from '../layer.ts';

/** Feature maps as flat features in the order rows, columns, channels. (Caffe's order is channels, rows, columns.) */
export interface FlattenLayer {
  readonly kind: 'flatten';
  readonly name: string;
}

export function planFlatten(_: FlattenLayer, input: SampleShape): PlannedLayer {
  return { output: [elementCount(input)], macs: 0, parameters: [], forward: flatten };
}
