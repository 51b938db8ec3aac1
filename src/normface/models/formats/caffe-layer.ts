/** Layers of Caffe's nets in the messages of `caffe.proto` (BVLC/caffe/src/caffe/proto): those of old files (V1) and those since 2014. */

import type { ModelTensor } from '../model-file.ts';
import type { NumberList, ProtobufMessage } from './protobuf.ts';
import { refusal } from './refusal.ts';

/** Numbers of a layer. */
export interface CaffeBlob {
  /** As it is stored; old files have four extents always, ones in front. */
  readonly shape: readonly number[];
  readonly values: NumberList;
}

export interface CaffeLayer {
  readonly name: string;
  /** As in new files: Convolution, InnerProduct and so on. */
  readonly type: string;
  readonly bottoms: readonly string[];
  readonly tops: readonly string[];
  readonly blobs: readonly CaffeBlob[];
  /** The settings that belong to the type; empty where all have their defaults. */
  readonly settings: ProtobufMessage;
  /** What happens to images that a layer of data reads. */
  readonly transform: ProtobufMessage;
}

/** Types of V1LayerParameter, by their numbers from 1. */
const oldTypes = (
  'Accuracy BNLL Concat Convolution Data Dropout EuclideanLoss Flatten HDF5Data HDF5Output Im2col ImageData InfogainLoss ' +
  'InnerProduct LRN MultinomialLogisticLoss Pooling ReLU Sigmoid Softmax SoftmaxWithLoss Split TanH WindowData Eltwise Power ' +
  'SigmoidCrossEntropyLoss HingeLoss MemoryData ArgMax Threshold DummyData Slice MVN AbsVal Silence ContrastiveLoss Exp Deconvolution'
).split(' ');

/** Where the settings of a type are: the field of LayerParameter, and that of V1LayerParameter. */
const settingFields: Readonly<Record<string, readonly [number, number?]>> = {
  Convolution: [106, 10],
  Deconvolution: [106, 10],
  DepthwiseConvolution: [106],
  ConvolutionDepthwise: [106],
  InnerProduct: [117, 17],
  Pooling: [121, 19],
  PReLU: [131],
  ReLU: [123, 30],
  ELU: [140],
  Eltwise: [110, 24],
  BatchNorm: [139],
  Scale: [142],
  Bias: [141],
  Slice: [126, 31],
  Concat: [104, 9],
  Softmax: [125, 39],
  Flatten: [135],
  Reshape: [133],
  Power: [122, 21],
  LRN: [118, 18],
  Input: [143],
};

/** A layer of `layer` (field 100 of NetParameter). */
export function newLayer(message: ProtobufMessage, source: string): CaffeLayer {
  const type = message.text(2) ?? '';
  return {
    name: message.text(1) ?? type,
    type,
    bottoms: message.texts(3),
    tops: message.texts(4),
    blobs: message.messages(7).map((blob, i) => blobOf(blob, `${source}: blob ${i} of "${message.text(1)}"`)),
    settings: message.message(settingFields[type]?.[0] ?? 0),
    transform: message.message(100),
  };
}

/** A layer of `layers` (field 2 of NetParameter), of files before August 2014. */
export function oldLayer(message: ProtobufMessage, source: string): CaffeLayer {
  const number = message.number(5) ?? 0;
  const type = oldTypes[number - 1] ?? `type ${number}`;
  const name = message.text(4) ?? type;
  if (message.has(1))
    throw refusal(
      `${source} is of the first version of Caffe's format (2013); Caffe's tool upgrade_net_proto_binary makes it one that is read`,
    );
  return {
    name,
    type,
    bottoms: message.texts(2),
    tops: message.texts(3),
    blobs: message.messages(6).map((blob, i) => blobOf(blob, `${source}: blob ${i} of "${name}"`)),
    settings: message.message(settingFields[type]?.[1] ?? 0),
    transform: message.message(36),
  };
}

function blobOf(message: ProtobufMessage, place: string): CaffeBlob {
  const shape = message.has(7)
    ? message.message(7).integers(1)
    : [1, 2, 3, 4].map((field) => message.number(field) ?? 1);
  const doubles = message.numbers(8, 8);
  const values = doubles.count > 0 ? doubles : message.numbers(5);
  if (!shape.every((extent) => Number.isInteger(extent) && extent > 0) || product(shape) !== values.count)
    throw refusal(`${place} is [${shape.join(', ')}], but the file has ${values.count} numbers of it`);
  return { shape, values };
}

export function product(shape: readonly number[]): number {
  return shape.reduce((count, extent) => count * extent, 1);
}

/** A blob as a tensor; old files' ones in front go, so that it has `dimensions` of them. */
export function tensorOf(blob: CaffeBlob, name: string, dimensions = blob.shape.length): ModelTensor {
  const { shape } = blob;
  const extra = shape.length - dimensions;
  const isPadded = extra > 0 && shape.slice(0, extra).every((extent) => extent === 1);
  return { name, shape: isPadded ? shape.slice(extra) : shape, values: () => blob.values.read() };
}
