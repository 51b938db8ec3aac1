/** A net as data and the values of its parameters, made into those of a net for inference that computes the same with fewer layers. */

import { defaultEpsilon } from '../../engine/ops/norm/batch_norm.ts';
import type { BatchNormLayer } from './layers/batch-norm.ts';
import type { ConvLayer } from './layers/conv.ts';
import type { FullyConnectedLayer } from './layers/fully-connected.ts';
import type { Layer, Net } from './net.ts';

/** A net with the values of its parameters by name, row-major. */
export interface NetWithValues {
  readonly net: Net;
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** A layer of sums of products; its last dimension of weights are the outputs. */
type Product = ConvLayer | FullyConnectedLayer;

/** Batch norm with running statistics: x ↦ scale·x + shift of each channel. */
interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/**
 * Folds what inference does not need as layers of their own. With running mean μ and variance σ², batch norm is s·x + t in each
 * channel, s = γ/√(σ² + ε) and t = β − s·μ (Ioffe & Szegedy, arXiv 1502.03167, algorithm 2 step 11), and so belongs to the
 * convolution or fully connected layer w, b
 *
 *   before it:  w'[…, o] = s[o]·w[…, o],   b'[o] = s[o]·b[o] + t[o]
 *   after it:   w'[…, i, o] = s[i]·w[…, i, o],   b'[o] = b[o] + Σ t[i]·w[…, i, o]
 *
 * the latter, also across a flattening, only where nothing is padded: the zeros around an image are not t. Sums are float64, and each
 * weight is rounded to f32 once. Batch norms beside no such layer stay; dropout, which does nothing in inference, goes.
 *
 * @returns the same net under the same names; products that took over a batch norm have a bias
 */
export function foldNet({ net, values }: NetWithValues): NetWithValues {
  const folded = new Map(values);
  const layers = foldLayers(net.layers, folded);
  return { net: { ...net, layers }, values: folded };
}

/** Changes `values` to those of the layers returned. */
function foldLayers(layers: readonly Layer[], values: Map<string, Float32Array>): Layer[] {
  const folded: Layer[] = [];
  for (const layer of layers) {
    const last = folded.at(-1);
    // Where a batch norm would be that this layer sees, if images are not flattened in between.
    const place = folded.length - (last?.kind === 'flatten' ? 2 : 1);
    const norm = folded[place];
    if (layer.kind === 'dropout') continue;
    if (layer.kind === 'batchNorm' && last && isProduct(last)) {
      folded.splice(-1, 1, foldAfter(last, affineOf(layer, values), values));
    } else if (norm?.kind === 'batchNorm' && isProduct(layer) && !isPadded(layer)) {
      folded.splice(place, 1);
      folded.push(foldBefore(layer, affineOf(norm, values), values));
    } else folded.push(foldInside(layer, values));
  }
  return folded;
}

const isProduct = (layer: Layer): layer is Product =>
  layer.kind === 'conv' || layer.kind === 'fullyConnected';

const isPadded = (layer: Product): boolean =>
  layer.kind === 'conv' && [layer.padding ?? 0].flat().some((side) => side > 0);

/** Of a layer that holds others, these. */
function foldInside(layer: Layer, values: Map<string, Float32Array>): Layer {
  if (layer.kind === 'branches')
    return { ...layer, branches: layer.branches.map((branch) => foldLayers(branch, values)) };
  if (layer.kind !== 'residual') return layer;
  const { layers, shortcut } = layer;
  return {
    ...layer,
    layers: foldLayers(layers, values),
    ...(shortcut && { shortcut: foldLayers(shortcut, values) }),
  };
}

/** What a batch norm computes; its parameters are no longer needed. */
function affineOf(
  { name, epsilon = defaultEpsilon }: BatchNormLayer,
  values: Map<string, Float32Array>,
): Affine {
  const take = (parameter: string): Float32Array => {
    const taken = values.get(`${name}.${parameter}`)!;
    values.delete(`${name}.${parameter}`);
    return taken;
  };
  const [gamma, beta] = [take('gamma'), take('beta')];
  const [mean, variance] = [take('runningMean'), take('runningVariance')];
  const scale = Float64Array.from(gamma, (factor, c) => factor / Math.sqrt(variance[c]! + epsilon));
  return { scale, shift: Float64Array.from(beta, (shift, c) => shift - scale[c]! * mean[c]!) };
}

/** The product with a batch norm after it. */
function foldAfter(layer: Product, { scale, shift }: Affine, values: Map<string, Float32Array>): Product {
  const { weight, bias, outputs } = numbersOf(layer, values);
  return withNumbers(layer, values, {
    weight: weight.map((value, i) => value * scale[i % outputs]!),
    bias: Float64Array.from(shift, (added, o) => bias[o]! * scale[o]! + added),
  });
}

/** The product with a batch norm before it. */
function foldBefore(layer: Product, { scale, shift }: Affine, values: Map<string, Float32Array>): Product {
  const { weight, bias, outputs } = numbersOf(layer, values);
  const groups = layer.kind === 'conv' ? (layer.groups ?? 1) : 1;
  const groupInputs = scale.length / groups;
  const groupOutputs = outputs / groups;
  // Rows of the weights are taps (or, after flattening, pixels) and, innermost, the channels of a group.
  const channelOf = (i: number): number =>
    (Math.floor(i / outputs) % groupInputs) + groupInputs * Math.floor((i % outputs) / groupOutputs);
  const shifted = Float64Array.from(bias);
  weight.forEach((value, i) => {
    shifted[i % outputs]! += value * shift[channelOf(i)]!;
  });
  return withNumbers(layer, values, {
    weight: weight.map((value, i) => value * scale[channelOf(i)]!),
    bias: shifted,
  });
}

/** Weights and bias of a product, zero where it has none. */
function numbersOf({ name, ...layer }: Product, values: ReadonlyMap<string, Float32Array>) {
  const outputs = layer.kind === 'conv' ? layer.channels : layer.outputs;
  const weight = values.get(`${name}.weight`)!;
  return { weight, bias: values.get(`${name}.bias`) ?? new Float32Array(outputs), outputs };
}

function withNumbers<Layer extends Product>(
  layer: Layer,
  values: Map<string, Float32Array>,
  { weight, bias }: { readonly weight: Float32Array; readonly bias: Float64Array },
): Layer {
  values.set(`${layer.name}.weight`, weight);
  values.set(`${layer.name}.bias`, Float32Array.from(bias));
  return { ...layer, bias: true };
}
