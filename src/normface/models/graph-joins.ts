/** Nodes of a graph with several inputs, as layers that hold others or stand for a pattern. */

import { elementCount } from '../../engine/core/shape.ts';
import type { Layer } from '../nets/net.ts';
import { type Chain, channelsOf, type GraphBuilder, type Value } from './graph-builder.ts';
import type { Part } from './graph-parts.ts';
import { isWholeImage, slicedParts, squeezeExciteOf } from './graph-patterns.ts';
import { matrixOf } from './graph-products.ts';
import type { ModelNode } from './model-file.ts';

/** A sum of two chains is a residual, one of more are branches, as are channels side by side. @param made the chains of the branches */
export function withJoin(
  builder: GraphBuilder,
  chain: Chain,
  { node }: Part,
  kind: 'add' | 'concatenate',
  made: readonly Chain[],
): Chain {
  const name = builder.names.unique(node.name);
  const values = made.map(({ value }) => value);
  if (kind === 'add' && !values.every(({ order }) => isSameOrder(order, values[0]?.order)))
    builder.refuse(node, 'numbers of images that were flattened in different ways are not added');
  const branches: Layer = {
    kind: 'branches',
    name,
    branches: made.map(({ layers }) => layers),
    ...(kind === 'add' && { join: 'add' }),
  };
  const layer = (kind === 'add' && residualOf(name, made)) || branches;
  const order = kind === 'add' ? values[0]?.order : orderSideBySide(builder, node, values);
  return builder.append({ ...chain, value: { shape: chain.value.shape } }, node, layer, {}, order);
}

/** A residual of two chains; the shorter one is its shortcut. */
function residualOf(name: string, made: readonly Chain[]): Layer | undefined {
  const [a, b, more] = made.map(({ layers }) => layers);
  if (!a || !b || more) return undefined;
  const [layers, shortcut] = a.length >= b.length ? [a, b] : [b, a];
  if (layers.length === 0) return undefined;
  return { kind: 'residual', name, layers, ...(shortcut.length > 0 && { shortcut }) };
}

const isSameOrder = (a: Uint32Array | undefined, b: Uint32Array | undefined): boolean =>
  a === b || (a?.length === b?.length && (a?.every((place, i) => place === b?.[i]) ?? false));

/** The order of vectors one after the other; of images side by side there is none. */
function orderSideBySide(
  builder: GraphBuilder,
  node: ModelNode,
  values: readonly Value[],
): Uint32Array | undefined {
  if (values.every(({ order }) => order === undefined)) return undefined;
  const total = values.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  builder.charge(node, total);
  const order = new Uint32Array(total);
  let begin = 0;
  for (const value of values) {
    const length = elementCount(value.shape);
    for (let i = 0; i < length; i++) order[begin + i] = begin + (value.order?.[i] ?? i);
    begin += length;
  }
  return order;
}

/** The maximum of equal parts of the channels. */
export function withMaxFeatureMap(builder: GraphBuilder, chain: Chain, part: Part): Chain {
  const parts = slicedParts(part, channelsOf(chain.value));
  if (parts === undefined || chain.value.order)
    return builder.refuse(part.node, 'the maximum of equal parts of the channels of one value is supported');
  const name = builder.names.unique(part.node.name);
  return builder.append(chain, part.node, { kind: 'maxFeatureMap', name, ...(parts !== 2 && { parts }) });
}

/** Images weighed by a gate that follows from their means. */
export function withSqueezeExcite(builder: GraphBuilder, chain: Chain, part: Part): Chain {
  const { node } = part;
  const { shape } = chain.value;
  const gate = shape.length === 3 ? squeezeExciteOf(part, isWholeImage(shape)) : undefined;
  if (!gate)
    return builder.refuse(
      node,
      'the product with σ(W₂ δ(W₁ mean)) of the same images, δ a ReLU or PReLU, is supported (squeeze and excitation)',
    );
  const channels = channelsOf(chain.value);
  const reduce = matrixOf(builder, gate.reduce, gate.reduce.operation, channels);
  const expand = matrixOf(builder, gate.expand, gate.expand.operation, reduce.outputs);
  const reduction = reductionOf(channels, reduce.outputs);
  if (reduction === undefined || expand.outputs !== channels)
    builder.refuse(
      node,
      `squeeze and excitation of ${channels} channels gives ${channels} weights, and ${reduce.outputs} numbers in between are ${channels} divided by no whole number`,
    );
  const isBiased = [gate.reduce, gate.expand].some(({ operation }) => operation.bias !== undefined);
  const bias = ({ name, operation }: typeof gate.reduce, length: number) =>
    operation.bias === undefined
      ? new Float32Array(length)
      : builder.tensors.vector(operation.bias, length, name);
  const { operation: activation } = gate.activation;
  const layer: Layer = {
    kind: 'squeezeExcite',
    name: builder.names.unique(node.name),
    ...(reduction !== 16 && { reduction }),
    ...(activation.kind === 'prelu' && { activation: 'prelu' }),
    ...(!isBiased && { bias: false }),
  };
  return builder.append(chain, node, layer, {
    'reduce.weight': reduce.weight,
    'expand.weight': expand.weight,
    ...(isBiased && {
      'reduce.bias': bias(gate.reduce, reduce.outputs),
      'expand.bias': bias(gate.expand, channels),
    }),
    ...(activation.kind === 'prelu' && {
      'activation.slope': builder.tensors.vector(activation.slope, reduce.outputs, gate.activation.name),
    }),
  });
}

/** The whole number that channels are divided by, rounded down, to at least one; undefined where there is none. */
function reductionOf(channels: number, between: number): number | undefined {
  const guess = Math.floor(channels / between);
  return [16, guess, guess + 1].find((r) => r >= 1 && Math.max(1, Math.floor(channels / r)) === between);
}
