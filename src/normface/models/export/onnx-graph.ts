/** `GraphProto` of ONNX (onnx/onnx.proto), node by node. */

import { ProtobufWriter } from './protobuf-message.ts';

/** Whole numbers, a list of them, or with `{ float }` a float. */
export type Attribute = number | readonly number[] | { readonly float: number };

/** `AttributeProto.AttributeType`. */
const attributeType = { float: 1, int: 2, ints: 7 };

/** `TensorProto.DataType`. */
const float32 = 1;
const int64 = 7;

interface Node {
  readonly operator: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export class OnnxGraph {
  private readonly nodes: Node[] = [];
  private readonly tensors: ProtobufWriter[] = [];

  /** Adds a node. @returns its output, or the list of its outputs where it has several */
  node(
    operator: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const output = `${name}/output`;
    this.nodes.push({ operator, name, inputs, outputs: [output], attributes });
    return output;
  }

  /** Adds a node with several outputs. */
  nodeWithParts(
    operator: string,
    name: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>>,
  ): string[] {
    const outputs = Array.from({ length: count }, (_, i) => `${name}/output${i + 1}`);
    this.nodes.push({ operator, name, inputs, outputs, attributes });
    return outputs;
  }

  /** Stores float32 numbers. @returns the name */
  floats(name: string, shape: readonly number[], values: Float32Array): string {
    const tensor = new ProtobufWriter().integers(1, shape).integer(2, float32).text(8, name);
    // Little-endian, as every platform that has WebGPU.
    this.tensors.push(tensor.bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)));
    return name;
  }

  /** Stores whole numbers, such as a shape. @returns the name */
  integers(name: string, values: readonly number[]): string {
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.tensors.push(
      new ProtobufWriter().integers(1, [values.length]).integer(2, int64).text(8, name).bytes(9, bytes),
    );
    return name;
  }

  /** Gives the value that the last node made another name. */
  rename(name: string): void {
    const last = this.nodes.at(-1);
    if (last) last.outputs[0] = name;
  }

  /**
   * @param input name, [channels, height, width] and, in a sentence, which numbers
   * @param output name and length of the features
   */
  encode(
    name: string,
    input: { readonly name: string; readonly shape: readonly number[]; readonly text: string },
    output: { readonly name: string; readonly length: number },
  ): ProtobufWriter {
    const graph = new ProtobufWriter();
    for (const node of this.nodes) graph.message(1, encodeNode(node));
    graph.text(2, name);
    for (const tensor of this.tensors) graph.message(5, tensor);
    graph.message(11, valueInfo(input.name, input.shape).text(3, input.text));
    return graph.message(12, valueInfo(output.name, [output.length]));
  }
}

function encodeNode({ operator, name, inputs, outputs, attributes }: Node): ProtobufWriter {
  const node = new ProtobufWriter();
  for (const input of inputs) node.text(1, input);
  for (const output of outputs) node.text(2, output);
  node.text(3, name).text(4, operator);
  for (const [key, value] of Object.entries(attributes)) node.message(5, encodeAttribute(key, value));
  return node;
}

function encodeAttribute(name: string, value: Attribute): ProtobufWriter {
  const attribute = new ProtobufWriter().text(1, name);
  if (typeof value === 'number') return attribute.integer(3, value).integer(20, attributeType.int);
  if ('float' in value) return attribute.float(2, value.float).integer(20, attributeType.float);
  for (const number of value) attribute.integer(8, number);
  return attribute.integer(20, attributeType.ints);
}

/** float32 [batch, ...extents], with any number of samples. */
function valueInfo(name: string, extents: readonly number[]): ProtobufWriter {
  const shape = new ProtobufWriter().message(1, new ProtobufWriter().text(2, 'batch'));
  for (const extent of extents) shape.message(1, new ProtobufWriter().integer(1, extent));
  const tensor = new ProtobufWriter().integer(1, float32).message(2, shape);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}
