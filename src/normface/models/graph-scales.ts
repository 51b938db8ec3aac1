/** What a graph does to each channel by itself, as layers. */

import type { Layer } from '../nets/net.ts';
import { type Chain, channelsOf, type GraphBuilder, type OperationOf } from './graph-builder.ts';
import type { ModelNode } from './model-file.ts';

/** A batch norm that computes scale·x + shift: with this, √(1 + ε) is 1 in f32. */
const noEpsilon = 1e-12;

/** Seven digits tell every 32-bit number that people write. */
const shortest = (value: number): number => Number(value.toPrecision(7));

export function withBatchNorm(
  builder: GraphBuilder,
  chain: Chain,
  node: ModelNode,
  { gamma, beta, mean, variance, epsilon }: OperationOf<'batchNorm'>,
): Chain {
  if (!(epsilon >= 0 && epsilon < Number.POSITIVE_INFINITY))
    builder.refuse(node, 'epsilon must be a number of at least 0');
  const name = builder.names.of(node, gamma);
  const vector = (tensor: string | undefined, preset: number): Float32Array =>
    builder.perChannel(chain.value, node, tensor, preset);
  if (gamma === undefined && beta === undefined) builder.bare.add(name);
  const layer: Layer = {
    kind: 'batchNorm',
    name,
    ...(Math.fround(epsilon) !== Math.fround(1e-5) && { epsilon: shortest(epsilon || noEpsilon) }),
    ...(gamma === undefined && { scale: false }),
  };
  return builder.append(chain, node, layer, {
    gamma: vector(gamma, 1),
    beta: vector(beta, 0),
    runningMean: vector(mean, 0),
    runningVariance: vector(variance, 1),
  });
}

/** x · scale + shift: as part of the batch norm or the product before it where it can be, or as a batch norm of its own. */
export function withAffine(
  builder: GraphBuilder,
  chain: Chain,
  node: ModelNode,
  operation: OperationOf<'affine' | 'linear'>,
): Chain {
  const constant = (number: number) => new Float32Array(channelsOf(chain.value)).fill(number);
  const numbers = (of: string | number | undefined, preset: number): Float32Array =>
    typeof of === 'number' ? constant(of) : builder.perChannel(chain.value, node, of, preset);
  const scale = numbers(operation.scale, 1);
  const shift = numbers(operation.shift, 0);
  const last = chain.layers.at(-1);
  const replaced = (layer: Layer): Chain => {
    chain.layers[chain.layers.length - 1] = layer;
    return chain;
  };
  if (last?.kind === 'batchNorm' && builder.bare.delete(last.name)) {
    builder.values.set(`${last.name}.gamma`, scale);
    builder.values.set(`${last.name}.beta`, shift);
    const { scale: _, ...learnt } = last;
    return replaced(learnt);
  }
  if ((last?.kind === 'conv' || last?.kind === 'fullyConnected') && scale.every((factor) => factor === 1)) {
    const before = builder.values.get(`${last.name}.bias`);
    builder.values.set(`${last.name}.bias`, before ? before.map((value, i) => value + shift[i]!) : shift);
    const { bias: _, ...biased } = last;
    return replaced(biased);
  }
  const layer: Layer = { kind: 'batchNorm', name: builder.names.of(node), epsilon: noEpsilon };
  return builder.append(chain, node, layer, {
    gamma: scale,
    beta: shift,
    runningMean: constant(0),
    runningVariance: constant(1),
  });
}

export function withPRelu(
  builder: GraphBuilder,
  chain: Chain,
  node: ModelNode,
  operation: OperationOf<'prelu'>,
): Chain {
  const slopes = builder.tensors.values(operation.slope, node.name);
  const isShared = slopes.length === 1 && channelsOf(chain.value) > 1;
  const layer: Layer = {
    kind: 'prelu',
    name: builder.names.of(node, operation.slope),
    ...(isShared && { shared: true }),
  };
  const slope = isShared ? slopes : builder.perChannel(chain.value, node, operation.slope, 0);
  return builder.append(chain, node, layer, { slope });
}
