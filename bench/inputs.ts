/** The numbers that every peer computes with: the same for all, made from seeds. */

import { normal01, uniform01 } from '../src/engine/core/random.ts';
import { buildNet } from '../src/normface/nets/build.ts';
import type { ConvCase, EmbedCase, GemmCase, HeadCase, LayerCase, StepCase } from './cases.ts';

export interface Array32 {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export function normal(shape: readonly number[], seed: number, scale = 1): Array32 {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => scale * normal01(seed, 0, i)) };
}

export const gemmInputs = ({ rows, inner, columns }: GemmCase) => ({
  a: normal([rows, inner], 1),
  b: normal([inner, columns], 2),
});

export function convInputs(work: ConvCase) {
  const { batch, height, width, channels, outChannels, kernel, padding } = work;
  const out = (extent: number): number => Math.floor((extent + 2 * padding - kernel) / work.stride) + 1;
  return {
    x: normal([batch, height, width, channels], 3),
    w: normal([kernel, kernel, channels, outChannels], 4, 1 / Math.sqrt(kernel * kernel * channels)),
    dy: normal([batch, out(height), out(width), outChannels], 5),
  };
}

export const headInputs = ({ samples, size, classes }: HeadCase) => ({
  features: normal([samples, size], 6),
  weights: normal([classes, size], 7),
  labels: labelsOf(samples, classes),
});

export const labelsOf = (samples: number, classes: number): Int32Array =>
  Int32Array.from({ length: samples }, (_, i) => Math.floor(uniform01(8, 0, i) * classes));

export function layerInputs({ operator, shape }: LayerCase) {
  const outShape =
    operator === 'max_feature_map'
      ? [...shape.slice(0, -1), shape.at(-1)! / 2]
      : operator === 'max_pool2d'
        ? [shape[0]!, shape[1]! / 2, shape[2]! / 2, shape[3]!]
        : shape;
  return {
    x: normal(shape, 9),
    dy: normal(outShape, 10),
    slope: { shape: [shape.at(-1)!], data: new Float32Array(shape.at(-1)!).fill(0.25) },
  };
}

/** Initial parameters of a net by name, images as the network gets them, and for a step class weights and labels. */
export function netInputs({ net, batch }: StepCase | EmbedCase) {
  const built = buildNet(net, net.input, 1);
  const parameters = new Map<string, Array32>();
  // Running statistics are nothing that a step of the others needs.
  for (const { name, shape, init, frozen } of built.declarations)
    if (!frozen) parameters.set(name, { shape, data: typeof init === 'function' ? init() : init });
  return { built, parameters, images: normal([batch, ...net.input], 11), featureSize: built.featureSize };
}

export const stepInputs = (work: StepCase) => {
  const inputs = netInputs(work);
  const weights = normal([work.classes, inputs.featureSize], 12);
  return { ...inputs, weights, labels: labelsOf(work.batch, work.classes) };
};

/** Plain momentum without decay, the same rule in every framework for a constant rate: v ← 0.9·v + g, w ← w − rate·v. */
export const momentum = { learningRate: 0.001, momentum: 0.9 };

/** First losses of a training that are compared; every peer makes at least so many steps. */
export const parityLosses = 10;
