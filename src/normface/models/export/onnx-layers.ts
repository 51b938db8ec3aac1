/** Layers of a net as nodes of an ONNX graph, whose images are [batch, channels, height, width]. */

import { defaultEpsilon } from '../../../engine/ops/norm/batch_norm.ts';
import type { NamedLayer } from '../../nets/layer.ts';
import type { Layer } from '../../nets/net.ts';
import { filtersChannelsFirst, flattenedOrder, matrixChannelsFirst, putBack } from '../weight-layout.ts';
import { innerLists } from './inner-lists.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import { poolAttributes } from './onnx-pool.ts';

/** A value of the graph on its way through the layers. */
export interface Flow {
  readonly value: string;
  /** Of an image that was flattened with its channels first: where each number of the layers' order is. */
  readonly order?: Uint32Array;
}

type LayerOf<Kind extends Layer['kind']> = Extract<Layer, { kind: Kind }>;

export class OnnxLayers {
  private readonly graph: OnnxGraph;
  private readonly values: ReadonlyMap<string, Float32Array>;

  constructor(graph: OnnxGraph, values: ReadonlyMap<string, Float32Array>) {
    this.graph = graph;
    this.values = values;
  }

  /** @param planned the same layers with their shapes */
  chain(layers: readonly Layer[], planned: readonly NamedLayer[], from: Flow): Flow {
    let flow = from;
    layers.forEach((layer, i) => {
      flow =
        layer.kind === 'flatten'
          ? this.flatten(layer, planned[i]!, flow, meetsProduct(layers.slice(i + 1)))
          : this.layer(layer, planned[i]!, flow);
    });
    return flow;
  }

  private layer(layer: Layer, plan: NamedLayer, flow: Flow): Flow {
    const { graph } = this;
    const { name } = layer;
    const { value } = flow;
    switch (layer.kind) {
      case 'conv':
        return { value: this.conv(layer, plan, value) };
      case 'fullyConnected':
        return { value: this.product(name, layer.outputs, flow) };
      case 'batchNorm':
        return { ...flow, value: this.batchNorm(layer, flow) };
      case 'prelu':
        return { ...flow, value: this.prelu(name, plan.output.length === 3, flow) };
      case 'relu':
        return { ...flow, value: graph.node('Relu', name, [value]) };
      case 'sigmoid':
        return { ...flow, value: graph.node('Sigmoid', name, [value]) };
      case 'maxFeatureMap':
        return { value: this.maxFeatureMap(layer, plan, value) };
      case 'maxPool':
        return { value: graph.node('MaxPool', name, [value], poolAttributes(layer, plan)) };
      case 'averagePool':
        return { value: graph.node('AveragePool', name, [value], poolAttributes(layer, plan)) };
      case 'globalAveragePool':
        return { value: this.means(name, value) };
      case 'squeezeExcite':
        return { value: this.squeezeExcite(layer, plan, value) };
      case 'residual':
        return { value: this.residual(layer, plan, value) };
      case 'branches':
        return { value: this.branches(layer, plan, value) };
      case 'dropout':
        return flow;
      case 'flatten':
        throw new Error('chain does these');
    }
  }

  private numbers(name: string): Float32Array {
    const found = this.values.get(name);
    if (!found) throw new Error(`there is no parameter ${name}`);
    return found;
  }

  /** A vector of the layers in the order of the flow. */
  private vector(name: string, order?: Uint32Array): string {
    const numbers = putBack(this.numbers(name), order);
    return this.graph.floats(name, [numbers.length], numbers);
  }

  private conv(layer: LayerOf<'conv'>, plan: NamedLayer, x: string): string {
    const { name, channels, kernel, stride = 1, padding = 0, dilation = 1, groups = 1 } = layer;
    const [height, width] = pair(kernel);
    const inputs = plan.input[2]! / groups;
    const [top, bottom, left, right] = typeof padding === 'number' ? Array(4).fill(padding) : padding;
    const weight = this.graph.floats(
      `${name}.weight`,
      [channels, inputs, height, width],
      filtersChannelsFirst(this.numbers(`${name}.weight`), [height, width, inputs, channels]),
    );
    const bias = this.values.has(`${name}.bias`) ? [this.vector(`${name}.bias`)] : [];
    return this.graph.node('Conv', name, [x, weight, ...bias], {
      kernel_shape: [height, width],
      strides: pair(stride),
      pads: [top, left, bottom, right],
      dilations: pair(dilation),
      group: groups,
    });
  }

  /** y = x Wᵀ + b, with W [outputs, inputs]. */
  private product(name: string, outputs: number, { value, order }: Flow): string {
    const numbers = this.numbers(`${name}.weight`);
    const weight = this.graph.floats(
      `${name}.weight`,
      [outputs, numbers.length / outputs],
      matrixChannelsFirst(numbers, outputs, order),
    );
    const bias = this.values.has(`${name}.bias`) ? [this.vector(`${name}.bias`)] : [];
    return this.graph.node('Gemm', name, [value, weight, ...bias], { transB: 1 });
  }

  private batchNorm({ name, epsilon = defaultEpsilon }: LayerOf<'batchNorm'>, flow: Flow): string {
    const tensors = ['gamma', 'beta', 'runningMean', 'runningVariance'].map((parameter) =>
      this.vector(`${name}.${parameter}`, flow.order),
    );
    return this.graph.node('BatchNormalization', name, [flow.value, ...tensors], {
      epsilon: { float: epsilon },
    });
  }

  /** Slopes broadcast to images as [channels, 1, 1]. */
  private prelu(name: string, isImage: boolean, { value, order }: Flow): string {
    const slopes = this.numbers(`${name}.slope`);
    const isShared = slopes.length === 1;
    const slope = this.graph.floats(
      `${name}.slope`,
      isImage && !isShared ? [slopes.length, 1, 1] : [slopes.length],
      isShared ? slopes : putBack(slopes, order),
    );
    return this.graph.node('PRelu', name, [value, slope]);
  }

  private maxFeatureMap({ name, parts = 2 }: LayerOf<'maxFeatureMap'>, plan: NamedLayer, x: string): string {
    const channels = plan.output.at(-1)!;
    const sizes = this.graph.integers(`${name}.sizes`, Array(parts).fill(channels));
    const slices = this.graph.nodeWithParts('Split', `${name}.parts`, [x, sizes], parts, { axis: 1 });
    return this.graph.node('Max', name, slices);
  }

  /** The mean of each channel, flat. */
  private means(name: string, x: string): string {
    const means = this.graph.node('GlobalAveragePool', name, [x]);
    return this.graph.node('Flatten', `${name}.flatten`, [means], { axis: 1 });
  }

  /**
   * With its channels first where a product follows that takes the numbers in any order; otherwise the channels become last
   * before.
   */
  private flatten({ name }: LayerOf<'flatten'>, plan: NamedLayer, { value }: Flow, anyOrder: boolean): Flow {
    const isImage = plan.input.length === 3;
    const order = isImage ? flattenedOrder(plan.input as [number, number, number]) : undefined;
    const turned =
      order && !anyOrder
        ? this.graph.node('Transpose', `${name}.channels_last`, [value], { perm: [0, 2, 3, 1] })
        : value;
    const flat = this.graph.node('Flatten', name, [turned], { axis: 1 });
    return order && anyOrder ? { value: flat, order } : { value: flat };
  }

  private squeezeExcite(layer: LayerOf<'squeezeExcite'>, plan: NamedLayer, x: string): string {
    const { name } = layer;
    const channels = plan.output[2]!;
    const between = this.numbers(`${name}.reduce.weight`).length / channels;
    const means = this.means(`${name}.squeeze`, x);
    const reduced = this.product(`${name}.reduce`, between, { value: means });
    const active =
      layer.activation === 'prelu'
        ? this.prelu(`${name}.activation`, false, { value: reduced })
        : this.graph.node('Relu', `${name}.activation`, [reduced]);
    const expanded = this.product(`${name}.expand`, channels, { value: active });
    const gate = this.graph.node('Sigmoid', `${name}.gate`, [expanded]);
    const axes = this.graph.integers(`${name}.axes`, [2, 3]);
    const image = this.graph.node('Unsqueeze', `${name}.gate.image`, [gate, axes]);
    return this.graph.node('Mul', name, [x, image]);
  }

  private residual(
    { name, layers, shortcut = [] }: LayerOf<'residual'>,
    plan: NamedLayer,
    x: string,
  ): string {
    const [beside = [], main = []] = innerLists(plan, [shortcut, layers]);
    const result = this.chain(layers, main, { value: x }).value;
    return this.graph.node('Add', name, [result, this.chain(shortcut, beside, { value: x }).value]);
  }

  private branches({ name, branches, join }: LayerOf<'branches'>, plan: NamedLayer, x: string): string {
    const planned = innerLists(plan, branches);
    const results = branches.map((layers, i) => this.chain(layers, planned[i]!, { value: x }).value);
    return join === 'add'
      ? this.graph.node('Sum', name, results)
      : this.graph.node('Concat', name, results, { axis: 1 });
  }
}

const pair = (value: number | readonly [number, number]): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** Whether a product comes before anything for which the order of flat numbers matters. */
function meetsProduct(layers: readonly Layer[]): boolean {
  const passing = ['batchNorm', 'prelu', 'relu', 'sigmoid', 'dropout'];
  return layers.find(({ kind }) => !passing.includes(kind))?.kind === 'fullyConnected';
}
