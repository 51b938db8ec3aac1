/** Heads give the same over products in memory and in the product's epilogue, in windows of the classes with an odd rest. */

import { expect, test } from 'vitest';
import type { Operator } from '../../src/engine/core/operator.ts';
import { cContrastiveLossOperator } from '../../src/engine/ops/heads/c_contrastive_loss.ts';
import { cTripletLossOperator } from '../../src/engine/ops/heads/c_triplet_loss.ts';
import { cosineSoftmaxLossOperator } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { marginSoftmaxLossOperator } from '../../src/engine/ops/heads/margin_softmax_loss.ts';
import { softmaxLossOperator } from '../../src/engine/ops/heads/softmax_loss.ts';
import { sphereFace2LossOperator } from '../../src/engine/ops/heads/sphereface2_loss.ts';
import { caseOf } from '../../src/engine/testing/case-of.ts';
import { inputsOf } from '../../src/engine/testing/inputs.ts';
import { expectClose, run } from './agreement.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** The default mainloop of software drivers, with the last window's products stored, so that the passes over memory are met as well. */
const side = 4 * device.report.subgroupSize[0];
const byShuffles = new RegExp(`^in the product, subgroup ${side}×${side}, last window kept$`);
/** Takes a software driver long to compile: one case, and at once. */
const throughMemory = /^in the product, workgroup 32×32$/;

/** Of every family, by vec4f and by numbers, with bias, Jacobian, lengths, a part of the classes, and rows of extreme magnitudes. */
const chosen: readonly (readonly [Operator, string, readonly RegExp[]])[] = [
  [softmaxLossOperator, '70×36, 131×36, 70, 131!', [byShuffles]],
  [cosineSoftmaxLossOperator, '67×37, 130×37, 67, 1', [byShuffles]],
  [cosineSoftmaxLossOperator, '9×5, 40×5, 9 {"scale":8,"classesInUse":23}', [byShuffles]],
  [
    marginSoftmaxLossOperator,
    '9×8, 130×8, 9 {"margin":{"kind":"multiple-angle","multiple":3,"annealing":0},"scale":2,"normaliseFeatures":false}',
    [byShuffles],
  ],
  [cContrastiveLossOperator, '9×5‼, 11×5, 9 {"negativeMargin":4,"normaliseWeights":false}', [byShuffles]],
  [cTripletLossOperator, '67×37, 130×37, 67 {"hardestOnly":false}', [throughMemory]],
  [
    cosineSoftmaxLossOperator,
    '9×5, 40×5, 9 {"scale":8,"classesInUse":23,"labelSmoothing":0.2}',
    [byShuffles, throughMemory],
  ],
  [sphereFace2LossOperator, '33×68!, 65×68!, 33, 1', [byShuffles]],
];

/** Output and gradients, with the head's variant of a name. */
const using = (sample: Parameters<typeof run>[1], name: RegExp, limits = {}) => {
  let isOffered = false;
  const prefer = (operation: string, offered: readonly string[]): string | undefined => {
    if (operation !== 'head') return undefined;
    const found = offered.find((candidate) => name.test(candidate));
    isOffered ||= found !== undefined;
    return found;
  };
  const results = device.settings.limiting(limits, () => run(device, sample, prefer));
  expect(isOffered, String(name)).toBe(true);
  return results;
};

test.each(chosen.map(([operator, label, names]) => [operator.name, label, operator, names] as const))(
  '%s %s',
  async (_, label, operator, names) => {
    const sample = caseOf(operator, label);
    const inMemory = await using(sample, /^in memory$/);
    const reference = sample.reference(inputsOf(sample)).data;
    // Windows begin at multiples of 64 classes, of which the smallest cases have fewer.
    const windows = { classWindowBytes: 64 * sample.inputs[0]!.shape[1]! * 4 };
    for (const name of names) {
      const limits = name === throughMemory ? {} : windows;
      const results = await using(sample, name, limits);
      expectClose(results[0]!, reference, sample.tolerance.forward, String(name));
      results.slice(1).forEach((gradient, i) => {
        if (gradient)
          expectClose(gradient, inMemory[i + 1]!, sample.tolerance.backward, `${name}, input ${i}`);
      });
      expect(await using(sample, name, limits), 'a second run').toEqual(results);
    }
  },
  480_000,
);
