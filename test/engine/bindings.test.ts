/** No kernel binds more storage buffers than every WebGPU device allows. */

import { expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { cContrastiveHead } from '../../src/engine/ops/heads/c_contrastive_loss.ts';
import { cTripletHead } from '../../src/engine/ops/heads/c_triplet_loss.ts';
import { headInputs } from '../../src/engine/ops/heads/class_head.ts';
import { cosineSoftmaxHead } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import type { Margin } from '../../src/engine/ops/heads/margin.ts';
import { marginSoftmaxHead } from '../../src/engine/ops/heads/margin_softmax_loss.ts';
import type { SampleMargin } from '../../src/engine/ops/heads/sample_margin.ts';
import { softmaxLossHead } from '../../src/engine/ops/heads/softmax_loss.ts';
import { sphereFace2Head } from '../../src/engine/ops/heads/sphereface2_loss.ts';
import { uniFaceHead } from '../../src/engine/ops/heads/uniface_loss.ts';
import { operators } from '../../src/engine/ops/index.ts';
import type { PreparedDispatch } from '../../src/engine/runtime/prepared.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { dispatchesOf } from '../../src/engine/testing/recording.ts';
import { sampleInput, sampleTensor } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** `maxStorageBuffersPerShaderStage` of a device that asks for nothing (WebGPU specification, https://www.w3.org/TR/webgpu/, limits). */
const limit = 8;

/** Kernels that bind more. */
const excessive = (dispatches: readonly PreparedDispatch[]): string[] =>
  dispatches
    .filter(({ kernel }) => kernel.bindings.length > limit)
    .map(({ kernel }) => `${kernel.name}: ${kernel.bindings.map(({ name }) => name).join(', ')}`);

test.each(operators.map((operator) => [operator.name, operator] as const))('%s', (_, { cases }) => {
  for (const sample of cases) expect(excessive(dispatchesOf(device, sample)), sample.label).toEqual([]);
});

const margins: Margin[] = [
  { kind: 'cosine', margin: 0.3 },
  { kind: 'angle', margin: 0.5 },
  { kind: 'multiple-angle', multiple: 4, annealing: 5 },
  { kind: 'circle', margin: 0.25 },
  { kind: 'curricular', margin: 0.5, t: device.tensor([0], [1]) },
];

/** Of which every sample has its own. */
const sampleMargins = (): SampleMargin[] => [
  { kind: 'adaptive', margin: 0.4, running: device.tensor([20, 100], [2]) },
  { kind: 'magnitude', margins: [0.45, 0.8], norms: [1, 9] },
  { kind: 'elastic', of: 'angle', margin: 0.5, deviation: 0.1, assignment: 'sorted' },
];

type Head = (features: Tensor, weights: Tensor, labels: Tensor) => Tensor;
const count = () => device.tensor([100], [1], 'u32');
const learnt = () => device.tensor([10], [1]).requireGradient();

/** Everything that options of a head bind, at once. */
const full: [string, Head][] = [
  [
    'softmax with bias',
    (f, w, y) => {
      const bias = device.zeros([w.shape[0]!]).requireGradient();
      return softmaxLossHead(f, w, y, { bias, classesInUse: count() }).loss;
    },
  ],
  ...margins.map((margin): [string, Head] => [
    `margin ${margin.kind}`,
    (f, w, y) => {
      const options = { margin, scale: learnt(), normaliseFeatures: false, classesInUse: count() };
      return marginSoftmaxHead(f, w, y, options).loss;
    },
  ]),
  ...sampleMargins().map((margin): [string, Head] => [
    `margin ${margin.kind}`,
    (f, w, y) => marginSoftmaxHead(f, w, y, { margin, scale: learnt(), classesInUse: count() }).loss,
  ]),
  [
    'softmax of products with unit vectors',
    (f, w, y) =>
      cosineSoftmaxHead(f, w, y, { scale: learnt(), normaliseFeatures: false, classesInUse: count() }).loss,
  ],
  [
    'AdaCos',
    (f, w, y) => {
      const scale = device.tensor([5], [1]);
      return cosineSoftmaxHead(f, w, y, { scale, adaptive: true, classesInUse: count() }).loss;
    },
  ],
  [
    'C-contrastive with a running margin',
    (f, w, y) => cContrastiveHead(f, w, y, { runningPositive: device.tensor([0.1], [1]) }).loss,
  ],
  [
    'C-triplet with weights of samples',
    (f, w, y) => cTripletHead(f, w, y, { sampleWeights: device.zeros([f.shape[0]!]) }).loss,
  ],
  [
    'UniFace',
    (f, w, y) =>
      uniFaceHead(f, w, y, { bias: device.zeros([1]).requireGradient(), classesInUse: count() }).loss,
  ],
  ['SphereFace2', (f, w, y) => sphereFace2Head(f, w, y, { bias: device.zeros([1]).requireGradient() }).loss],
];

/** Products in memory, and in the epilogue, which stores those of the last window as well. */
const ways = [/^in memory$/, /^in the product, .* kept$/];

test.each(full)('%s, in windows of classes', (_, head) => {
  const tensors = headInputs(7, 200, 12).map((spec, i) => sampleTensor(device, spec, sampleInput(spec, i)));
  const [f, w, y] = tensors as [Tensor, Tensor, Tensor];
  for (const way of ways) {
    const prefer = (_: string, names: readonly string[]) => names.find((name) => way.test(name));
    const dispatches = device.settings.limiting({ classWindowBytes: 64 * 12 * 4 }, () =>
      device.tuner.preferring(prefer, () =>
        device.scope(() => runtimeOf(device).dispatchesOf(() => head(f, w, y).backward())),
      ),
    );
    expect(excessive(dispatches), String(way)).toEqual([]);
  }
});
