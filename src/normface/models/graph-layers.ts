/** Parts of a graph as layers of a net. */

import type { Chain, GraphBuilder, Value } from './graph-builder.ts';
import { withJoin, withMaxFeatureMap, withSqueezeExcite } from './graph-joins.ts';
import type { Part } from './graph-parts.ts';
import { withConv, withProduct } from './graph-products.ts';
import { withAffine, withBatchNorm, withPRelu } from './graph-scales.ts';
import { withFlatten, withPool, withReshape } from './graph-shapes.ts';

/** The layers of parts that follow one another. @throws UserError with the first node that no layer can stand for */
export function layersOf(builder: GraphBuilder, parts: readonly Part[], from: Value): Chain {
  return parts.reduce((chain, part) => withPart(builder, chain, part), { layers: [], value: from } as Chain);
}

function withPart(builder: GraphBuilder, chain: Chain, part: Part): Chain {
  const { node } = part;
  const { operation } = node;
  const isFlat = chain.value.shape.length === 1;
  switch (operation.kind) {
    case 'conv':
      return (isFlat ? withProduct : withConv)(builder, chain, node, operation);
    case 'fullyConnected':
      return withProduct(builder, withFlatten(builder, chain, node), node, operation);
    case 'batchNorm':
      return withBatchNorm(builder, chain, node, operation);
    case 'affine':
    case 'linear':
      return withAffine(builder, chain, node, operation);
    case 'prelu':
      return withPRelu(builder, chain, node, operation);
    case 'relu':
    case 'sigmoid':
      return builder.append(chain, node, { kind: operation.kind, name: builder.names.of(node) });
    case 'flatten':
      return withFlatten(builder, chain, node, operation.channelsLast);
    case 'reshape':
      return withReshape(builder, chain, node, operation);
    case 'globalAveragePool':
      return isFlat
        ? chain
        : builder.append(chain, node, { kind: 'globalAveragePool', name: builder.names.of(node) });
    case 'maxPool':
    case 'averagePool':
      return withPool(builder, chain, node, operation);
    case 'channels':
      if (operation.begin === 0 && operation.end === chain.value.shape.at(-1)) return chain;
      return builder.refuse(node, 'parts of the channels are supported where their maximum is taken');
    case 'add':
    case 'concatenate':
      return withJoin(
        builder,
        chain,
        part,
        operation.kind,
        part.branches.map((parts) => layersOf(builder, parts, chain.value)),
      );
    case 'maximum':
      return withMaxFeatureMap(builder, chain, part);
    case 'multiply':
      return withSqueezeExcite(builder, chain, part);
    case 'softmax':
    case 'l2Normalise':
      return builder.refuse(node, 'it is supported at the end only');
    case 'unsupported':
      return builder.refuse(node, 'it is not supported');
  }
}
