/** ONNX files by hand. */

import { ProtobufWriter } from '../../../src/normface/models/export/protobuf-message.ts';

type AttributeValue =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly tensor: ProtobufWriter };

export interface BuiltNode {
  readonly op: string;
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export interface BuiltModel {
  readonly opset?: number;
  readonly nodes: readonly BuiltNode[];
  readonly tensors?: readonly ProtobufWriter[];
  /** Shapes with the batch; 0 is open, undefined says nothing. */
  readonly inputs?: Readonly<Record<string, readonly number[] | undefined>>;
  readonly outputs?: readonly string[];
}

/** A tensor whose numbers are raw bytes. */
export function tensor(
  name: string,
  shape: readonly number[],
  data: Float32Array | BigInt64Array | Uint16Array | Float64Array,
  type = data instanceof Float32Array
    ? 1
    : data instanceof BigInt64Array
      ? 7
      : data instanceof Uint16Array
        ? 10
        : 11,
): ProtobufWriter {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new ProtobufWriter().integers(1, shape).integer(2, type).text(8, name).bytes(9, bytes);
}

export const floats = (
  name: string,
  shape: readonly number[],
  values?: readonly number[],
): ProtobufWriter => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    name,
    shape,
    Float32Array.from(values ?? Array.from({ length: size }, (_, i) => ((i * 7) % 11) - 5)),
  );
};

export const whole = (name: string, values: readonly number[], shape = [values.length]): ProtobufWriter =>
  tensor(name, shape, BigInt64Array.from(values, BigInt));

export function onnx({ opset = 17, nodes, tensors = [], inputs, outputs = ['y'] }: BuiltModel): Uint8Array {
  const graph = new ProtobufWriter();
  for (const node of nodes) graph.message(1, nodeOf(node));
  for (const stored of tensors) graph.message(5, stored);
  for (const [name, shape] of Object.entries(inputs ?? { x: [0, 3, 4, 4] }))
    graph.message(11, valueInfo(name, shape));
  for (const name of outputs) graph.message(12, valueInfo(name, [0, 0]));
  return new ProtobufWriter()
    .integer(1, 8)
    .message(7, graph)
    .message(8, new ProtobufWriter().text(1, '').integer(2, opset))
    .finish();
}

function nodeOf({ op, in: inputs, out, name, domain, attributes = {} }: BuiltNode): ProtobufWriter {
  const node = new ProtobufWriter();
  for (const input of inputs) node.text(1, input);
  for (const output of out) node.text(2, output);
  node.text(3, name ?? '').text(4, op);
  for (const [key, value] of Object.entries(attributes)) {
    const attribute = new ProtobufWriter().text(1, key);
    if (typeof value === 'number') attribute.integer(3, value).integer(20, 2);
    else if (typeof value === 'string') attribute.text(4, value).integer(20, 3);
    else if ('float' in value) attribute.float(2, value.float).integer(20, 1);
    else if ('tensor' in value) attribute.message(5, value.tensor).integer(20, 4);
    else attribute.integers(8, value).integer(20, 7);
    node.message(5, attribute);
  }
  return domain === undefined ? node : node.text(7, domain);
}

function valueInfo(name: string, shape: readonly number[] | undefined): ProtobufWriter {
  const value = new ProtobufWriter().text(1, name);
  if (!shape) return value;
  const dimensions = new ProtobufWriter();
  for (const extent of shape)
    dimensions.message(
      1,
      extent === 0 ? new ProtobufWriter().text(2, 'n') : new ProtobufWriter().integer(1, extent),
    );
  const tensorType = new ProtobufWriter().integer(1, 1).message(2, dimensions);
  return value.message(2, new ProtobufWriter().message(1, tensorType));
}
