/** jax-js: its kernel compiler for WebGPU, over the same Dawn and adapter, and for WebAssembly. */

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
import type { Jax, JaxArray, JaxBackend } from './jax-api.ts';
import { ChannelsFirstNet, maxFeatureMap, maxPool, permute, prelu, toChannelsFirst } from './jax-net.ts';
import { MissingOperation, type Peer, type Prepared } from './peer.ts';

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
  const headLoss = jax.jit((f: JaxArray, w: JaxArray, y: JaxArray) => cosineLoss(jax, f, w, y));
  const lossOf = (...values: JaxArray[]): JaxArray => {
    const [x, y] = values.slice(count) as [JaxArray, JaxArray];
    return headLoss(net.forward(x, values.slice(0, count - 1)), values[count - 1]!, y);
  };
  const argnums = Array.from({ length: count }, (_, i) => i);
  const moved = jax.jit((weight: JaxArray, velocity: JaxArray, gradient: JaxArray): JaxArray[] => {
    const next = velocity.mul(momentum.momentum).add(gradient);
    return [weight.sub(next.ref.mul(momentum.learningRate)), next];
  });
  const step = (...values: JaxArray[]): JaxArray[] => {
    const [weights, velocities] = [values.slice(0, count), values.slice(count, 2 * count)];
    const copies = weights.map((weight) => weight.ref);
    const [loss, gradients] = jax.valueAndGrad(lossOf, { argnums })(...weights, ...values.slice(2 * count));
    const next = copies.map((weight, i) => moved(weight, velocities[i]!, gradients[i]!));
    return [loss, ...next.map(([weight]) => weight!), ...next.map(([, velocity]) => velocity!)];
  };
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
