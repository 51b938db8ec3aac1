/** What a graph does to the extents of images, as layers. */

import { formatShape } from '../../engine/core/errors.ts';
import { elementCount } from '../../engine/core/shape.ts';
import type { Chain, GraphBuilder, OperationOf } from './graph-builder.ts';
import { poolSettings } from './graph-pool.ts';
import type { ModelNode } from './model-file.ts';

/** Longer features than any net flattens images to; the order of as many takes 16 MiB. */
const longestFeature = 2 ** 22;

/** Flat numbers; what is flat already stays, since one number a channel is flat here. */
export function withFlatten(
  builder: GraphBuilder,
  chain: Chain,
  node: ModelNode,
  channelsLast = false,
): Chain {
  const { shape } = chain.value;
  if (shape.length === 1) return chain;
  if (elementCount(shape) > longestFeature)
    builder.refuse(node, `images of ${formatShape(shape)} are too large to be flattened`);
  const order = channelsLast ? undefined : builder.orderOf(node, shape as [number, number, number]);
  const { kind } = node.operation;
  const name = builder.names.unique(kind === 'flatten' || kind === 'reshape' ? node.name : 'flatten');
  return builder.append(chain, node, { kind: 'flatten', name }, {}, order);
}

/** To a vector, or to the shape that the value has but for extents of one. */
export function withReshape(
  builder: GraphBuilder,
  chain: Chain,
  node: ModelNode,
  { shape }: OperationOf<'reshape'>,
): Chain {
  const current = chain.value.shape;
  const size = elementCount(current);
  const open = shape.filter((extent) => extent === -1).length;
  const known = shape.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const target = shape.map((extent) => (extent === -1 ? size / known : extent));
  if (open > 1 || elementCount(target) !== size || !target.every(Number.isInteger))
    builder.refuse(node, `its input has ${size} numbers`);
  if (target.length === 1) return withFlatten(builder, chain, node);
  const stored = current.length === 3 ? [current[2]!, current[0]!, current[1]!] : current;
  const withoutOnes = (extents: readonly number[]): string => extents.filter((extent) => extent !== 1).join();
  const isSame = withoutOnes(target) === withoutOnes(stored);
  if (isSame && (current.length === 1 || target.join() === stored.join())) return chain;
  return builder.refuse(node, `of ${formatShape(stored)} only flattening is supported`);
}

export function withPool(
  builder: GraphBuilder,
  chain: Chain,
  node: ModelNode,
  operation: OperationOf<'maxPool' | 'averagePool'>,
): Chain {
  const { shape } = chain.value;
  if (shape.length === 1) return builder.refuse(node, 'its input is not an image');
  const settings = poolSettings(operation, shape as [number, number, number]);
  if (!settings)
    return builder.refuse(
      node,
      `on images of ${formatShape(shape)}; what is supported is padding of less than the kernel, as much on opposite sides`,
    );
  const name = builder.names.of(node);
  return builder.append(chain, node, { kind: operation.kind, name, ...settings });
}
