/** The nets and their layers for jax-js, whose convolutions want channels first. */

import type { Layer, Net } from '../../src/normface/nets/net.ts';
import { planNet, withInner } from '../../src/normface/nets/plan.ts';
import type { Array32 } from '../inputs.ts';
import type { Jax, JaxArray } from './jax-api.ts';
import { MissingOperation } from './peer.ts';
import { checkTranslated } from './translated.ts';

/** Reorders the dimensions of a dense array. */
export function permute({ shape, data }: Array32, order: readonly number[]): Array32 {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, extent) => product * extent, 1));
  const newShape = order.map((axis) => shape[axis]!);
  const result = new Float32Array(data.length);
  const index = newShape.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    let from = 0;
    for (let axis = 0; axis < order.length; axis++) from += index[axis]! * strides[order[axis]!]!;
    result[i] = data[from]!;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis]! + 1;
      if (index[axis]! < newShape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape: newShape, data: result };
}

/** NHWC to NCHW. */
export const toChannelsFirst = (array: Array32): Array32 => permute(array, [0, 3, 1, 2]);

/** x where it is positive, slope·x elsewhere. */
export function prelu({ numpy }: Jax, x: JaxArray, slope: JaxArray): JaxArray {
  return numpy.maximum(x.ref, 0).add(numpy.minimum(x, 0).mul(slope));
}

export function maxFeatureMap({ numpy }: Jax, x: JaxArray, axis: number): JaxArray {
  const [a, b] = numpy.split(x, 2, axis) as [JaxArray, JaxArray];
  return numpy.maximum(a, b);
}

/** Maxima of 2×2 cells of the two dimensions from `axis` on, which are even. */
export function maxPool({ numpy }: Jax, x: JaxArray, axis: number): JaxArray {
  const [height, width] = x.shape.slice(axis, axis + 2) as [number, number];
  const cells = [height / 2, 2, width / 2, 2];
  const shape = [...x.shape.slice(0, axis), ...cells, ...x.shape.slice(axis + 2)];
  return numpy.max(x.reshape(shape), [axis + 1, axis + 3]);
}

/** A net with its parameters rearranged for NCHW; the rearranging is not timed. */
export class ChannelsFirstNet {
  readonly initial: readonly Array32[];
  private readonly jax: Jax;
  private readonly net: Net;
  private readonly places = new Map<string, number>();
  private readonly layers = new Map<Layer, (x: JaxArray, ...values: JaxArray[]) => JaxArray>();

  constructor(jax: Jax, net: Net, parameters: ReadonlyMap<string, Array32>) {
    checkTranslated(net.layers);
    this.jax = jax;
    this.net = net;
    const initial: Array32[] = [];
    /** The maps that a flatten layer flattened. */
    let maps: readonly number[] = [];
    for (const { kind, input, parameters: declared } of planNet(net).flatMap(withInner)) {
      if (kind === 'flatten') maps = input;
      for (const { name, shape } of declared) {
        const array = parameters.get(name)!;
        this.places.set(name, initial.length);
        initial.push(this.rearranged(kind, array, shape, maps));
      }
      if (kind === 'fullyConnected') maps = [];
    }
    this.initial = initial;
  }

  private rearranged(
    kind: string,
    array: Array32,
    shape: readonly number[],
    maps: readonly number[],
  ): Array32 {
    if (kind === 'conv' && shape.length === 4) return permute(array, [3, 2, 0, 1]);
    if (kind === 'fullyConnected' && shape.length === 2) {
      const [inputs, outputs] = shape as [number, number];
      const rows = maps.length > 0 ? maps : [1, 1, inputs];
      const { data } = permute({ data: array.data, shape: [...rows, outputs] }, [2, 0, 1, 3]);
      return { data, shape };
    }
    if (kind === 'fullyConnected') return array;
    // One number per channel.
    return { data: array.data, shape: [1, shape[0]!, 1, 1] };
  }

  /** Consumes the images and one reference of every value. */
  forward(images: JaxArray, values: readonly JaxArray[]): JaxArray {
    const run = (layers: readonly Layer[], input: JaxArray): JaxArray =>
      layers.reduce((x, layer) => {
        if (layer.kind === 'residual') return run(layer.shortcut ?? [], x.ref).add(run(layer.layers, x));
        const own = this.placesOf(layer).map((place) => values[place]!);
        return this.compiled(layer)(x, ...own);
      }, input);
    return run(this.net.layers, images);
  }

  /** Where the parameters of a layer are, in the order in which {@link applied} takes them. */
  private placesOf(layer: Layer): number[] {
    if (!('name' in layer)) return [];
    return ['weight', 'bias', 'slope'].flatMap((what) => this.places.get(`${layer.name}.${what}`) ?? []);
  }

  /**
   * Compiled by itself. Of a whole step, gradients and all, the expressions of one layer are put into those of the next,
   * twice where they are used twice: that compilation did not end in seven minutes.
   */
  private compiled(layer: Layer): (x: JaxArray, ...values: JaxArray[]) => JaxArray {
    const known = this.layers.get(layer);
    if (known) return known;
    const made = this.jax.jit((x: JaxArray, ...values: JaxArray[]) => this.applied(layer, x, values));
    this.layers.set(layer, made);
    return made;
  }

  private applied(layer: Layer, x: JaxArray, [weight, bias]: readonly JaxArray[]): JaxArray {
    const { jax } = this;
    const withBias = (y: JaxArray): JaxArray => (bias ? y.add(bias) : y);
    switch (layer.kind) {
      case 'conv': {
        const stride = (layer.stride ?? 1) as number;
        const padding = (layer.padding ?? 0) as number;
        const sides: [number, number][] = [
          [padding, padding],
          [padding, padding],
        ];
        return withBias(jax.lax.convGeneralDilated(x, weight!, [stride, stride], sides));
      }
      case 'prelu':
        return prelu(jax, x, weight!);
      case 'maxFeatureMap':
        return maxFeatureMap(jax, x, 1);
      case 'maxPool':
        return maxPool(jax, x, 2);
      case 'flatten':
        return x.reshape([x.shape[0]!, x.size / x.shape[0]!]);
      case 'fullyConnected':
        return withBias(jax.numpy.matmul(x, weight!));
      default:
        throw new MissingOperation(`no ${layer.kind} layer in this comparison`);
    }
  }
}
