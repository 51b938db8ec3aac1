/** Nets in float64 without a device: what layers compute in inference, written independently of how they run. */

import type { ReferenceArray } from '../../../src/engine/core/operator.ts';
import { normal01, uniform01 } from '../../../src/engine/core/random.ts';
import { conv2dReference } from '../../../src/engine/ops/conv2d/conv2d.reference.ts';
import { conv2dGeometry } from '../../../src/engine/ops/conv2d/conv2d_geometry.ts';
import { maxFeatureMapReference } from '../../../src/engine/ops/elementwise/max_feature_map.reference.ts';
import { preluReference } from '../../../src/engine/ops/elementwise/prelu.reference.ts';
import { averagePool2dReference } from '../../../src/engine/ops/pool/average_pool2d.reference.ts';
import { maxPool2dReference } from '../../../src/engine/ops/pool/max_pool2d.reference.ts';
import { buildNet } from '../../../src/normface/nets/build.ts';
import type { NetWithValues } from '../../../src/normface/nets/fold.ts';
import { randomStream } from '../../../src/normface/nets/initial.ts';
import type { Layer, Net } from '../../../src/normface/nets/net.ts';

export type Input = readonly [number, number, number];

/** A net with its first weights, and statistics, scales, shifts, biases and slopes at random. */
export function withRandomValues(net: Net, input: Input = net.input): NetWithValues {
  const values = new Map<string, Float32Array>();
  for (const { name, init } of buildNet(net, input, 1).declarations) {
    const first = typeof init === 'function' ? init() : init;
    const random = (value: number, i: number): number => {
      const normal = normal01(2, randomStream(name), i);
      if (name.endsWith('.runningVariance')) return 0.2 + uniform01(2, randomStream(name), i);
      return name.endsWith('.weight') ? value : value + 0.4 * normal;
    };
    values.set(name, first.map(random));
  }
  return { net, values };
}

/** What the layers compute in inference, in float64; of one image [1, height, width, channels]. */
export function runReference({ net, values }: NetWithValues, image: ReferenceArray): ReferenceArray {
  const value = (name: string): ReferenceArray => {
    const data = Float64Array.from(values.get(name)!);
    return { shape: [data.length], data };
  };
  const optional = (name: string) => (values.has(name) ? value(name) : null);
  const map = ({ shape, data }: ReferenceArray, f: (x: number, i: number) => number): ReferenceArray => ({
    shape,
    data: data.map(f),
  });
  const add = (a: ReferenceArray, b: ReferenceArray) => map(a, (x, i) => x + b.data[i]!);
  const sideBySide = (parts: readonly ReferenceArray[]): ReferenceArray => {
    const channels = parts.map(({ shape }) => shape.at(-1)!);
    const { shape, data } = parts[0]!;
    const rows = data.length / channels[0]!;
    const lines = Array.from({ length: rows }, (_, row) =>
      parts.flatMap((part, i) => [...part.data.subarray(row * channels[i]!, (row + 1) * channels[i]!)]),
    );
    return {
      shape: [...shape.slice(0, -1), channels.reduce((a, b) => a + b)],
      data: Float64Array.from(lines.flat()),
    };
  };
  const means = ({ shape, data }: ReferenceArray): ReferenceArray => {
    const channels = shape.at(-1)!;
    const sums = new Float64Array(channels);
    data.forEach((x, i) => {
      sums[i % channels]! += (x * channels) / data.length;
    });
    return { shape: [1, channels], data: sums };
  };
  const one = (x: ReferenceArray, layer: Layer): ReferenceArray => {
    const { name } = layer;
    switch (layer.kind) {
      case 'conv': {
        const { channels, kernel, stride, padding, dilation, groups = 1 } = layer;
        const extents = typeof kernel === 'number' ? [kernel, kernel] : kernel;
        const shape = [...extents, x.shape[3]! / groups, channels];
        const weight = { shape, data: value(`${name}.weight`).data };
        const geometry = conv2dGeometry(x.shape, shape, { stride, padding, dilation, groups });
        return conv2dReference(x, weight, optional(`${name}.bias`), geometry);
      }
      case 'fullyConnected': {
        const weight = value(`${name}.weight`).data;
        const sums = optional(`${name}.bias`)?.data ?? new Float64Array(layer.outputs);
        weight.forEach((w, i) => {
          sums[i % layer.outputs]! += w * x.data[Math.floor(i / layer.outputs)]!;
        });
        return { shape: [1, layer.outputs], data: sums };
      }
      case 'batchNorm': {
        const of = (parameter: string, i: number) => {
          const numbers = values.get(`${name}.${parameter}`)!;
          return numbers[i % numbers.length]!;
        };
        return map(x, (number, i) => {
          const deviation = Math.sqrt(of('runningVariance', i) + (layer.epsilon ?? 1e-5));
          return (of('gamma', i) * (number - of('runningMean', i))) / deviation + of('beta', i);
        });
      }
      case 'prelu':
        return preluReference(x, value(`${name}.slope`));
      case 'relu':
        return map(x, (number) => Math.max(number, 0));
      case 'sigmoid':
        return map(x, (number) => 1 / (1 + Math.exp(-number)));
      case 'maxFeatureMap':
        return maxFeatureMapReference(x, layer);
      case 'maxPool':
        return maxPool2dReference(x, layer);
      case 'averagePool':
        return averagePool2dReference(x, layer);
      case 'globalAveragePool':
        return means(x);
      case 'flatten':
        return { shape: [1, x.data.length], data: x.data };
      case 'dropout':
        return x;
      case 'residual':
        return add(all(x, layer.shortcut ?? []), all(x, layer.layers));
      case 'branches': {
        const results = layer.branches.map((branch) => all(x, branch));
        return layer.join === 'add' ? results.reduce(add) : sideBySide(results);
      }
      case 'squeezeExcite': {
        const part = (kind: string, suffix: string, outputs = 0): Layer =>
          ({ kind, name: `${name}.${suffix}`, outputs }) as Layer;
        const reduced = values.get(`${name}.reduce.weight`)!.length / x.shape[3]!;
        const gate = all(means(x), [
          part('fullyConnected', 'reduce', reduced),
          part(layer.activation ?? 'relu', 'activation'),
          part('fullyConnected', 'expand', x.shape[3]!),
          part('sigmoid', 'gate'),
        ]);
        return map(x, (number, i) => number * gate.data[i % gate.data.length]!);
      }
    }
  };
  const all = (x: ReferenceArray, layers: readonly Layer[]): ReferenceArray => layers.reduce(one, x);
  return all(image, net.layers);
}
