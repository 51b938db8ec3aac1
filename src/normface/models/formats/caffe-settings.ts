import type { CaffeLayer } from './caffe-layer.ts';

/** Settings of `caffe.proto` by field, of types that are refused for some of them or altogether. */
const names: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  Convolution: {
    1: 'num_output',
    3: 'pad',
    4: 'kernel_size',
    5: 'group',
    6: 'stride',
    9: 'pad_h',
    10: 'pad_w',
    11: 'kernel_h',
    12: 'kernel_w',
    13: 'stride_h',
    14: 'stride_w',
    16: 'axis',
    18: 'dilation',
  },
  InnerProduct: { 1: 'num_output', 5: 'axis', 6: 'transpose' },
  Pooling: { 1: 'pool', 2: 'kernel_size', 3: 'stride', 4: 'pad', 12: 'global_pooling' },
  LRN: { 1: 'local_size', 2: 'alpha', 3: 'beta', 4: 'norm_region', 5: 'k' },
  ELU: { 1: 'alpha' },
  Eltwise: { 1: 'operation' },
  Scale: { 1: 'axis', 2: 'num_axes' },
  Bias: { 1: 'axis', 2: 'num_axes' },
  Concat: { 1: 'concat_dim', 2: 'axis' },
  Slice: { 1: 'slice_dim', 2: 'slice_point', 3: 'axis' },
  Softmax: { 2: 'axis' },
  Flatten: { 1: 'axis', 2: 'end_axis' },
  Power: { 1: 'power', 2: 'scale', 3: 'shift' },
};

/** The settings that a layer has, such as `num_output 64, kernel_size 3`, and its inputs if they are several. */
export function describeSettings({ type, settings, bottoms }: CaffeLayer): string {
  const known = names[type] ?? names[/convolution/i.test(type) ? 'Convolution' : ''] ?? {};
  const parts = Object.entries(known)
    .filter(([field]) => settings.has(Number(field)))
    .map(([field, name]) => `${name} ${settings.number(Number(field))}`);
  if (bottoms.length > 1) parts.push(`${bottoms.length} inputs`);
  return parts.join(', ');
}
