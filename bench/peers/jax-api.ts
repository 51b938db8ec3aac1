/** What is used of jax-js, declared here: it is installed for the benchmark only. */

export type JaxBackend = 'webgpu' | 'wasm';

/** An array of jax-js. Every use consumes one reference; `ref` adds one. */
export interface JaxArray {
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

export interface Jax {
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
