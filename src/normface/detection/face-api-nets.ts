/**
 * The nets of face-api (github.com/vladmandic/face-api, before it justadudewhohacks/face-api.js, MIT): the tiny face detector, a tiny YOLO v2
 * (Redmon & Farhadi, arXiv 1612.08242) of depthwise separable convolutions (tinyYolov2/TinyYolov2Base.ts: `runMobilenet`), and two nets
 * for 68 points of a face of blocks whose convolutions each get the sum of all before (faceFeatureExtractor/denseBlock.ts).
 */

import { UserError } from '../../common/errors.ts';
import { elementCount } from '../../engine/core/shape.ts';
import type { ImageSize } from '../data/images/image.ts';
import type { ModelTensor } from '../models/model-file.ts';
import type { Layer, Net } from '../nets/net.ts';
import { planNet, withInner } from '../nets/plan.ts';
import type { DetectionNet } from './image-net.ts';
import type { NamedModel } from './named-model.ts';

type Padding = number | readonly [number, number, number, number];

/** Zeros as TensorFlow's `same` puts them for a kernel of 3, a stride of 2 and even extents: none above and on the left. */
const sameOfTwo: Padding = [0, 1, 0, 1];

/** Each channel by itself, then all channels of each pixel. */
const separable = (
  name: string,
  inputs: number,
  channels: number,
  stride = 1,
  padding: Padding = 1,
): Layer[] => [
  {
    kind: 'conv',
    name: `${name}.depthwise`,
    channels: inputs,
    groups: inputs,
    kernel: 3,
    stride,
    padding,
    bias: false,
  },
  { kind: 'conv', name, channels, kernel: 1 },
];

/** Slope of the leaky ReLUs of YOLO. */
const leak = 0.1;
const leaky = (name: string): Layer => ({ kind: 'prelu', name: `${name}.leaky`, slope: leak });

/** Boxes that each cell of the detector's map predicts, in cells (tinyFaceDetector/const.ts). */
export const anchors = [
  { width: 1.603231, height: 2.094468 },
  { width: 6.041143, height: 7.080126 },
  { width: 2.882459, height: 3.518061 },
  { width: 4.266906, height: 5.178857 },
  { width: 9.041765, height: 10.66308 },
] as const;

/** What is predicted for each anchor: x and y of the middle in its cell, width, height, score. */
export const perAnchor = 5;

/** Pixels of a cell. */
export const cellSize = 32;

/**
 * The tiny face detector for pictures whose extents are multiples of 32: a map of (height/32 + 1) × (width/32 + 1) cells, of which the first row
 * and column are to be passed over: the last pooling has a stride of 1 and a border on the right and below, here also on the left and above.
 */
export function tinyFaceDetector({ width, height }: ImageSize): Net {
  const channels = [16, 32, 64, 128, 256, 512];
  return {
    name: 'face-api-tiny-face-detector',
    input: [height, width, 3],
    pixels: { mean: 0, scale: 1 / 255 },
    layers: [
      { kind: 'conv', name: 'conv0', channels: 16, kernel: 3 },
      leaky('conv0'),
      ...[1, 2, 3, 4, 5].flatMap((i): Layer[] => [
        { kind: 'maxPool', name: `pool${i}`, kernel: 2, ceilMode: true },
        ...separable(`conv${i}`, channels[i - 1]!, channels[i]!),
        leaky(`conv${i}`),
      ]),
      { kind: 'maxPool', name: 'pool6', kernel: 2, stride: 1, padding: 1 },
      { kind: 'conv', name: 'conv8', channels: anchors.length * perAnchor, kernel: 1 },
    ],
  };
}

/** Mean red, green and blue that the detector was trained with (tinyFaceDetector/const.ts). */
const detectorMean = [117.001, 114.697, 97.404] as const;

/** Of the nets for points (faceFeatureExtractor/FaceFeatureExtractor.ts). */
const pointsMean = [122.782, 117.001, 104.298] as const;

export const pointCount = 68;

/**
 * A block: out₁ = relu(first(x)), then outₖ₊₁ = convₖ(relu(out₁ + … + outₖ)), and at the end relu of the sum of all. As out₁ is a relu's, it
 * passes the next one unchanged.
 */
function denseBlock(
  name: string,
  inputs: number,
  channels: number,
  convolutions: number,
  isFirst: boolean,
): Layer[] {
  const first: Layer[] = isFirst
    ? [{ kind: 'conv', name: `${name}.conv0`, channels, kernel: 3, stride: 2, padding: sameOfTwo }]
    : separable(`${name}.conv0`, inputs, channels, 2, sameOfTwo);
  const sums = Array.from({ length: convolutions - 1 }, (_, i): Layer => {
    const relu: Layer[] = i === 0 ? [] : [{ kind: 'relu', name: `${name}.relu${i}` }];
    const layers = [...relu, ...separable(`${name}.conv${i + 1}`, channels, channels)];
    return { kind: 'residual', name: `${name}.sum${i + 1}`, layers };
  });
  return [...first, { kind: 'relu', name: `${name}.relu0` }, ...sums, { kind: 'relu', name: `${name}.relu` }];
}

/** Extent of the faces that the nets for points see. */
export const pointsSide = 112;

/** A net for 68 points: x and y of each, as fractions of the picture. `tiny` has three blocks of three convolutions, the other four of four. */
export function pointsNet(tiny: boolean): Net {
  const channels = tiny ? [32, 64, 128] : [32, 64, 128, 256];
  return {
    name: tiny ? 'face-api-68-points-tiny' : 'face-api-68-points',
    input: [pointsSide, pointsSide, 3],
    pixels: { mean: 0, scale: 1 / 255 },
    layers: [
      ...channels.flatMap((count, i) =>
        denseBlock(`dense${i}`, channels[i - 1] ?? 3, count, tiny ? 3 : 4, i === 0),
      ),
      { kind: 'globalAveragePool', name: 'average' },
      { kind: 'fullyConnected', name: 'fc', outputs: 2 * pointCount },
    ],
  };
}

/** The models of face-api that a detector is made of, each with what sentences call it. */
export interface FaceApiModels {
  /** `tiny_face_detector_model`. */
  readonly detector: NamedModel;
  /** `face_landmark_68_model` or `face_landmark_68_tiny_model`. */
  readonly points: NamedModel;
}

/** @throws UserError that names the file and the tensor that is missing or has another shape */
export function faceApiNets({ detector, points }: FaceApiModels, size: ImageSize) {
  const tiny = !points.model.tensors.some(({ name }) => name.startsWith('dense3/'));
  return {
    detector: withWeights(tinyFaceDetector(size), detector, detectorMean),
    points: withWeights(pointsNet(tiny), points, pointsMean),
  };
}

/** Gives each parameter the tensor that face-api's manifest names for it; both lay out weights in the same way. */
function withWeights(
  net: Net,
  { model, source }: NamedModel,
  mean: readonly [number, number, number],
): DetectionNet {
  const tensors = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  const values = new Map<string, Float32Array>();
  for (const { parameters } of planNet(net).flatMap(withInner)) {
    for (const { name, shape } of parameters) {
      if (name.endsWith('.slope')) {
        values.set(name, new Float32Array(elementCount(shape)).fill(leak));
        continue;
      }
      const stored = namesOf(name)
        .map((candidate) => tensors.get(candidate))
        .find((tensor) => tensor !== undefined);
      values.set(name, valuesOf(stored, { name: namesOf(name)[0]!, count: elementCount(shape), source }));
    }
  }
  const scale = net.pixels?.scale ?? 1;
  const [red, green, blue] = mean;
  return { net, values, shift: [-red * scale, -green * scale, -blue * scale] };
}

/** `dense0.conv1.weight` is `dense0/conv1/pointwise_filter` or, of a convolution that is not separable, `…/filters`; `fc` has `weights`. */
function namesOf(parameter: string): string[] {
  const parts = parameter.split('.');
  const layer = parts
    .filter((part) => part !== 'depthwise' && part !== 'weight' && part !== 'bias')
    .join('/');
  if (parts.at(-1) === 'bias') return [`${layer}/bias`];
  if (parts.includes('depthwise')) return [`${layer}/depthwise_filter`];
  return [`${layer}/pointwise_filter`, `${layer}/filters`, `${layer}/weights`];
}

function valuesOf(
  tensor: ModelTensor | undefined,
  { name, count, source }: { readonly name: string; readonly count: number; readonly source: string },
): Float32Array {
  if (!tensor) throw new UserError(`${source} has no tensor ${name}; is it face-api's model of that name?`);
  if (elementCount(tensor.shape) !== count)
    throw new UserError(
      `${source}: the tensor ${tensor.name} has ${elementCount(tensor.shape)} numbers, not ${count}`,
    );
  return tensor.values();
}
