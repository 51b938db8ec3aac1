/** Labels outside the classes: what the debug mode says of them, and what refuses them on the way to the device. */

import { describe, expect, test } from 'vitest';
import { LabelError } from '../../src/engine/core/errors.ts';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { cContrastiveLoss } from '../../src/engine/ops/heads/c_contrastive_loss.ts';
import { cTripletLoss } from '../../src/engine/ops/heads/c_triplet_loss.ts';
import { centerLoss } from '../../src/engine/ops/heads/center_loss.ts';
import { cosineSoftmaxHead, cosineSoftmaxLoss } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { marginSoftmaxLoss } from '../../src/engine/ops/heads/margin_softmax_loss.ts';
import { softmaxLoss } from '../../src/engine/ops/heads/softmax_loss.ts';
import { sphereFace2Loss } from '../../src/engine/ops/heads/sphereface2_loss.ts';
import { uniFaceLoss } from '../../src/engine/ops/heads/uniface_loss.ts';
import { refuseLabels } from '../../src/engine/runtime/labels.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice({ debug: { checkLabels: true } });

const [n, classes, d] = [5, 4, 3];
const random = (rows: number, seed: number): Tensor =>
  device.tensor(sampleInput({ shape: [rows, d] }, seed).data, [rows, d]);
const features = random(n, 1);
const weights = random(classes, 2);
const labelled = (labels: readonly number[]): Tensor => device.tensor(labels, [n], 'u32');

type Loss = (labels: Tensor) => Tensor;
const losses: [string, Loss][] = [
  ['softmaxLoss', (y) => softmaxLoss(features, weights, y)],
  ['cosineSoftmaxLoss', (y) => cosineSoftmaxLoss(features, weights, y, { scale: 10 })],
  [
    'marginSoftmaxLoss',
    (y) => marginSoftmaxLoss(features, weights, y, { margin: { kind: 'cosine', margin: 0.3 }, scale: 10 }),
  ],
  ['sphereFace2Loss', (y) => sphereFace2Loss(features, weights, y, { bias: device.tensor([0], [1]) })],
  ['uniFaceLoss', (y) => uniFaceLoss(features, weights, y, { bias: device.tensor([0], [1]) })],
  ['cContrastiveLoss', (y) => cContrastiveLoss(features, weights, y)],
  ['cTripletLoss', (y) => cTripletLoss(features, weights, y)],
  ['centerLoss', (y) => centerLoss(features, weights, y, { alpha: 0 })],
];

describe('with checkLabels', () => {
  test.each(losses)('%s names the largest label outside the classes', async (operator, loss) => {
    const result = loss(labelled([0, 3, 4, 17, 1]));
    await expect(result.read()).rejects.toThrow(
      new LabelError(
        `operator ${operator}: the label 17 is outside the classes: there are 4 classes, with labels 0 to 3`,
      ),
    );
    expect(await loss(labelled([0, 3, 2, 1, 1])).item()).toBeGreaterThan(0);
  });

  test('the classes are those in use', async () => {
    const classesInUse = device.tensor([2], [1], 'u32');
    const loss = (labels: Tensor) =>
      cosineSoftmaxHead(features, weights, labels, { scale: 10, classesInUse }).loss;
    await expect(loss(labelled([0, 1, 2, 1, 1])).read()).rejects.toThrow(
      /the label 2 is outside the classes: there are 2 classes, with labels 0 to 1$/,
    );
    expect(await loss(labelled([0, 1, 0, 1, 1])).item()).toBeGreaterThan(0);
  });

  test('a captured step is checked run by run', async () => {
    const labels = labelled([0, 1, 2, 3, 0]);
    const step = device.capture(() => cosineSoftmaxLoss(features, weights, labels, { scale: 10 }));
    step.run();
    expect(await step.outputs.item()).toBeGreaterThan(0);
    labels.write([0, 1, 2, 4, 0]);
    step.run();
    await expect(step.outputs.read()).rejects.toThrow(/cosineSoftmaxLoss: the label 4 /);
    labels.write([0, 1, 2, 0, 0]);
    step.run();
    expect(await step.outputs.item()).toBeGreaterThan(0);
    step.dispose();
  });
});

test('labels are refused before they are uploaded', () => {
  refuseLabels([0, 3], 4);
  expect(() => refuseLabels(new Uint32Array([0, 4]), 4)).toThrow(
    'the label 4 is outside the classes: there are 4 classes, with labels 0 to 3',
  );
  expect(() => refuseLabels([1], 1)).toThrow('there is 1 class, with label 0');
});
