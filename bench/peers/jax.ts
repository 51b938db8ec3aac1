/** jax-js: its kernel compiler for WebGPU, over the same Dawn and adapter, and for WebAssembly. */

import { type Layer, type Net, planNet, withInner } from '../../src/normface/nets/net.ts';
import {
  type ConvCase,
  type HeadCase,
  headScale,
  type LayerCase,
  type StepCase,
  type Work,
} from '../cases.ts';
import {
  type Array32,
  convInputs,
  gemmInputs,
  headInputs,
  layerInputs,
  momentum,
  netInputs,
  parityLosses,
  stepInputs,
} from '../inputs.ts';
import { MissingOperation, type Peer, type Prepared } from './peer.ts';

export type JaxBackend = 'webgpu' | 'wasm';

/** An array of jax-js. Every use consumes one reference; `ref` adds one. */
interface JaxArray {
  readonly ref: JaxArray;
  readonly shape: number[];
  readonly size: number;
  mul(other: JaxArray | number): JaxArray;
  sub(other: JaxArray): JaxArray;
  div(other: JaxArray): JaxArray;
  add(other: JaxArray | number): JaxArray;
  reshape(shape: number[]): JaxArray;
  slice(...index: number[]): JaxArray;
  blockUntilReady(): Promise<JaxArray>;
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface Jax {
  init(device: JaxBackend): Promise<string[]>;
  defaultDevice(device: JaxBackend): string;
  jit<F>(f: F): F;
  vjp(
    f: (...inputs: JaxArray[]) => JaxArray,
    primals: JaxArray[],
  ): [JaxArray, (cotangent: JaxArray) => JaxArray[]];
  valueAndGrad(
    f: (...inputs: JaxArray[]) => JaxArray,
    options: { argnums: number[] },
  ): (...inputs: JaxArray[]) => [JaxArray, JaxArray[]];
  getWebGPUDevice?(): GPUDevice;
  readonly lax: {
    convGeneralDilated(x: JaxArray, w: JaxArray, strides: number[], padding: [number, number][]): JaxArray;
  };
  readonly nn: {
    logSoftmax(x: JaxArray, axis: number): JaxArray;
    oneHot(labels: JaxArray, classes: number): JaxArray;
  };
  readonly numpy: {
    array(data: Float32Array | Int32Array): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    transpose(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    max(x: JaxArray, axis: number[]): JaxArray;
    maximum(x: JaxArray, y: JaxArray | number): JaxArray;
    minimum(x: JaxArray, y: JaxArray | number): JaxArray;
    split(x: JaxArray, sections: number, axis: number): JaxArray[];
    sum(x: JaxArray, axis?: number, options?: { keepdims: boolean }): JaxArray;
  };
}

export async function openJax(backend: JaxBackend): Promise<Peer> {
  // Not a literal: without the installed peers there are no declarations to check against.
  const name: string = '@jax-js/jax';
  const jax = (await import(name)) as Jax;
  const started = await jax.init(backend);
  if (!started.includes(backend)) throw new MissingOperation(`the back end ${backend} does not start`);
  return {
    name: `jax-${backend}`,
    description: `jax-js, back end ${backend}`,
    gpu: backend === 'webgpu' ? (jax.getWebGPUDevice?.() ?? null) : null,
    mode: backend === 'webgpu' ? 'safe' : null,
    async prepare(work) {
      jax.defaultDevice(backend);
      return prepare(jax, backend, work);
    },
    close: async () => {},
  };
}

function prepare(jax: Jax, backend: JaxBackend, work: Work): Prepared {
  const upload = ({ data, shape }: Array32): JaxArray => jax.numpy.array(data).reshape([...shape]);
  switch (work.kind) {
    case 'gemm': {
      const { a, b } = gemmInputs(work);
      const [x, y] = [upload(a), upload(b)];
      const product = jax.jit((p: JaxArray, q: JaxArray) => jax.numpy.matmul(p, q));
      return repeat(jax, backend, [x, y], () => [product(x.ref, y.ref)]);
    }
    case 'conv':
      return conv(jax, backend, work, upload);
    case 'head':
      return head(jax, backend, work, upload);
    case 'layer':
      return layer(jax, backend, work, upload);
    case 'embed': {
      const { parameters, images } = netInputs(work);
      const net = new ChannelsFirstNet(jax, work.net, parameters);
      const inputs = [upload(toChannelsFirst(images)), ...net.initial.map(upload)];
      const features = jax.jit((x: JaxArray, ...values: JaxArray[]) => net.forward(x, values));
      return repeat(jax, backend, inputs, () => {
        const [x, ...values] = inputs.map((array) => array.ref);
        return [features(x!, ...values)];
      });
    }
    case 'step':
      return optimiserStep(jax, backend, work, upload);
  }
}

function repeat(
  jax: Jax,
  backend: JaxBackend,
  inputs: JaxArray[],
  body: () => JaxArray[],
  arrange: (results: Float32Array[]) => Float32Array[] = (results) => results,
): Prepared {
  let last: JaxArray[] = [];
  return {
    async run(iterations) {
      jax.defaultDevice(backend);
      for (let i = 0; i < iterations; i++) {
        for (const array of last) array.dispose();
        last = body();
        // Evaluation is lazy: what is freed before anybody waited for it is never computed.
        for (const array of last) await array.blockUntilReady();
      }
      const least = last.reduce((a, b) => (b.size < a.size ? b : a));
      await least.ref.slice(...least.shape.map(() => 0)).data();
    },
    results: async () => arrange(await Promise.all(last.map((array) => array.ref.data()))),
    dispose() {
      for (const array of [...inputs, ...last]) array.dispose();
    },
  };
}

/** Reorders the dimensions of a dense array. */
function permute({ shape, data }: Array32, order: readonly number[]): Array32 {
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
const toChannelsFirst = (array: Array32): Array32 => permute(array, [0, 3, 1, 2]);

/** Its layout is NCHW with weights OIHW; the reordering is not timed. */
function conv(jax: Jax, backend: JaxBackend, work: ConvCase, upload: (array: Array32) => JaxArray): Prepared {
  const inputs = convInputs(work);
  const [x, w, dy] = [
    upload(toChannelsFirst(inputs.x)),
    upload(permute(inputs.w, [3, 2, 0, 1])),
    upload(toChannelsFirst(inputs.dy)),
  ];
  const padding: [number, number][] = [
    [work.padding, work.padding],
    [work.padding, work.padding],
  ];
  const f = (p: JaxArray, q: JaxArray): JaxArray =>
    jax.lax.convGeneralDilated(p, q, [work.stride, work.stride], padding);
  const backFirst = ({ shape }: Array32, data: Float32Array): Float32Array => {
    const [n, height, width, channels] = shape as [number, number, number, number];
    return permute({ shape: [n, channels, height, width], data }, [0, 2, 3, 1]).data;
  };
  const weightsBack = (data: Float32Array): Float32Array => {
    const [kh, kw, channels, out] = inputs.w.shape as [number, number, number, number];
    return permute({ shape: [out, channels, kh, kw], data }, [2, 3, 1, 0]).data;
  };
  if (work.pass === 'forward') {
    const forward = jax.jit(f);
    return repeat(
      jax,
      backend,
      [x, w, dy],
      () => [forward(x.ref, w.ref)],
      ([y]) => [backFirst(inputs.dy, y!)],
    );
  }
  if (work.pass !== 'all')
    throw new MissingOperation('jax-js has no gradient of one operand of a convolution without the other');
  const all = jax.jit((p: JaxArray, q: JaxArray, d: JaxArray): JaxArray[] => {
    const [y, pullback] = jax.vjp(f, [p, q]);
    return [y, ...pullback(d)];
  });
  return repeat(
    jax,
    backend,
    [x, w, dy],
    () => all(x.ref, w.ref, dy.ref),
    ([y, dx, dw]) => [backFirst(inputs.dy, y!), backFirst(inputs.x, dx!), weightsBack(dw!)],
  );
}

/** x / √(Σ x² + ε) of rows. */
function normalise({ numpy }: Jax, x: JaxArray): JaxArray {
  return x.ref.div(numpy.sqrt(numpy.sum(x.ref.mul(x), -1, { keepdims: true }).add(1e-12)));
}

/** Softmax over scaled cosines; consumes features, weights and labels. */
function cosineLoss(jax: Jax, features: JaxArray, weights: JaxArray, labels: JaxArray): JaxArray {
  const { numpy, nn } = jax;
  const [samples, classes] = [features.shape[0]!, weights.shape[0]!];
  const cosines = numpy.matmul(normalise(jax, features), numpy.transpose(normalise(jax, weights)));
  const own = nn.oneHot(labels, classes).mul(nn.logSoftmax(cosines.mul(headScale), 1));
  return numpy.sum(own).mul(-1 / samples);
}

function head(jax: Jax, backend: JaxBackend, work: HeadCase, upload: (array: Array32) => JaxArray): Prepared {
  const inputs = headInputs(work);
  const [features, weights] = [upload(inputs.features), upload(inputs.weights)];
  const labels = jax.numpy.array(inputs.labels);
  const loss = (f: JaxArray, w: JaxArray, y: JaxArray): JaxArray => cosineLoss(jax, f, w, y);
  const gradients = jax.jit((f: JaxArray, w: JaxArray, y: JaxArray): JaxArray[] => {
    const [value, [df, dw]] = jax.valueAndGrad(loss, { argnums: [0, 1] })(f, w, y);
    return [value, df!, dw!];
  });
  return repeat(jax, backend, [features, weights, labels], () =>
    gradients(features.ref, weights.ref, labels.ref),
  );
}

/** x where it is positive, slope·x elsewhere. */
function prelu({ numpy }: Jax, x: JaxArray, slope: JaxArray): JaxArray {
  return numpy.maximum(x.ref, 0).add(numpy.minimum(x, 0).mul(slope));
}

function maxFeatureMap({ numpy }: Jax, x: JaxArray, axis: number): JaxArray {
  const [a, b] = numpy.split(x, 2, axis) as [JaxArray, JaxArray];
  return numpy.maximum(a, b);
}

/** Maxima of 2×2 cells of the two dimensions from `axis` on, which are even. */
function maxPool({ numpy }: Jax, x: JaxArray, axis: number): JaxArray {
  const [height, width] = x.shape.slice(axis, axis + 2) as [number, number];
  const cells = [height / 2, 2, width / 2, 2];
  const shape = [...x.shape.slice(0, axis), ...cells, ...x.shape.slice(axis + 2)];
  return numpy.max(x.reshape(shape), [axis + 1, axis + 3]);
}

function layer(
  jax: Jax,
  backend: JaxBackend,
  work: LayerCase,
  upload: (array: Array32) => JaxArray,
): Prepared {
  const inputs = layerInputs(work);
  const operators = {
    l2_normalise: (x: JaxArray) => normalise(jax, x),
    prelu: (x: JaxArray, slope?: JaxArray) => prelu(jax, x, slope!),
    max_feature_map: (x: JaxArray) => maxFeatureMap(jax, x, work.shape.length - 1),
    max_pool2d: (x: JaxArray) => maxPool(jax, x, 1),
  };
  const operands = [upload(inputs.x), ...(work.operator === 'prelu' ? [upload(inputs.slope)] : [])];
  const dy = upload(inputs.dy);
  const gradients = jax.jit((d: JaxArray, ...primals: JaxArray[]): JaxArray[] => {
    const [y, pullback] = jax.vjp(operators[work.operator], primals);
    return [y, ...pullback(d)];
  });
  return repeat(
    jax,
    backend,
    [...operands, dy],
    // y is a result, or it would not be computed: nothing else reads it.
    () => gradients(dy.ref, ...operands.map((operand) => operand.ref)),
    ([, ...gradients]) => gradients,
  );
}

/** A net with its parameters rearranged for NCHW; the rearranging is not timed. */
class ChannelsFirstNet {
  readonly initial: readonly Array32[];
  private readonly jax: Jax;
  private readonly net: Net;
  private readonly places = new Map<string, number>();

  constructor(jax: Jax, net: Net, parameters: ReadonlyMap<string, Array32>) {
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
    // One number a channel.
    return { data: array.data, shape: [1, shape[0]!, 1, 1] };
  }

  /** Consumes the images and one reference of every value. */
  forward(images: JaxArray, values: readonly JaxArray[]): JaxArray {
    const { jax, places } = this;
    const value = (name: string): JaxArray => values[places.get(name)!]!;
    const withBias = (x: JaxArray, name: string): JaxArray =>
      places.has(`${name}.bias`) ? x.add(value(`${name}.bias`)) : x;
    const run = (layers: readonly Layer[], input: JaxArray): JaxArray =>
      layers.reduce((x, layer) => {
        switch (layer.kind) {
          case 'conv': {
            const stride = layer.stride ?? 1;
            const padding = (layer.padding ?? 0) as number;
            const sides: [number, number][] = [
              [padding, padding],
              [padding, padding],
            ];
            const weight = value(`${layer.name}.weight`);
            return withBias(jax.lax.convGeneralDilated(x, weight, [stride, stride], sides), layer.name);
          }
          case 'prelu':
            return prelu(jax, x, value(`${layer.name}.slope`));
          case 'maxFeatureMap':
            return maxFeatureMap(jax, x, 1);
          case 'maxPool':
            return maxPool(jax, x, 2);
          case 'residual':
            return x.ref.add(run(layer.layers, x));
          case 'flatten':
            return x.reshape([x.shape[0]!, x.size / x.shape[0]!]);
          case 'fullyConnected':
            return withBias(jax.numpy.matmul(x, value(`${layer.name}.weight`)), layer.name);
          default:
            throw new MissingOperation(`no ${layer.kind} layer in this comparison`);
        }
      }, input);
    return run(this.net.layers, images);
  }
}

function optimiserStep(
  jax: Jax,
  backend: JaxBackend,
  work: StepCase,
  upload: (array: Array32) => JaxArray,
): Prepared {
  const inputs = stepInputs(work);
  const net = new ChannelsFirstNet(jax, work.net, inputs.parameters);
  const initial = [...net.initial, inputs.weights];
  const count = initial.length;
  const images = upload(toChannelsFirst(inputs.images));
  const labels = jax.numpy.array(inputs.labels);
  let state = [
    ...initial.map(upload),
    ...initial.map(({ shape, data }) => upload({ shape, data: new Float32Array(data.length) })),
  ];
  const lossOf = (...values: JaxArray[]): JaxArray => {
    const [x, y] = values.slice(count) as [JaxArray, JaxArray];
    return cosineLoss(jax, net.forward(x, values.slice(0, count - 1)), values[count - 1]!, y);
  };
  const argnums = Array.from({ length: count }, (_, i) => i);
  const step = jax.jit((...values: JaxArray[]): JaxArray[] => {
    const [weights, velocities] = [values.slice(0, count), values.slice(count, 2 * count)];
    const copies = weights.map((weight) => weight.ref);
    const [loss, gradients] = jax.valueAndGrad(lossOf, { argnums })(...weights, ...values.slice(2 * count));
    const next = velocities.map((velocity, i) => velocity.mul(momentum.momentum).add(gradients[i]!));
    const moved = copies.map((weight, i) => weight.sub(next[i]!.ref.mul(momentum.learningRate)));
    return [loss, ...moved, ...next];
  });
  const losses: number[] = [];
  return {
    async run(iterations) {
      jax.defaultDevice(backend);
      for (let i = 0; i < iterations; i++) {
        const [loss, ...next] = step(...state, images.ref, labels.ref) as [JaxArray, ...JaxArray[]];
        state = next;
        for (const array of state) await array.blockUntilReady();
        const [value] = await loss.data();
        if (losses.length < parityLosses) losses.push(value!);
      }
    },
    results: async () => [Float32Array.from(losses)],
    dispose() {
      for (const array of [images, labels, ...state]) array.dispose();
    },
  };
}
