/** A net with its weights as an ONNX model. */

import type { NetWithValues } from '../../nets/fold.ts';
import { planNet } from '../../nets/plan.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { OnnxLayers } from './onnx-layers.ts';
import { ProtobufWriter } from './protobuf-message.ts';

/** Version of the operators, and the version of the format that came with it (ONNX 1.12). */
export const onnxOpset = 17;
const irVersion = 8;

/** What an ONNX model takes and gives, and says of itself. */
export interface OnnxExport {
  /** [height, width, channels] of the images. */
  readonly input: readonly [number, number, number];
  /** Whether the model takes bytes as numbers from 0 to 255 and does (byte − mean)·scale itself. Default false. */
  readonly includePreprocessing?: boolean;
  /** Whether the features get unit length at the end. Default false. */
  readonly includeNormalise?: boolean;
  /** What the file says of itself (`metadata_props`). */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Of the program, for `producer_version`. */
  readonly version?: string;
}

/** What nets without `pixels` take: (byte − 127.5)/128. */
export const defaultPixels = { mean: 127.5, scale: 1 / 128 };

/** Vectors shorter than this are not scaled to unit length, so that zeros stay zeros. */
const shortestVector = 1e-12;

/**
 * The bytes of a model whose input `images` is float32 [batch, channels, height, width] and whose output `features` is float32
 * [batch, length], for any batch. Layers keep their names, weights those of the parameters in ONNX's layout.
 *
 * @throws UserError if the net does not fit the images
 */
export function encodeOnnx({ net, values }: NetWithValues, options: OnnxExport): Uint8Array {
  const { input, includePreprocessing = false, includeNormalise = false, metadata = {} } = options;
  const planned = planNet(net, input);
  const graph = new OnnxGraph();
  const { mean, scale } = net.pixels ?? defaultPixels;
  const images = includePreprocessing ? preprocessing(graph, 'images', mean, scale) : 'images';
  const { value } = new OnnxLayers(graph, values).chain(net.layers, planned, { value: images });
  if (includeNormalise) normalise(graph, value);
  graph.rename('features');
  const colours = input[2] === 1 ? 'grey' : 'red, green, blue';
  const range = includePreprocessing ? 'from 0 to 255' : `(byte - ${mean}) * ${scale}`;
  const model = new ProtobufWriter()
    .integer(1, irVersion)
    .text(2, 'normface')
    .text(3, options.version ?? '')
    .message(
      7,
      graph.encode(
        net.name,
        { name: 'images', shape: [input[2], input[0], input[1]], text: `${colours}, ${range}` },
        { name: 'features', length: planned.at(-1)?.output[0] ?? 0 },
      ),
    )
    .message(8, new ProtobufWriter().text(1, '').integer(2, onnxOpset));
  for (const [key, text] of Object.entries(metadata))
    model.message(14, new ProtobufWriter().text(1, key).text(2, text));
  return model.finish();
}

/** (byte − mean)·scale. */
function preprocessing(graph: OnnxGraph, images: string, mean: number, scale: number): string {
  const number = (name: string, value: number) =>
    graph.floats(`/preprocessing/${name}`, [], Float32Array.of(value));
  const shifted = graph.node('Sub', '/preprocessing/subtract', [images, number('mean', mean)]);
  return graph.node('Mul', '/preprocessing/multiply', [shifted, number('scale', scale)]);
}

/** x / max(‖x‖, a tiny number). */
function normalise(graph: OnnxGraph, value: string): void {
  const length = graph.node('ReduceL2', '/normalise/length', [value], { axes: [1], keepdims: 1 });
  const least = graph.floats('/normalise/least', [], Float32Array.of(shortestVector));
  const clipped = graph.node('Clip', '/normalise/clip', [length, least]);
  graph.node('Div', '/normalise/divide', [value, clipped]);
}
