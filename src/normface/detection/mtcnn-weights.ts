/** Weights of MTCNN from the files that its nets are published as, in our layouts. */

import { UserError } from '../../common/errors.ts';
import { formatShape } from '../../engine/core/errors.ts';
import type { ModelFile, ModelTensor } from '../models/model-file.ts';
import type { SampleShape } from '../nets/layer.ts';
import type { ConvLayer } from '../nets/layers/conv.ts';
import type { FullyConnectedLayer } from '../nets/layers/fully-connected.ts';
import type { Net } from '../nets/net.ts';
import { planNet } from '../nets/plan.ts';
import type { DetectionNet } from './image-net.ts';
import { outputNet, proposalNet, refinementNet, windowOf } from './mtcnn-nets.ts';
import type { NamedModel } from './named-model.ts';

/** The files of MTCNN: det1, det2 and det3.caffemodel, or pnet.pt, rnet.pt and onet.pt. */
export interface MtcnnModels {
  readonly proposal: NamedModel;
  readonly refinement: NamedModel;
  readonly output: NamedModel;
}

/** The nets of MTCNN with their weights; P-Net for pictures of one size, such as pages of {@link paginate}. */
export interface MtcnnNets {
  proposal(height: number, width: number): DetectionNet;
  readonly refinement: DetectionNet;
  readonly output: DetectionNet;
}

/**
 * The nets that files hold. Tensors are told by their order and shape, since names differ between the copies that go about.
 *
 * Caffe's nets were trained from Matlab, which stores pictures column by column: their windows are [in, x, y], so that the axes of weights
 * are exchanged here, and pictures stay upright. Those of the PyTorch conversion are [in, y, x], but their first fully connected layer takes
 * [x, y, channels].
 *
 * @throws UserError that names the file and the first layer without a tensor
 */
export function mtcnnNets({ proposal, refinement, output }: MtcnnModels): MtcnnNets {
  const { size } = windowOf.proposal;
  const values = valuesOf(proposalNet(size, size), [2, 4], proposal);
  return {
    proposal: (height, width) => ({ net: proposalNet(height, width), values }),
    refinement: { net: refinementNet, values: valuesOf(refinementNet, [2, 4], refinement) },
    output: { net: outputNet, values: valuesOf(outputNet, [2, 4, 10], output) },
  };
}

/** @param heads outputs of each of the layers that are one layer `heads` in our net */
function valuesOf(net: Net, heads: readonly number[], named: NamedModel): Map<string, Float32Array> {
  const file = new TensorsInOrder(net, named);
  const values = new Map<string, Float32Array>();
  let input: SampleShape = net.input;
  /** Of the maps that were flattened last: their layout is asked for by the fully connected layer behind. */
  let flattened: SampleShape | null = null;
  const plan = planNet(net);
  net.layers.forEach((layer, i) => {
    if (layer.kind === 'conv' || layer.kind === 'fullyConnected') {
      const outputs =
        layer.name === 'heads' ? heads : [layer.kind === 'conv' ? layer.channels : layer.outputs];
      const parts = outputs.map((count) => ({
        count,
        weight: file.next(layer.name, storedShape(layer, count, input)),
        bias: file.next(layer.name, [count]),
      }));
      const rows = parts.map(({ weight, count }) =>
        layer.kind === 'conv'
          ? convWeight(weight, named.model.format, count, input.at(-1)!, layer.kernel as number)
          : fullyConnectedWeight(weight, named.model.format, count, flattened ?? input),
      );
      values.set(`${layer.name}.weight`, sideBySide(rows, outputs));
      values.set(
        `${layer.name}.bias`,
        sideBySide(
          parts.map(({ bias }) => bias),
          outputs,
        ),
      );
      flattened = null;
    }
    if (layer.kind === 'prelu') values.set(`${layer.name}.slope`, file.next(layer.name, [input.at(-1)!]));
    if (layer.kind === 'flatten') flattened = input;
    input = plan[i]!.output;
  });
  return values;
}

/** As Caffe and PyTorch store them: outputs first, then channels, then the window. */
const storedShape = (
  layer: ConvLayer | FullyConnectedLayer,
  outputs: number,
  input: SampleShape,
): number[] =>
  layer.kind === 'conv'
    ? [outputs, input.at(-1)!, layer.kernel as number, layer.kernel as number]
    : [outputs, input[0]!];

/** Gives out the tensors of a file in their order, passing over those that no layer of ours has. */
class TensorsInOrder {
  private readonly net: Net;
  private readonly source: string;
  private readonly tensors: readonly ModelTensor[];
  private position = 0;

  constructor(net: Net, { model, source }: NamedModel) {
    if (model.format !== 'caffe' && model.format !== 'pytorch')
      throw new UserError(
        `${source} is a file of the format ${model.format}; MTCNN is read from Caffe's and PyTorch's`,
      );
    this.net = net;
    this.source = source;
    this.tensors = model.tensors;
  }

  next(layer: string, shape: readonly number[]): Float32Array {
    const wanted = withoutOnes(shape);
    for (let i = this.position; i < this.tensors.length; i++) {
      const tensor = this.tensors[i]!;
      if (withoutOnes(tensor.shape) !== wanted) continue;
      this.position = i + 1;
      return tensor.values();
    }
    throw new UserError(
      `${this.source} does not hold ${this.net.name}: there is no tensor ${formatShape(shape)} for its layer ${layer}`,
    );
  }
}

/** Old Caffe files store every tensor with four extents. */
const withoutOnes = (shape: readonly number[]): string => shape.filter((extent) => extent !== 1).join('×');

type Format = ModelFile['format'];

/** [out, in, a, b] to [y, x, in, out]; a is x in Caffe's files and y in PyTorch's. */
function convWeight(
  stored: Float32Array,
  format: Format,
  outputs: number,
  inputs: number,
  kernel: number,
): Float32Array {
  const weight = new Float32Array(stored.length);
  let from = 0;
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let a = 0; a < kernel; a++)
        for (let b = 0; b < kernel; b++) {
          const [y, x] = format === 'caffe' ? [b, a] : [a, b];
          weight[((y * kernel + x) * inputs + i) * outputs + o] = stored[from++]!;
        }
  return weight;
}

/** [out, flat] to [flat, out], where of maps flat is [channel, x, y] in Caffe's files, [x, y, channel] in PyTorch's, and [y, x, channel] here. */
function fullyConnectedWeight(
  stored: Float32Array,
  format: Format,
  outputs: number,
  input: SampleShape,
): Float32Array {
  const [height, width, channels] =
    input.length === 3 ? (input as [number, number, number]) : [1, 1, input[0]!];
  const weight = new Float32Array(stored.length);
  const flat = height * width * channels;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        const from = format === 'caffe' ? (c * width + x) * height + y : (x * height + y) * channels + c;
        const to = (y * width + x) * channels + c;
        for (let o = 0; o < outputs; o++) weight[to * outputs + o] = stored[o * flat + from]!;
      }
  return weight;
}

/** Arrays whose innermost axis are outputs as one, with the outputs of each beside those of the one before. */
function sideBySide(parts: readonly Float32Array[], outputs: readonly number[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const together = outputs.reduce((sum, count) => sum + count, 0);
  const result = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let begin = 0;
  parts.forEach((part, p) => {
    const count = outputs[p]!;
    for (let i = 0; i < part.length; i++)
      result[Math.floor(i / count) * together + begin + (i % count)] = part[i]!;
    begin += count;
  });
  return result;
}
