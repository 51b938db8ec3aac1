/** The graph of a model file as a net of layers, with the values of its parameters. */

import type { NetWithValues } from '../nets/fold.ts';
import type { Net } from '../nets/net.ts';
import { refusal } from './formats/refusal.ts';
import { type Chain, GraphBuilder } from './graph-builder.ts';
import { featureOf } from './graph-feature.ts';
import { layersOf } from './graph-layers.ts';
import { type Part, partsOf } from './graph-parts.ts';
import { withFlatten } from './graph-shapes.ts';
import { GraphTensors } from './graph-tensors.ts';
import type { ModelGraph, ModelNode, ModelTensor } from './model-file.ts';

export interface GraphNetOptions {
  /** What the net is called: letters, digits, ".", "_" and "-". */
  readonly name: string;
  /** What sentences call the file. */
  readonly source: string;
  /** The value that is the feature, or the node that gives it. Default: the only output of the graph. */
  readonly output?: string;
  /** [height, width] of the images where the file leaves them open. */
  readonly input?: readonly [number, number];
  /** Channels of the images where the file leaves them open. Default 3. */
  readonly channels?: number;
  /** What becomes of a byte before the graph gets it, where somebody knows. */
  readonly pixels?: Net['pixels'];
}

export interface GraphNet extends NetWithValues {
  readonly net: Net;
  readonly values: Map<string, Float32Array>;
  /** Tensors of the file that the net does not take, such as those of a classifier behind the feature. */
  readonly unused: string[];
  /** A sentence for each thing that the net leaves out, or that the file does not tell. */
  readonly remarks: string[];
}

/**
 * Turns a graph into layers: chains of nodes; sums of two chains that begin at one value as residuals, of more as branches; channels side by side as
 * branches; a product with a gate as squeeze and excitation; the maximum of parts of the channels as max-feature-map. Weights are turned to
 * the layouts of the layers, also behind a flattening, which here gives the order rows, columns, channels. What is linear at the
 * front becomes the net's `pixels`. Unit length and softmax at the end are left out: features are normalised when they are compared.
 *
 * @param tensors those that the graph names; others are listed as unused
 * @throws UserError in one sentence with the node, its settings, and what is supported
 */
export function netOfGraph(
  graph: ModelGraph,
  tensors: Iterable<ModelTensor>,
  options: GraphNetOptions,
): GraphNet {
  const { name, source } = options;
  const remarks: string[] = [];
  const store = new GraphTensors(tensors, source);
  const { input, parts } = partsOf(graph, featureOf(graph, options), source);
  const { front, middle } = trimmed(parts, remarks);
  const shape = inputShape(graph, input, options);
  const builder = new GraphBuilder(store, source);
  const made = flatPoint(builder, layersOf(builder, middle, { shape }), middle.at(-1)?.node);
  if (made.layers.length === 0) throw refusal(`${source}: the graph has no layers`);
  if (made.value.order)
    remarks.push(
      'the features are in the order rows, columns, channels, in the file channels, rows, columns',
    );
  const pixels = pixelsOf(front, options.pixels);
  if (!pixels)
    remarks.push(
      'the file does not say which range of numbers its images have: the net takes (byte − 127.5)/128',
    );
  return {
    net: { name, input: shape, ...(pixels && { pixels }), layers: made.layers },
    values: builder.values,
    unused: store.unused,
    remarks,
  };
}

/** Features may be images of one pixel in a file, as those of a convolution of the whole image; here they are flat. */
function flatPoint(builder: GraphBuilder, made: Chain, last: ModelNode | undefined): Chain {
  const [height, width, channels] = made.value.shape;
  const isPoint = last && channels !== undefined && height === 1 && width === 1;
  return isPoint ? withFlatten(builder, made, last) : made;
}

type Linear = { readonly scale: number; readonly shift: number };

/** The chain without what is linear in the front, which is preprocessing, and without what only scales whole features at the end. */
function trimmed(parts: readonly Part[], remarks: string[]): { front: Linear[]; middle: readonly Part[] } {
  const front: Linear[] = [];
  for (const { node } of parts) {
    if (node.operation.kind !== 'linear' || node.operation.scale === 0) break;
    front.push(node.operation);
  }
  let end = parts.length;
  for (; end > front.length; end--) {
    const { name, operation } = parts[end - 1]!.node;
    if (operation.kind === 'l2Normalise')
      remarks.push(
        `"${name}", which gives features unit length, is left out: they are normalised when they are compared`,
      );
    else if (operation.kind === 'softmax')
      remarks.push(`the softmax "${name}" at the end is left out: the features are the numbers before it`);
    else break;
  }
  return { front, middle: parts.slice(front.length, end) };
}

/** (byte − mean)·scale of what happens before the graph and at its front. */
function pixelsOf(front: readonly Linear[], before: Net['pixels']): Net['pixels'] {
  if (front.length === 0) return before;
  return front.reduce(
    ({ mean, scale }, step) => ({
      mean: step.shift === 0 ? mean : mean - step.shift / (scale * step.scale),
      scale: scale * step.scale,
    }),
    before ?? { mean: 0, scale: 1 },
  );
}

/** Larger than any image that a net is made for. */
const mostExtent = 8192;

/** [height, width, channels]. */
function inputShape(
  graph: ModelGraph,
  name: string,
  { source, input, channels }: GraphNetOptions,
): [number, number, number] {
  const stored = graph.inputs.find((value) => value.name === name)?.shape ?? [0, 0, 0];
  if (stored.length !== 3)
    throw refusal(
      `${source}: the input "${name}" is [${stored.join(', ')}], not an image [channels, height, width]`,
    );
  const known = (extent: number | undefined, given: number | undefined): number => extent || given || 0;
  const shape: [number, number, number] = [
    known(stored[1], input?.[0]),
    known(stored[2], input?.[1]),
    known(stored[0], channels ?? 3),
  ];
  if (shape[0] === 0 || shape[1] === 0)
    throw refusal(
      `${source} does not say how large its images are; give their height and width (--image-size 112x96)`,
    );
  if (!shape.every((extent) => Number.isInteger(extent) && extent > 0 && extent <= mostExtent))
    throw refusal(
      `${source}: its images are [height, width, channels] = [${shape.join(', ')}]; at most ${mostExtent} is supported`,
    );
  return shape;
}
