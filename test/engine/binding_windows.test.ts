/** Tensors larger than the adapter's largest binding, on devices that say they bind little. */

import { describe, expect, test } from 'vitest';
import type { BoundCase } from '../../src/engine/core/operator.ts';
import { Parameters } from '../../src/engine/core/parameters.ts';
import { normal01 } from '../../src/engine/core/random.ts';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { fusedConv2d } from '../../src/engine/ops/conv2d/fused_conv2d.ts';
import { add } from '../../src/engine/ops/elementwise/add.ts';
import { dropout } from '../../src/engine/ops/elementwise/dropout.ts';
import { square } from '../../src/engine/ops/elementwise/functions.ts';
import { prelu } from '../../src/engine/ops/elementwise/prelu.ts';
import { operators } from '../../src/engine/ops/index.ts';
import { batchNorm } from '../../src/engine/ops/norm/batch_norm.ts';
import { maxPool2d } from '../../src/engine/ops/pool/max_pool2d.ts';
import { mean } from '../../src/engine/ops/reduce/sum.ts';
import { SGD } from '../../src/engine/optim/sgd.ts';
import { DeviceRuntime } from '../../src/engine/runtime/device.ts';
import type { PreparedDispatch } from '../../src/engine/runtime/prepared.ts';
import { storageUse } from '../../src/engine/runtime/storage-accesses.ts';
import { caseOf } from '../../src/engine/testing/case-of.ts';
import { checkCase, faultsOf } from '../../src/engine/testing/check.ts';
import { dispatchesOf } from '../../src/engine/testing/recording.ts';
import { extent } from '../implementations/suite.ts';
import { testDevice } from './open.ts';

const whole = await testDevice({ tune: 'off' });
/** What the device under test takes for its adapter's limits; the GPU behind it allows more. */
const limits = { ...whole.report.limits };
const device = new DeviceRuntime(whole.gpu, { ...whole.report, limits }, { tune: 'off' });

/** Until the next call: no binding holds more bytes, and no kernel binds more buffers. */
function limit(bytes: number, buffers = whole.report.limits.maxStorageBuffersPerShaderStage): void {
  limits.maxStorageBufferBindingSize = bytes;
  limits.maxStorageBuffersPerShaderStage = buffers;
}

const inWindows = ({ kernel }: PreparedDispatch): boolean => kernel.bindings.some(({ window }) => window);
const nameOf = ({ dispatch: { kernel } }: PreparedDispatch): string =>
  [kernel.name, ...(kernel.mainloop ? [kernel.mainloop.name] : [])].join('/');

/** A limit that cuts the largest tensor of a case in two; null where all are too small for it. */
function halfOfLargest(dispatches: readonly PreparedDispatch[]): number | null {
  const largest = Math.max(...dispatches.flatMap(({ tensors }) => tensors.map(({ bytes }) => bytes)));
  const half = 1024 * Math.ceil(largest / 2048);
  return half < largest ? half : null;
}

/**
 * Cases that between them run every kernel with windows that any case does, each with its limit. Unless all cases are asked for, losses are
 * left out, whose large tensors are classes that they walk through by themselves, and fused convolutions, which follow below.
 */
function coveringCases() {
  const kernels = new Map<string, string>();
  const covered = new Set<string>();
  const refused = new Map<string, string>();
  const cases: { operator: string; label: string; sample: BoundCase; bytes: number }[] = [];
  for (const { name: operator, family, cases: samples } of operators) {
    const skipped = family === 'loss' || operator === 'fusedConv2d';
    for (const sample of samples) {
      const usual = dispatchesOf(whole, sample);
      for (const dispatch of usual) kernels.set(nameOf(dispatch), dispatch.kernel.wgsl);
      const bytes = halfOfLargest(usual);
      if (bytes === null || (skipped && extent === 'covering')) continue;
      limit(bytes);
      try {
        const names = dispatchesOf(device, sample).filter(inWindows).map(nameOf);
        if (extent === 'covering' && names.every((name) => covered.has(name))) continue;
        for (const name of names) covered.add(name);
        cases.push({ operator, label: sample.label, sample, bytes });
      } catch (error) {
        if (family !== 'loss') refused.set(operator, (error as Error).message);
      }
    }
  }
  return { kernels, covered, refused, cases };
}

const { kernels, covered, refused, cases } = coveringCases();

/** Kernels that read or write the images of a net in training. */
// biome-ignore format: a family per line
const mostUsed = [
  'image_batch',
  'conv2d_forward', 'conv2d_grad_input', 'conv2d_grad_weight', 'gemm', 'sum_rows',
  'depthwise_forward', 'depthwise_rows', 'depthwise_grad_input', 'depthwise_grad_weight',
  'prelu_forward', 'prelu_backward', 'relu_forward', 'relu_grad_input', 'max_feature_map_forward', 'max_feature_map_grad_input',
  'elementwise', 'elementwise_grad_input', 'dropout', 'accumulate', 'fill',
  'max_pool2d_forward', 'max_pool2d_grad_input', 'average_pool2d_forward', 'average_pool2d_grad_input',
  'batch_norm_partial', 'batch_norm_statistics', 'batch_norm_forward', 'batch_norm_backward_partial', 'batch_norm_grad_input',
  'reduce', 'spread_lines', 'softmax_forward', 'softmax_grad_input', 'copy_strided',
];

describe('the operator table', () => {
  test('all kernels use large arrays by their elements alone', () => {
    const uses = [...kernels].flatMap(([kernel, wgsl]) => {
      const { arrays, otherwise } = storageUse(wgsl, { has: () => true });
      return [...arrays.keys()].filter((name) => otherwise.has(name)).map((name) => `${kernel}: ${name}`);
    });
    expect(uses).toEqual([]);
  });

  test('runs with windows; refused are counts, which are atomic', () => {
    const names = new Set([...covered].map((name) => name.split('/')[0]));
    expect(mostUsed.filter((name) => !names.has(name))).toEqual([]);
    expect([...refused]).toEqual([
      [
        'countPairs',
        expect.stringMatching(
          /^pair_score_histogram: a tensor of shape \[2, 65536\] .* exceeds the adapter's largest binding/,
        ),
      ],
    ]);
  });

  test.each(cases)('$operator $label, with at most $bytes bytes in a binding', async ({ sample, bytes }) => {
    limit(bytes);
    expect(faultsOf(await checkCase(device, sample))).toEqual([]);
  });
});

test('where at most 7 buffers are bound at a time, a kernel with 8 runs twice', async () => {
  const sample = caseOf(operators.find(({ name }) => name === 'prelu')!, '300×33, 33!');
  limit(halfOfLargest(dispatchesOf(whole, sample))!, 7);
  const runs = dispatchesOf(device, sample).map(({ kernel }) => kernel);
  const counts = runs.filter(({ name }) => name === 'prelu_backward').map(({ bindings }) => bindings.length);
  expect(counts).toEqual([7, 7]);
  expect(faultsOf(await checkCase(device, sample))).toEqual([]);
});

const normal = (seed: number, ...shape: number[]): Float32Array =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => 0.3 * normal01(seed, 0, i));

/** Three training steps of a small net on 24 images: the step, the losses, and the weights in the end. */
async function train(on: DeviceRuntime) {
  const shapes = { filters: [3, 3, 3, 8], bias: [8], slope: [8], gamma: [8], beta: [8] };
  const parameters = new Parameters(
    on,
    Object.entries(shapes).map(([name, shape], i) => ({ name, shape, init: normal(i, ...shape) })),
  );
  const [filters, bias, slope, gamma, beta] = Object.keys(shapes).map((name) => parameters.get(name)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const images = on.tensor(normal(9, 24, 10, 9, 3), [24, 10, 9, 3]);
  const running = { mean: on.zeros([8]), variance: on.tensor(new Float32Array(8).fill(1), [8]) };
  const sgd = new SGD(parameters, { learningRate: 0.1 });
  const forward = (): Tensor => {
    const a = fusedConv2d({ x: images, weight: filters, bias, activation: { slope } }, { padding: 1 });
    const b = prelu(batchNorm(a, gamma, beta, running, { training: true }), slope);
    const c = add(b, a);
    return mean(square(dropout(maxPool2d(c, { kernel: 2 }), 0.2)));
  };
  // One variant for all: which one is taken follows from the limits.
  const step = on.tuner.preferring(
    (_, names) => names.find((name) => !/winograd|col2im/.test(name)),
    () =>
      on.capture(() => {
        const loss = forward();
        loss.backward();
        sgd.step();
        return loss;
      }),
  );
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) {
    on.setRandom(1, i);
    step.run();
    losses.push(await step.outputs.item());
  }
  return {
    step,
    losses,
    weights: await Promise.all(Object.keys(shapes).map((n) => parameters.get(n).readFloats())),
  };
}

test('a training step gives the same bits in windows', async () => {
  const expected = await train(whole as DeviceRuntime);
  limit(40 * 1024);
  const actual = await train(device);
  expect(expected.step.dispatches.some(inWindows)).toBe(false);
  expect(actual.step.dispatches.filter(inWindows).length).toBeGreaterThan(10);
  expect(actual.losses).toEqual(expected.losses);
  expect(actual.weights).toEqual(expected.weights);
});

describe("kernels of one's own", () => {
  const run = (body: string, bindings: Readonly<Record<string, Tensor>>, extra = '') =>
    device.dispatch({
      kernel: {
        name: 'own',
        source: `
          @group(0) @binding(0) var<storage, read> x: array<f32>;
          @group(0) @binding(1) var<storage, read_write> y: array<vec2f>;
          ${extra}
          @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { let i = i32(id.x); ${body} }`,
      },
      constants: {},
      bindings,
      grid: [16, 1, 1],
      cost: { flops: 0, bytes: 0 },
    });
  const zBinding = '@group(0) @binding(2) var<storage, read_write> z: array<f32>;';
  const numbers = Float32Array.from({ length: 1024 }, (_, i) => i);
  const tensors = () => ({ x: device.tensor(numbers, [1024]), y: device.zeros([1024, 2]) });
  const pairsOf = (pair: (i: number) => readonly [number, number]): number[] =>
    [...numbers].flatMap((_, i) => pair(i));

  test('may nest accesses, add to elements, ask for lengths and hide names', async () => {
    limit(1024);
    const { x, y } = tensors();
    const hidden = 'fn first(x: vec2f) -> f32 { return x[0]; }';
    run(
      `y[i] = vec2f(x[u32(x[1023 - i])], f32(arrayLength(&x))); y[i] += vec2f(1.0, 2.0) * x[(i + 1) % 1024];
       { let y = y[i]; let x = array(y.x, first(y)); y_total(i, x[1]); }`,
      { x, y },
      `${hidden} fn y_total(i: i32, value: f32) { y[i] = vec2f(value, y[i].y); }`,
    );
    const next = (i: number): number => (i + 1) % 1024;
    expect([...(await y.readFloats())]).toEqual(pairsOf((i) => [1023 - i + next(i), 1024 + 2 * next(i)]));
  });

  test('run several times where outputs are too many', async () => {
    const { x, y } = tensors();
    const z = device.zeros([1024]);
    limit(2048, 4);
    run('y[i] = vec2f(x[i], 1.0); z[i] = 2.0 * x[i];', { x, y, z }, zBinding);
    expect([...(await y.readFloats())]).toEqual(pairsOf((i) => [i, 1]));
    expect([...(await z.readFloats())]).toEqual([...numbers.map((i) => 2 * i)]);
  });

  test('that use an array otherwise are refused as before', () => {
    limit(1024);
    const { x, y } = tensors();
    const message =
      /^own: a tensor of shape \[1024\] \(4096 bytes\) exceeds the adapter's largest binding \(1024 bytes\); use a smaller batch$/;
    for (const body of [
      'let p = &x[i]; y[i] = vec2f(*p);',
      'y[i].x = x[i];',
      'let p = &y; (*p)[i] = vec2f(x[i]);',
    ])
      expect(() => run(body, { x, y }), body).toThrow(message);
    limit(128);
    expect(() => run('y[i] = vec2f(x[i]);', { x, y }), 'windows without an element').toThrow(
      /largest binding/,
    );
    limit(1024, 4);
    expect(() => run('y[i] = vec2f(x[i]);', { x, y }), 'inputs alone need all places').toThrow(
      /largest binding/,
    );
    limit(1024, 8);
    expect(() => run('y[i] += vec2f(x[i]);', { x, y }), 'a second run would add again').toThrow(
      /largest binding/,
    );
    expect(() => run('y[i] = vec2f(x[i]);', { x, y })).not.toThrow();
  });
});
