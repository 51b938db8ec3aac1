/** What each type of Caffe's layers computes, by the defaults of `caffe.proto` and the layers' sources (BVLC/caffe/src/caffe/layers). */

import type { ModelTensor, Operation, Sides } from '../model-file.ts';
import { type CaffeBlob, type CaffeLayer, product, tensorOf } from './caffe-layer.ts';
import type { ProtobufMessage } from './protobuf.ts';

/** A layer's operation, or one for each of its tops; channels of these where they are known. */
export interface CaffeOperations {
  readonly operations: readonly Operation[];
  readonly tensors: readonly ModelTensor[];
  readonly channels: readonly (number | undefined)[];
}

/** No operation stands for a layer; the message names what is not supported of it, and nothing where its type is not. */
export class Unsupported extends Error {}

type Read = (layer: CaffeLayer, inputs: readonly (number | undefined)[]) => CaffeOperations;

/** @param inputs channels of the bottoms where they are known. @throws Unsupported */
export function operationsOf(layer: CaffeLayer, inputs: readonly (number | undefined)[]): CaffeOperations {
  const read = Object.hasOwn(types, layer.type) ? types[layer.type] : undefined;
  if (!read) throw new Unsupported('');
  return read(layer, inputs);
}

/** One operation that keeps the channels of its first bottom. */
const same = (
  operation: Operation,
  inputs: readonly (number | undefined)[],
  tensors: readonly ModelTensor[] = [],
): CaffeOperations => ({ operations: [operation], tensors, channels: [inputs[0]] });

const convolution: Read = ({ name, type, settings, blobs }) => {
  const [weights, bias] = blobs;
  if (!weights) throw new Unsupported('no weights');
  if ((settings.number(16) ?? 1) !== 1) throw new Unsupported('an axis other than 1');
  const weight = tensorOf(weights, `${name}.weight`, 4);
  if (weight.shape.length !== 4) throw new Unsupported(`weights of [${weight.shape.join(', ')}]`);
  const [out, , ...kernel] = weight.shape as [number, number, number, number];
  const stated = pair(settings, 4, [11, 12], 0);
  const outputs = settings.number(1) ?? out;
  if ((stated[0] !== 0 && `${stated}` !== `${kernel}`) || outputs !== out)
    throw new Unsupported(
      `its weights are [${weight.shape.join(', ')}], its settings ${outputs} outputs of ${stated.join('×')}`,
    );
  const [padH, padW] = pair(settings, 3, [9, 10], 0);
  const tensors = bias ? [weight, vector(bias, `${name}.bias`)] : [weight];
  return {
    operations: [
      {
        kind: 'conv',
        kernel,
        stride: pair(settings, 6, [13, 14], 1),
        padding: [padH, padH, padW, padW],
        dilation: pair(settings, 18, undefined, 1),
        groups: whole(settings.number(5) ?? (/depthwise/i.test(type) ? out : 1), 'group'),
        weight: weight.name,
        ...(bias && { bias: `${name}.bias` }),
      },
    ],
    tensors,
    channels: [out],
  };
};

const innerProduct: Read = ({ name, settings, blobs }) => {
  const [weights, bias] = blobs;
  if (!weights) throw new Unsupported('no weights');
  if ((settings.number(5) ?? 1) !== 1) throw new Unsupported('an axis other than 1');
  const weight = tensorOf(weights, `${name}.weight`, 2);
  if (weight.shape.length !== 2) throw new Unsupported(`weights of [${weight.shape.join(', ')}]`);
  const transposed = (settings.number(6) ?? 0) !== 0;
  return {
    operations: [
      {
        kind: 'fullyConnected',
        weight: weight.name,
        transposed,
        ...(bias && { bias: `${name}.bias` }),
      },
    ],
    tensors: bias ? [weight, vector(bias, `${name}.bias`)] : [weight],
    channels: [weight.shape[transposed ? 1 : 0]],
  };
};

const pooling: Read = ({ settings }, inputs) => {
  const method = settings.number(1) ?? 0;
  if (method > 1) throw new Unsupported('stochastic pooling');
  if ((settings.number(12) ?? 0) !== 0) {
    if (method === 0) throw new Unsupported('the maximum of a whole image');
    return same({ kind: 'globalAveragePool' }, inputs);
  }
  const [padH, padW] = pair(settings, 4, [9, 10], 0);
  const padding: Sides = [padH, padH, padW, padW];
  const kernel = pair(settings, 2, [5, 6], 0);
  if (kernel[0] < 1 || kernel[1] < 1) throw new Unsupported('a window without an extent');
  const window = { kernel, stride: pair(settings, 3, [7, 8], 1), padding };
  // Caffe rounds the number of windows up, unless a newer file says otherwise (round_mode).
  const ceilMode = (settings.number(13) ?? 0) === 0;
  return same(
    method === 0
      ? { kind: 'maxPool', ...window, ceilMode }
      : { kind: 'averagePool', ...window, ceilMode, countPadding: true },
    inputs,
  );
};

const prelu: Read = ({ name, blobs: [slope] }, inputs) => {
  if (!slope) throw new Unsupported('no slopes');
  return same({ kind: 'prelu', slope: `${name}.weight` }, inputs, [vector(slope, `${name}.weight`)]);
};

const relu: Read = ({ name, settings }, inputs) => {
  const slope = settings.number(1) ?? 0;
  if (slope === 0) return same({ kind: 'relu' }, inputs);
  const tensor = { name: `${name}.slope`, shape: [1], values: () => Float32Array.of(slope) };
  return same({ kind: 'prelu', slope: tensor.name }, inputs, [tensor]);
};

/** Sums of statistics, and in the third blob by what they are to be divided (batch_norm_layer.cpp). */
const batchNorm: Read = ({ name, settings, blobs }, inputs) => {
  const [mean, variance, factor] = blobs;
  if (!mean || !variance || !factor || blobs.length > 3 || factor.values.count !== 1)
    throw new Unsupported(`${blobs.length} blobs in the place of three`);
  const scaled = (blob: CaffeBlob, ending: string): ModelTensor => ({
    ...vector(blob, `${name}.${ending}`),
    values() {
      const divisor = factor.values.read()[0]!;
      return blob.values.read().map((value) => (divisor === 0 ? 0 : value / divisor));
    },
  });
  const tensors = [scaled(mean, 'running_mean'), scaled(variance, 'running_var')];
  return same(
    {
      kind: 'batchNorm',
      mean: `${name}.running_mean`,
      variance: `${name}.running_var`,
      epsilon: settings.number(3) ?? 1e-5,
    },
    inputs,
    tensors,
  );
};

const scale: Read = ({ name, bottoms, settings, blobs }, inputs) => {
  if (bottoms.length === 2) return same({ kind: 'multiply' }, inputs);
  if ((settings.number(1) ?? 1) !== 1) throw new Unsupported('an axis other than 1');
  const [factor, shift] = blobs;
  if (!factor) throw new Unsupported('no numbers');
  return same({ kind: 'affine', scale: `${name}.weight`, ...(shift && { shift: `${name}.bias` }) }, inputs, [
    vector(factor, `${name}.weight`),
    ...(shift ? [vector(shift, `${name}.bias`)] : []),
  ]);
};

const bias: Read = ({ name, settings, blobs: [shift] }, inputs) => {
  if (!shift || (settings.number(1) ?? 1) !== 1)
    throw new Unsupported('other than a number for each channel');
  return same({ kind: 'affine', shift: `${name}.bias` }, inputs, [vector(shift, `${name}.bias`)]);
};

const eltwise: Read = ({ settings }, inputs) => {
  const kind = (['multiply', 'add', 'maximum'] as const)[settings.number(1) ?? 1];
  if (!kind) throw new Unsupported('an operation other than product, sum and maximum');
  if (
    kind === 'add' &&
    settings
      .numbers(2)
      .read()
      .some((factor) => factor !== 1)
  )
    throw new Unsupported('factors other than 1');
  return same({ kind }, inputs);
};

const slice: Read = ({ tops, settings }, [channels]) => {
  if ((settings.number(3) ?? settings.number(1) ?? 1) !== 1) throw new Unsupported('an axis other than 1');
  let points = settings.integers(2);
  if (points.length === 0) {
    if (channels === undefined || channels % tops.length !== 0)
      throw new Unsupported(`${channels ?? 'an unknown number of'} channels in ${tops.length} equal parts`);
    points = Array.from({ length: tops.length - 1 }, (_, i) => ((i + 1) * channels) / tops.length);
  }
  const edges = [0, ...points, channels ?? Number.NaN];
  if (edges.length !== tops.length + 1 || !edges.every((edge, i) => i === 0 || edge > edges[i - 1]!))
    throw new Unsupported(`the parts of ${channels ?? 'an unknown number of'} channels`);
  return {
    operations: tops.map((_, i) => ({ kind: 'channels', begin: edges[i]!, end: edges[i + 1]! })),
    tensors: [],
    channels: tops.map((_, i) => edges[i + 1]! - edges[i]!),
  };
};

const concat: Read = ({ settings }, inputs) => {
  if ((settings.number(2) ?? settings.number(1) ?? 1) !== 1) throw new Unsupported('an axis other than 1');
  const sum = inputs.reduce((total, channels) => total! + (channels ?? Number.NaN), 0);
  return {
    operations: [{ kind: 'concatenate' }],
    tensors: [],
    channels: [Number.isNaN(sum) ? undefined : sum],
  };
};

const softmax: Read = ({ settings }, inputs) => {
  if ((settings.number(2) ?? 1) !== 1) throw new Unsupported('an axis other than 1');
  return same({ kind: 'softmax' }, inputs);
};

const flatten: Read = ({ settings }) => {
  if ((settings.number(1) ?? 1) !== 1 || (settings.number(2) ?? -1) !== -1)
    throw new Unsupported('flattening a part of the axes');
  return { operations: [{ kind: 'flatten' }], tensors: [], channels: [undefined] };
};

const reshape: Read = ({ settings }) => {
  const [batch, ...shape] = settings.message(1).integers(1);
  if ((settings.number(2) ?? 0) !== 0 || (settings.number(3) ?? -1) !== -1 || batch === undefined)
    throw new Unsupported('a part of the axes');
  return { operations: [{ kind: 'reshape', shape }], tensors: [], channels: [undefined] };
};

const power: Read = ({ settings }, inputs) => {
  if ((settings.number(1) ?? 1) !== 1) throw new Unsupported('a power other than 1');
  return same({ kind: 'linear', scale: settings.number(2) ?? 1, shift: settings.number(3) ?? 0 }, inputs);
};

const normalise: Read = ({ blobs }, inputs) => {
  if (blobs.length > 0) throw new Unsupported('learnt factors');
  return same({ kind: 'l2Normalise' }, inputs);
};

const types: Readonly<Record<string, Read>> = {
  Convolution: convolution,
  DepthwiseConvolution: convolution,
  ConvolutionDepthwise: convolution,
  InnerProduct: innerProduct,
  Pooling: pooling,
  PReLU: prelu,
  ReLU: relu,
  Sigmoid: (_, inputs) => same({ kind: 'sigmoid' }, inputs),
  Softmax: softmax,
  BatchNorm: batchNorm,
  Scale: scale,
  Bias: bias,
  Eltwise: eltwise,
  Slice: slice,
  Concat: concat,
  Flatten: flatten,
  Reshape: reshape,
  Power: power,
  Normalize: normalise,
};

const vector = (blob: CaffeBlob, name: string): ModelTensor => ({
  ...tensorOf(blob, name),
  shape: [product(blob.shape)],
});

/** A setting for height and width: one number, a list, or a field for each; `[height, width]`. */
function pair(
  settings: ProtobufMessage,
  both: number,
  each: readonly [number, number] | undefined,
  otherwise: number,
): [number, number] {
  const list = settings.integers(both);
  if (list.length > 2) throw new Unsupported(`${list.length} extents`);
  const [height, width = height] = list;
  return [
    whole((each && settings.number(each[0])) ?? height ?? otherwise, 'an extent'),
    whole((each && settings.number(each[1])) ?? width ?? otherwise, 'an extent'),
  ];
}

function whole(value: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > 2 ** 20) throw new Unsupported(`${what} of ${value}`);
  return value;
}
