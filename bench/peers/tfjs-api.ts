/** What the benchmark uses of TensorFlow.js; its own declarations are only there once `npm run bench` has installed it. */

export interface TfTensor {
  readonly shape: number[];
  readonly size: number;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** A back end; those on WebGPU have a device, and keep the buffers of disposed tensors by size and usage. */
export interface TfBackendObject {
  readonly device?: GPUDevice;
  readonly bufferManager?: { readonly freeBuffers: Map<string, GPUBuffer[]> };
}

type Padding = number | [[number, number], [number, number], [number, number], [number, number]];

/** A convolution with what follows it, in one kernel. */
interface TfFused {
  readonly x: TfTensor;
  readonly filter: TfTensor;
  readonly strides: number;
  readonly pad: Padding;
  readonly bias?: TfTensor;
  readonly activation?: 'linear' | 'prelu';
  readonly preluActivationWeights?: TfTensor;
}

export interface Tf {
  readonly version_core: string;
  findBackendFactory(name: string): () => unknown;
  registerBackend(name: string, factory: () => unknown): boolean;
  copyRegisteredKernels(from: string, to: string): void;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  env(): { set(flag: string, value: number | boolean): void };
  engine(): {
    runKernel(name: string, inputs: Record<string, TfTensor>, attributes: Record<string, unknown>): TfTensor;
  };
  backend(): TfBackendObject;
  tidy<T>(body: () => T): T;
  tensor(data: Float32Array | Int32Array, shape: readonly number[], dtype?: string): TfTensor;
  variable(value: TfTensor, trainable: boolean, name?: string): TfTensor;
  grads(f: (...inputs: TfTensor[]) => TfTensor): (inputs: TfTensor[], dy?: TfTensor) => TfTensor[];
  valueAndGrads(f: (...inputs: TfTensor[]) => TfTensor): (inputs: TfTensor[]) => {
    value: TfTensor;
    grads: TfTensor[];
  };
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  conv2d(x: TfTensor, w: TfTensor, stride: number, padding: Padding): TfTensor;
  depthwiseConv2d(x: TfTensor, w: TfTensor, stride: number, padding: Padding): TfTensor;
  readonly fused: { conv2d(work: TfFused): TfTensor; depthwiseConv2d(work: TfFused): TfTensor };
  moments(x: TfTensor, axis: number[]): { readonly mean: TfTensor; readonly variance: TfTensor };
  batchNorm(
    x: TfTensor,
    mean: TfTensor,
    variance: TfTensor,
    offset: TfTensor,
    scale: TfTensor,
    epsilon: number,
  ): TfTensor;
  maxPool(x: TfTensor, size: number, stride: number, padding: 'valid'): TfTensor;
  prelu(x: TfTensor, slope: TfTensor): TfTensor;
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
  maximum(a: TfTensor, b: TfTensor): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  div(a: TfTensor, b: TfTensor): TfTensor;
  sqrt(x: TfTensor): TfTensor;
  square(x: TfTensor): TfTensor;
  sum(x: TfTensor, axis?: number, keepDims?: boolean): TfTensor;
  scalar(value: number): TfTensor;
  reshape(x: TfTensor, shape: number[]): TfTensor;
  slice(x: TfTensor, begin: number[], size: number[]): TfTensor;
  oneHot(labels: TfTensor, depth: number): TfTensor;
  readonly losses: { softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor };
  readonly train: {
    momentum(
      rate: number,
      momentum: number,
    ): { minimize(loss: () => TfTensor, returnCost: true): TfTensor; dispose(): void };
  };
}
