/** TensorFlow.js 4.22: WebGPU over the same Dawn and adapter, WebAssembly with SIMD, and plain JavaScript. */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Layer, Net } from '../../src/normface/nets/net.ts';
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
import { MissingOperation, type Peer, type PeerSetting, type Prepared } from './peer.ts';
import type { Tf, TfBackendObject, TfTensor } from './tfjs-api.ts';
import { checkTranslated, withDepthwise } from './translated.ts';

/** `webgpu-fast` is `webgpu` on a device with other toggles. */
export type TfBackend = 'webgpu' | 'webgpu-fast' | 'wasm' | 'cpu';

let shared: Tf | null = null;

/** Core, gradients and back ends as CommonJS, so that they share one engine; `navigator.gpu` must be there before. */
function load(): Tf {
  if (shared) return shared;
  const require = createRequire(import.meta.url);
  const tf: Tf = require('@tensorflow/tfjs');
  require('@tensorflow/tfjs-backend-webgpu');
  const wasm: { setWasmPaths(folder: string): void } = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist/'));
  shared = tf;
  return tf;
}

/** Before the first call `navigator.gpu` must give the adapter that is to be used. */
export async function openTfjs(backend: TfBackend): Promise<Peer> {
  const tf = load();
  if (backend === 'webgpu-fast') {
    tf.registerBackend(backend, tf.findBackendFactory('webgpu'));
    tf.copyRegisteredKernels('webgpu', backend);
  }
  if (!(await tf.setBackend(backend))) throw new MissingOperation(`the back end ${backend} does not start`);
  await tf.ready();
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  const opened = tf.backend();
  const gpu = backend.startsWith('webgpu') ? (opened.device ?? null) : null;
  const settings: PeerSetting[] = [1, 15, 40, 200].map((size) => ({
    label: `WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE ${size}`,
    apply: () => tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', size),
  }));
  return {
    name: `tfjs-${backend}`,
    description: `TensorFlow.js ${tf.version_core}, back end ${backend}${backend === 'wasm' ? ' with SIMD, one thread' : ''}`,
    gpu,
    mode: gpu && (backend === 'webgpu' ? 'safe' : 'fast'),
    ...(gpu ? { settings } : {}),
    async prepare(work) {
      await tf.setBackend(backend);
      const prepared = prepare(tf, backend, work);
      return {
        ...prepared,
        dispose() {
          prepared.dispose();
          trim(opened);
        },
      };
    },
    close: async () => {},
  };
}

/** Frees the buffers that a back end keeps for later tensors, so that the next case's peak is its own. */
function trim({ bufferManager }: TfBackendObject): void {
  for (const buffers of bufferManager?.freeBuffers.values() ?? []) {
    for (const buffer of buffers.splice(0)) buffer.destroy();
  }
}

function prepare(tf: Tf, backend: TfBackend, work: Work): Prepared {
  const upload = ({ data, shape }: Array32): TfTensor => tf.tensor(data, shape);
  switch (work.kind) {
    case 'gemm': {
      const { a, b } = gemmInputs(work);
      const [x, y] = [upload(a), upload(b)];
      return repeat(tf, backend, [x, y], () => [tf.matMul(x, y)]);
    }
    case 'conv':
      return conv(tf, backend, work, upload);
    case 'head':
      return head(tf, backend, work, upload);
    case 'layer':
      return layer(tf, backend, work, upload);
    case 'embed': {
      const { parameters, images } = netInputs(work);
      const values = new Map([...parameters].map(([name, array]) => [name, upload(array)]));
      const x = upload(images);
      return repeat(tf, backend, [x, ...values.values()], () => [forward(tf, work.net, x, values, true)]);
    }
    case 'step':
      return optimiserStep(tf, backend, work, upload);
  }
}

/** Waits for the end by reading one number of the smallest result. */
function repeat(tf: Tf, backend: TfBackend, inputs: TfTensor[], body: () => TfTensor[]): Prepared {
  let last: TfTensor[] = [];
  return {
    async run(iterations) {
      await tf.setBackend(backend);
      for (let i = 0; i < iterations; i++) {
        for (const tensor of last) tensor.dispose();
        try {
          last = tf.tidy(body);
        } catch (error) {
          throw missing(error);
        }
      }
      const least = last.reduce((a, b) => (b.size < a.size ? b : a));
      const number = tf.tidy(() => tf.slice(tf.reshape(least, [least.size]), [0], [1]));
      await number.data();
      number.dispose();
    },
    async results() {
      await tf.setBackend(backend);
      return Promise.all(last.map((tensor) => tensor.data()));
    },
    dispose() {
      for (const tensor of [...inputs, ...last]) tensor.dispose();
    },
  };
}

/** A kernel that a back end does not have. */
function missing(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const name = /Kernel '(\w+)' not registered/.exec(message)?.[1];
  return name
    ? new MissingOperation(`no kernel ${name}`)
    : error instanceof Error
      ? error
      : new Error(message);
}

function padded(padding: number): [[number, number], [number, number], [number, number], [number, number]] {
  return [
    [0, 0],
    [padding, padding],
    [padding, padding],
    [0, 0],
  ];
}

/** The gradients are the kernels that `tf.grads` would call. */
function conv(tf: Tf, backend: TfBackend, work: ConvCase, upload: (array: Array32) => TfTensor): Prepared {
  const inputs = convInputs(work);
  const [x, w, dy] = [upload(inputs.x), upload(inputs.w), upload(inputs.dy)];
  const pad = padded(work.padding);
  const attributes = { strides: work.stride, pad, dataFormat: 'NHWC', dilations: [1, 1] };
  const kernel = (name: string, tensors: Record<string, TfTensor>, more: object): TfTensor =>
    tf.engine().runKernel(name, tensors, { ...attributes, ...more });
  const passes = {
    forward: () => tf.conv2d(x, w, work.stride, pad),
    grad_input: () => kernel('Conv2DBackpropInput', { dy, filter: w }, { inputShape: x.shape }),
    grad_weight: () => kernel('Conv2DBackpropFilter', { x, dy }, { filterShape: w.shape }),
  };
  const { pass } = work;
  return repeat(tf, backend, [x, w, dy], () =>
    pass === 'all' ? [passes.forward(), passes.grad_input(), passes.grad_weight()] : [passes[pass]()],
  );
}

/** x / √(Σ x² + ε) of rows. */
function normalise(tf: Tf, x: TfTensor): TfTensor {
  return tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), tf.scalar(1e-12))));
}

function cosineLoss(tf: Tf, features: TfTensor, weights: TfTensor, target: TfTensor): TfTensor {
  const cosines = tf.matMul(normalise(tf, features), normalise(tf, weights), false, true);
  return tf.losses.softmaxCrossEntropy(target, tf.mul(cosines, headScale));
}

function head(tf: Tf, backend: TfBackend, work: HeadCase, upload: (array: Array32) => TfTensor): Prepared {
  const inputs = headInputs(work);
  const [features, weights] = [upload(inputs.features), upload(inputs.weights)];
  const labels = tf.tensor(inputs.labels, [work.samples], 'int32');
  return repeat(tf, backend, [features, weights, labels], () => {
    const target = tf.oneHot(labels, work.classes);
    const { value, grads } = tf.valueAndGrads((f, w) => cosineLoss(tf, f!, w!, target))([features, weights]);
    return [value, ...grads];
  });
}

function layer(tf: Tf, backend: TfBackend, work: LayerCase, upload: (array: Array32) => TfTensor): Prepared {
  const inputs = layerInputs(work);
  const [x, dy, slope] = [upload(inputs.x), upload(inputs.dy), upload(inputs.slope)];
  const operators = {
    l2_normalise: (t: TfTensor) => normalise(tf, t),
    prelu: (t: TfTensor, s: TfTensor) => tf.prelu(t, s),
    max_feature_map: (t: TfTensor) => maxFeatureMap(tf, t),
    max_pool2d: (t: TfTensor) => tf.maxPool(t, 2, 2, 'valid'),
  };
  return repeat(tf, backend, [x, dy, slope], () => {
    const operands = work.operator === 'prelu' ? [x, slope] : [x];
    const y: TfTensor[] = [];
    const gradients = tf.grads((...tensors) => {
      y[0] = operators[work.operator](tensors[0]!, tensors[1]!);
      return y[0];
    })(operands, dy);
    // The result of the forward pass is freed by tf.grads; the gradients are enough to compare.
    return gradients;
  });
}

function maxFeatureMap(tf: Tf, x: TfTensor): TfTensor {
  const [a, b] = tf.split(x, 2, x.shape.length - 1) as [TfTensor, TfTensor];
  return tf.maximum(a, b);
}

/** @param fuses whether bias and PReLU are part of the convolutions' kernels, which have no gradients then */
function forward(
  tf: Tf,
  net: Net,
  images: TfTensor,
  values: ReadonlyMap<string, TfTensor>,
  fuses: boolean,
): TfTensor {
  const value = (name: string): TfTensor => values.get(name)!;
  const withBias = (x: TfTensor, name: string): TfTensor =>
    values.has(`${name}.bias`) ? tf.add(x, value(`${name}.bias`)) : x;
  const run = (layers: readonly Layer[], input: TfTensor): TfTensor =>
    layers.reduce((x, layer, i) => {
      switch (layer.kind) {
        case 'conv': {
          const { name, stride = 1, padding = 0, groups = 1 } = layer;
          const pad = padded(padding as number);
          const strides = stride as number;
          const depthwise = groups > 1;
          const weight = value(`${name}.weight`);
          const [height, width, , channels] = weight.shape as [number, number, number, number];
          const filter = depthwise ? tf.reshape(weight, [height, width, channels, 1]) : weight;
          if (!fuses) {
            const convolve = depthwise ? tf.depthwiseConv2d : tf.conv2d;
            return withBias(convolve(x, filter, strides, pad), name);
          }
          const next = layers[i + 1];
          const slope = next?.kind === 'prelu' ? value(`${next.name}.slope`) : undefined;
          return (depthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d)({
            x,
            filter,
            strides,
            pad,
            bias: values.get(`${name}.bias`),
            activation: slope ? 'prelu' : 'linear',
            preluActivationWeights: slope,
          });
        }
        case 'batchNorm': {
          const { mean, variance } = tf.moments(x, [0, 1, 2]);
          const [gamma, beta] = [value(`${layer.name}.gamma`), value(`${layer.name}.beta`)];
          return tf.batchNorm(x, mean, variance, beta, gamma, 1e-5);
        }
        case 'prelu':
          return fuses && layers[i - 1]?.kind === 'conv' ? x : tf.prelu(x, value(`${layer.name}.slope`));
        case 'maxFeatureMap':
          return maxFeatureMap(tf, x);
        case 'maxPool':
          return tf.maxPool(x, layer.kernel as number, layer.kernel as number, 'valid');
        case 'residual':
          return tf.add(run(layer.shortcut ?? [], x), run(layer.layers, x));
        case 'flatten':
          return tf.reshape(x, [x.shape[0]!, x.size / x.shape[0]!]);
        case 'fullyConnected':
          return withBias(tf.matMul(x, value(`${layer.name}.weight`)), layer.name);
        default:
          throw new MissingOperation(`no ${layer.kind} layer in this comparison`);
      }
    }, input);
  checkTranslated(net.layers, withDepthwise);
  return run(net.layers, images);
}

function optimiserStep(
  tf: Tf,
  backend: TfBackend,
  work: StepCase,
  upload: (array: Array32) => TfTensor,
): Prepared {
  const inputs = stepInputs(work);
  const variable = (array: Array32): TfTensor => {
    const initial = upload(array);
    const result = tf.variable(initial, true);
    initial.dispose();
    return result;
  };
  const values = new Map([...inputs.parameters].map(([name, array]) => [name, variable(array)]));
  const classes = variable(inputs.weights);
  const images = upload(inputs.images);
  const labels = tf.tensor(inputs.labels, [work.batch], 'int32');
  const optimiser = tf.train.momentum(momentum.learningRate, momentum.momentum);
  const losses: TfTensor[] = [];
  return {
    async run(iterations) {
      await tf.setBackend(backend);
      let loss: TfTensor | null = null;
      for (let i = 0; i < iterations; i++) {
        if (loss && !losses.includes(loss)) loss.dispose();
        try {
          loss = optimiser.minimize(
            () =>
              cosineLoss(
                tf,
                forward(tf, work.net, images, values, false),
                classes,
                tf.oneHot(labels, work.classes),
              ),
            true,
          );
        } catch (error) {
          throw missing(error);
        }
        if (losses.length < parityLosses) losses.push(loss);
      }
      await loss!.data();
      if (!losses.includes(loss!)) loss!.dispose();
    },
    async results() {
      await tf.setBackend(backend);
      const values = await Promise.all(losses.map((loss) => loss.data()));
      return [Float32Array.from(values, ([value]) => value!)];
    },
    dispose() {
      optimiser.dispose();
      for (const tensor of [...values.values(), classes, images, labels, ...losses]) tensor.dispose();
    },
  };
}
