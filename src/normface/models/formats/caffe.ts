/**
 * Nets that Caffe stored: `.caffemodel`, a NetParameter of `caffe.proto`. It names its layers and has their settings, so the `.prototxt` is
 * not needed.
 */

import type { ModelFile, ModelNode, ModelTensor } from '../model-file.ts';
import { type CaffeLayer, newLayer, oldLayer, tensorOf } from './caffe-layer.ts';
import { type CaffeOperations, operationsOf, Unsupported } from './caffe-operations.ts';
import { describeSettings } from './caffe-settings.ts';
import { ProtobufMessage } from './protobuf.ts';
import { refusal } from './refusal.ts';

/** Layers of a net; more would not be one. */
const mostLayers = 20_000;

/** Read images and labels, or stand for them. */
const dataTypes = /^(Input|.*Data)$/;
/** Judge features while training, and give nothing that a feature could be made of. */
const endTypes = /^(.*Loss|Accuracy|Silence|ArgMax|HDF5Output)$/;

/**
 * A net in Caffe's format. Tensors are called as PyTorch would: `conv1.weight`, `conv1.bias`, `bn1.running_mean` (divided by the layer's factor
 * already). Values have the names of Caffe's blobs; where a layer writes into its input, `name (layer)`. Layers that no operation
 * stands for are nodes of the kind `unsupported`; those that only judge a training are left out, and `metadata.leftOut` names them.
 *
 * @param source what sentences call the file
 * @throws UserError when the file is damaged, cut short, or none of Caffe's
 */
export function readCaffe(bytes: Uint8Array, source: string): ModelFile {
  if (/^\s*(name\s*:|layers?\s*\{|input)/.test(new TextDecoder('latin1').decode(bytes.subarray(0, 200))))
    throw refusal(`${source} is the text of a net (.prototxt); the weights are in its .caffemodel`);
  const net = new ProtobufMessage(bytes, source);
  const [news, olds] = [net.bytes(100), net.bytes(2)];
  if (news.length + olds.length > mostLayers)
    throw refusal(`${source} has ${news.length + olds.length} layers; at most ${mostLayers} are read`);
  const layers =
    news.length > 0
      ? net.messages(100).map((message) => newLayer(message, source))
      : net.messages(2).map((message) => oldLayer(message, source));
  if (!layers.some(({ blobs }) => blobs.length > 0))
    throw refusal(`${source} is no net of Caffe's: it has no layers with weights`);
  const graph = new CaffeGraph(source);
  const [shapes, dimensions] = [net.messages(8), net.integers(4)];
  net.texts(3).forEach((name, i) => {
    const shape = net.has(8) ? shapes[i]?.integers(1) : dimensions.slice(4 * i, 4 * i + 4);
    graph.input(name, shape?.slice(1));
  });
  for (const layer of layers) graph.add(layer);
  return graph.file(net.text(1));
}

class CaffeGraph {
  private readonly source: string;
  private readonly nodes: ModelNode[] = [];
  private readonly tensors = new Map<string, ModelTensor>();
  private readonly inputs = new Map<string, readonly number[] | undefined>();
  /** The value that a blob holds at this point: layers may write into their input. */
  private readonly current = new Map<string, string>();
  private readonly channels = new Map<string, number | undefined>();
  private readonly used = new Set<string>();
  /** Layers that hold numbers for others, by the blob that they give. */
  private readonly parameters = new Map<string, string>();
  /** How many values have a name. */
  private readonly repeated = new Map<string, number>();
  private readonly leftOut: string[] = [];
  private readonly pixels: Record<string, string> = {};

  constructor(source: string) {
    this.source = source;
  }

  /** @param shape without the batch */
  input(name: string, shape: readonly number[] | undefined): void {
    const usable = shape?.length === 3 && shape.every((extent) => Number.isInteger(extent) && extent >= 0);
    this.inputs.set(name, usable ? shape : undefined);
    this.current.set(name, name);
    this.channels.set(name, usable ? shape[0] : undefined);
  }

  add(layer: CaffeLayer): void {
    const { name, type, bottoms, tops, blobs } = layer;
    if (this.nodes.length + tops.length > mostLayers)
      throw refusal(`${this.source}: the layer "${name}" has too many outputs`);
    if (bottoms.length === 0 && dataTypes.test(type)) {
      this.addData(layer);
      return;
    }
    if (endTypes.test(type)) {
      this.leftOut.push(`${name} (${type})`);
      return;
    }
    const values = bottoms.map((bottom) => this.value(bottom));
    if (type === 'Split' || type === 'Dropout') {
      const [value] = values;
      if (value === undefined) throw refusal(`${this.source}: the layer "${name}" (${type}) has no input`);
      for (const top of tops) this.current.set(top, value);
      return;
    }
    const matrix = this.matrixOf(layer, values[1]);
    if (matrix) values.pop();
    const made = matrix ?? this.operations(layer, values);
    if (type === 'Parameter' && tops.length === 1 && blobs.length === 1) this.parameters.set(tops[0]!, name);
    for (const tensor of made.tensors) this.addTensor(tensor, name);
    if (made.operations[0]?.kind === 'unsupported')
      blobs.forEach((blob, i) => {
        this.addTensor(tensorOf(blob, blobs.length === 1 ? `${name}.weight` : `${name}.blob${i}`), name);
      });
    for (const value of values) this.used.add(value);
    made.operations.forEach((operation, i) => {
      const top = tops[i] ?? name;
      const output = this.newValue(top, name);
      if (operation.kind === 'conv') this.learnChannels(values[0], operation.weight, operation.groups);
      this.nodes.push({
        name: made.operations.length === 1 ? name : `${name} (${top})`,
        operation,
        inputs: values,
        output,
      });
      this.current.set(top, output);
      this.channels.set(output, made.channels[i]);
    });
  }

  file(name: string | undefined): ModelFile {
    const produced = this.nodes.filter(({ inputs }) => inputs.length > 0).map(({ output }) => output);
    return {
      format: 'caffe',
      tensors: [...this.tensors.values()],
      graph: {
        inputs: [...this.inputs]
          .filter(([input]) => this.used.has(input))
          .map(([input, shape]) => {
            const channels = this.channels.get(input);
            const known = shape ?? (channels === undefined ? undefined : [channels, 0, 0]);
            return known ? { name: input, shape: known } : { name: input };
          }),
        outputs: produced.filter((value) => !this.used.has(value)),
        nodes: this.nodes,
      },
      metadata: {
        ...(name && { name }),
        ...this.pixels,
        ...(this.leftOut.length > 0 && { leftOut: this.leftOut.join(', ') }),
      },
    };
  }

  private addData({ type, tops, settings, transform }: CaffeLayer): void {
    const shapes = type === 'Input' ? settings.messages(1).map((shape) => shape.integers(1)) : [];
    tops.forEach((top, i) => {
      const crop = transform.number(3);
      const shape = (shapes[i] ?? shapes[0])?.slice(1);
      this.input(top, shape ?? (i === 0 && crop ? [0, crop, crop] : undefined));
    });
    if (transform.has(5)) this.pixels.mean = transform.numbers(5).read().join(', ');
    if (transform.has(1)) this.pixels.scale = String(transform.number(1));
  }

  private operations(layer: CaffeLayer, values: readonly string[]): CaffeOperations {
    try {
      return operationsOf(
        layer,
        values.map((value) => this.channels.get(value)),
      );
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      const settings = [describeSettings(layer), error.message].filter((part) => part !== '').join('; ');
      return {
        operations: layer.tops.map(() => ({ kind: 'unsupported', type: layer.type, settings })),
        tensors: [],
        channels: layer.tops.map(() => undefined),
      };
    }
  }

  /** A product whose matrix is that of a Parameter layer, its second input (happynear/caffe-windows: the classes' weights). */
  private matrixOf({ type, blobs }: CaffeLayer, second: string | undefined): CaffeOperations | undefined {
    const parameter = second === undefined ? undefined : this.parameters.get(second);
    const weight = this.tensors.get(`${parameter}.weight`);
    if (type !== 'InnerProduct' || blobs.length > 0 || weight?.shape.length !== 2) return undefined;
    return {
      operations: [{ kind: 'fullyConnected', weight: weight.name, transposed: false }],
      tensors: [],
      channels: [weight.shape[0]],
    };
  }

  /** What a blob holds now; one that no layer gives comes from outside. */
  private value(blob: string): string {
    const value = this.current.get(blob);
    if (value !== undefined) return value;
    this.input(blob, undefined);
    return blob;
  }

  /** A name for a value that a blob gets: the blob's, or one with the layer that writes into it. */
  private newValue(top: string, layer: string): string {
    if (!this.channels.has(top)) return top;
    const name = `${top} (${layer})`;
    const count = (this.repeated.get(name) ?? 0) + 1;
    this.repeated.set(name, count);
    return count === 1 ? name : `${top} (${layer}, ${count})`;
  }

  private addTensor(tensor: ModelTensor, layer: string): void {
    if (this.tensors.has(tensor.name))
      throw refusal(`${this.source}: two layers are called "${layer}"; layers need names of their own`);
    this.tensors.set(tensor.name, tensor);
  }

  /** An input's channels follow from the first convolution that reads it. */
  private learnChannels(input: string | undefined, weight: string, groups: number): void {
    if (input === undefined || this.channels.get(input) !== undefined) return;
    const channels = this.tensors.get(weight)!.shape[1]! * groups;
    this.channels.set(input, channels);
    const shape = this.inputs.get(input);
    if (shape) this.inputs.set(input, [shape[0] || channels, shape[1]!, shape[2]!]);
  }
}
