/** Convolutions and products with matrices of a graph as layers. */

import { formatShape } from '../../engine/core/errors.ts';
import { elementCount } from '../../engine/core/shape.ts';
import type { Layer } from '../nets/net.ts';
import type { Chain, GraphBuilder, OperationOf } from './graph-builder.ts';
import { oneOrFour, oneOrTwo, paddingOf } from './graph-pool.ts';
import type { ModelNode } from './model-file.ts';
import { filtersChannelsLast, matrixChannelsLast, rowsReordered } from './weight-layout.ts';

/** A convolution of images. */
export function withConv(
  builder: GraphBuilder,
  chain: Chain,
  node: ModelNode,
  operation: OperationOf<'conv'>,
): Chain {
  const { kernel, stride, dilation, groups } = operation;
  const shape = builder.tensors.shape(operation.weight, node.name);
  const [height, width, channels] = chain.value.shape as [number, number, number];
  const [out, inputs] = shape as [number, number];
  if (shape.length !== 4 || shape[2] !== kernel[0] || shape[3] !== kernel[1] || inputs * groups !== channels)
    builder.refuse(
      node,
      `its weights "${operation.weight}" are ${formatShape(shape)}, its input has ${channels} channels`,
    );
  const padding = oneOrFour(paddingOf(operation, [height, width]));
  const layer: Layer = {
    kind: 'conv',
    name: builder.names.of(node, operation.weight),
    channels: out,
    kernel: oneOrTwo(kernel),
    ...(stride.some((step) => step !== 1) && { stride: oneOrTwo(stride) }),
    ...(padding !== 0 && { padding }),
    ...(dilation.some((step) => step !== 1) && { dilation: oneOrTwo(dilation) }),
    ...(groups !== 1 && { groups }),
    ...(operation.bias === undefined && { bias: false }),
  };
  const weight = builder.tensors.values(operation.weight, node.name);
  return builder.append(chain, node, layer, {
    weight: filtersChannelsLast(weight, shape as [number, number, number, number]),
    ...biasOf(builder, node, operation, out),
  });
}

/** A fully connected layer, or a convolution of one pixel, on flat numbers. */
export function withProduct(
  builder: GraphBuilder,
  chain: Chain,
  node: ModelNode,
  operation: OperationOf<'conv' | 'fullyConnected'>,
): Chain {
  const { shape, order } = chain.value;
  const { weight, outputs } = matrixOf(builder, node, operation, shape[0]!, order);
  const layer: Layer = {
    kind: 'fullyConnected',
    name: builder.names.of(node, operation.weight),
    outputs,
    ...(operation.bias === undefined && { bias: false }),
  };
  return builder.append({ ...chain, value: { shape } }, node, layer, {
    weight,
    ...biasOf(builder, node, operation, outputs),
  });
}

function biasOf(
  builder: GraphBuilder,
  node: ModelNode,
  { bias }: OperationOf<'conv' | 'fullyConnected'>,
  length: number,
): { readonly bias?: Float32Array } {
  return bias === undefined ? {} : { bias: builder.tensors.vector(bias, length, node.name) };
}

/**
 * The weights [inputs, outputs] of a product with flat numbers.
 *
 * @param order of the inputs, where the file has another one
 */
export function matrixOf(
  builder: GraphBuilder,
  node: ModelNode,
  operation: OperationOf<'conv' | 'fullyConnected'>,
  inputs: number,
  order?: Uint32Array,
): { readonly weight: Float32Array; readonly outputs: number } {
  const shape = builder.tensors.shape(operation.weight, node.name);
  if (operation.kind === 'conv') {
    const { groups, kernel, stride, padding } = operation;
    const isPoint = groups === 1 && [...kernel, ...stride].every((one) => one === 1);
    if (!isPoint || padding.some((side) => side > 0))
      builder.refuse(node, 'of one number a channel a kernel of one pixel in one group is supported');
  }
  const isTransposed = operation.kind === 'fullyConnected' && operation.transposed;
  const [outputs, taken] = (isTransposed ? [shape[1], shape[0]] : shape) as [number, number];
  if (taken !== inputs || elementCount(shape) !== inputs * outputs)
    builder.refuse(
      node,
      `its weights "${operation.weight}" are ${formatShape(shape)}, its input has ${inputs} numbers`,
    );
  const values = builder.tensors.values(operation.weight, node.name);
  const turned = isTransposed ? rowsReordered : matrixChannelsLast;
  return { weight: turned(values, outputs, order), outputs };
}
