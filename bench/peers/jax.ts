/** jax-js: its kernel compiler for WebGPU, over the same Dawn and adapter, and for WebAssembly. */

import { type ConvCase, type HeadCase, headScale, type Work } from '../cases.ts';
import { type Array32, convInputs, gemmInputs, headInputs } from '../inputs.ts';
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
    default:
      throw new MissingOperation('this comparison has no such case for jax-js');
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
      await last.reduce((a, b) => (b.size < a.size ? b : a)).ref.data();
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

/** Its layout is NCHW with weights OIHW; the reordering is not timed. */
function conv(jax: Jax, backend: JaxBackend, work: ConvCase, upload: (array: Array32) => JaxArray): Prepared {
  const inputs = convInputs(work);
  const toChannelsFirst = (array: Array32): Array32 => permute(array, [0, 3, 1, 2]);
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

function head(jax: Jax, backend: JaxBackend, work: HeadCase, upload: (array: Array32) => JaxArray): Prepared {
  const { numpy, nn } = jax;
  const inputs = headInputs(work);
  const [features, weights] = [upload(inputs.features), upload(inputs.weights)];
  const labels = numpy.array(inputs.labels);
  const normalise = (x: JaxArray): JaxArray =>
    x.ref.div(numpy.sqrt(numpy.sum(x.ref.mul(x), 1, { keepdims: true }).add(1e-12)));
  const loss = (f: JaxArray, w: JaxArray, y: JaxArray): JaxArray => {
    const logits = numpy.matmul(normalise(f), numpy.transpose(normalise(w))).mul(headScale);
    const own = nn.oneHot(y, work.classes).mul(nn.logSoftmax(logits, 1));
    return numpy.sum(own).mul(-1 / work.samples);
  };
  const gradients = jax.jit((f: JaxArray, w: JaxArray, y: JaxArray): JaxArray[] => {
    const [value, [df, dw]] = jax.valueAndGrad(loss, { argnums: [0, 1] })(f, w, y);
    return [value, df!, dw!];
  });
  return repeat(jax, backend, [features, weights, labels], () =>
    gradients(features.ref, weights.ref, labels.ref),
  );
}
