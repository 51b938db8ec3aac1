/** Pools of a net as attributes of ONNX's, which mean the same in every version of its operators. */

import type { NamedLayer } from '../../nets/layer.ts';
import type { AveragePoolLayer, MaxPoolLayer } from '../../nets/layers/pool.ts';
import type { Attribute } from './onnx-graph.ts';

const pair = (value: number | readonly [number, number]): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/**
 * Windows that hang over the padded image, which `ceilMode` has, are written as padding at the end: how `ceil_mode` rounds has changed
 * between versions. Only in means that count the padding, but not what hangs over it, it cannot be said in another way.
 *
 * @param plan of the layer, for the extents of its images
 */
export function poolAttributes(
  layer: MaxPoolLayer | AveragePoolLayer,
  { input, output }: NamedLayer,
): Readonly<Record<string, Attribute>> {
  const kernel = pair(layer.kernel);
  const stride = pair(layer.stride ?? layer.kernel);
  const padding = pair(layer.padding ?? 0);
  const reach = [0, 1].map((d) => (output[d]! - 1) * stride[d]! + kernel[d]! - input[d]! - padding[d]!);
  const hangs = reach.some((end, d) => end > padding[d]!);
  const countPadding = layer.kind === 'averagePool' && (layer.countPadding ?? true);
  const isCeil = hangs && countPadding && padding.some((side) => side > 0);
  const ends = padding.map((side, d) => (isCeil ? side : Math.max(side, reach[d]!)));
  return {
    kernel_shape: kernel,
    strides: stride,
    pads: [...padding, ...ends],
    ...(isCeil && { ceil_mode: 1 }),
    ...(layer.kind === 'averagePool' && { count_include_pad: countPadding && (isCeil || !hangs) ? 1 : 0 }),
  };
}
