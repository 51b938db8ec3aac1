/** `ModelProto` of ONNX (onnx/onnx.proto, Open Neural Network Exchange): the graph as it is stored. */

import { ProtobufMessage } from '../protobuf.ts';
import { refusal } from '../refusal.ts';
import { type OnnxTensor, readEntries, readTensor } from './tensor.ts';

/** `AttributeProto`. */
export interface OnnxAttribute {
  readonly float: number;
  readonly int: number;
  readonly text: string;
  readonly tensor?: OnnxTensor;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
}

/** `NodeProto`. */
export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  /** Empty for those of ONNX itself. */
  readonly domain: string;
  /** An empty name stands for an input that is not given. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** `ValueInfoProto` of a tensor; an extent that is open is 0. */
export interface OnnxValue {
  readonly name: string;
  readonly shape?: readonly number[];
}

export interface OnnxModel {
  /** Version of ONNX's operators. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** More nodes, and more tensors, than any net has. */
const mostNodes = 20_000;

/** @throws UserError where the bytes are no model, or a tensor is damaged */
export function readModel(bytes: Uint8Array, source: string): OnnxModel {
  const model = new ProtobufMessage(bytes, source);
  const fail = (reason: string): never => {
    throw refusal(`${source} is not a usable ONNX model: ${reason}`);
  };
  if (!model.has(7)) fail('it holds no graph');
  const versions = model
    .messages(8)
    .filter((entry) => isOnnx(entry.text(1) ?? ''))
    .map((entry) => entry.number(2) ?? 0);
  const opset = versions.at(-1) ?? 0;
  if (opset < 1) fail('it does not say which version of the operators it was written for');
  const graph = model.message(7);
  for (const [number, what] of [
    [1, 'nodes'],
    [5, 'tensors'],
    [11, 'inputs'],
    [12, 'outputs'],
  ] as const)
    if (graph.bytes(number).length > mostNodes) fail(`it has more than ${mostNodes} ${what}`);
  if (graph.has(15)) fail('it holds sparse tensors, which are not supported');
  return {
    opset,
    metadata: readEntries(model, 14),
    nodes: graph.messages(1).map((node) => readNode(node, source)),
    tensors: graph.messages(5).map((tensor) => readTensor(tensor, source)),
    inputs: graph.messages(11).map(readValue),
    outputs: graph.messages(12).map(readValue),
  };
}

/** Whether a domain is that of ONNX itself. */
export const isOnnx = (domain: string): boolean => domain === '' || domain === 'ai.onnx';

function readNode(message: ProtobufMessage, source: string): OnnxNode {
  const outputs = message.texts(2);
  const operator = message.text(4) ?? '';
  return {
    name: message.text(3) || outputs[0] || operator,
    operator,
    domain: message.text(7) ?? '',
    inputs: message.texts(1),
    outputs,
    attributes: new Map(
      message.messages(5).map((attribute) => [attribute.text(1) ?? '', readAttribute(attribute, source)]),
    ),
  };
}

function readAttribute(message: ProtobufMessage, source: string): OnnxAttribute {
  return {
    float: message.number(2) ?? 0,
    int: message.number(3) ?? 0,
    text: message.text(4) ?? '',
    floats: [...message.numbers(7).read()],
    ints: message.integers(8),
    ...(message.has(5) && { tensor: readTensor(message.message(5), source) }),
  };
}

function readValue(message: ProtobufMessage): OnnxValue {
  const name = message.text(1) ?? '';
  const tensorType = message.message(2).message(1);
  if (!tensorType.has(2)) return { name };
  return {
    name,
    shape: tensorType
      .message(2)
      .messages(1)
      .map((dimension) => Math.max(0, dimension.number(1) ?? 0)),
  };
}
