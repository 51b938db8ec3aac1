/** Tensors stored as f16, in the kernels of f32. */

import { describe, expect, test } from 'vitest';
import type { Operator } from '../../src/engine/core/operator.ts';
import { conv2dOperator } from '../../src/engine/ops/conv2d/conv2d.ts';
import { fusedConv2dOperator } from '../../src/engine/ops/conv2d/fused_conv2d.ts';
import { elementwiseOperators } from '../../src/engine/ops/elementwise/declarations.ts';
import { dropoutOperator } from '../../src/engine/ops/elementwise/dropout.ts';
import { maxFeatureMapOperator } from '../../src/engine/ops/elementwise/max_feature_map.ts';
import { preluOperator } from '../../src/engine/ops/elementwise/prelu.ts';
import { reluOperator } from '../../src/engine/ops/elementwise/relu.ts';
import { scaleOperator } from '../../src/engine/ops/elementwise/scale.ts';
import { matmulOperator } from '../../src/engine/ops/matmul/matmul.ts';
import { batchNormOperator } from '../../src/engine/ops/norm/batch_norm.ts';
import {
  averagePool2dOperator,
  globalAveragePoolOperator,
} from '../../src/engine/ops/pool/average_pool2d.ts';
import { maxPool2dOperator } from '../../src/engine/ops/pool/max_pool2d.ts';
import { concatOperator } from '../../src/engine/ops/shape/concat.ts';
import { checkCase, faultsOf } from '../../src/engine/testing/check.ts';
import { caseOf } from './case-of.ts';
import { fitsHalf, halfCase } from './half-case.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

const named = (name: string): Operator => elementwiseOperators.find((operator) => operator.name === name)!;

/**
 * Which inputs are f16 (default: all; weights, slopes and biases are f32), and cases: channels by vec4f and one by one, odd sizes, outliers,
 * every kernel and every epilogue.
 */
const table: readonly [Operator, readonly string[], stored?: readonly number[]][] = [
  [reluOperator, ['2×3×5×7', '9×12']],
  [preluOperator, ['2×3×5×7, 7', '5×6×12, 1'], [0]],
  [scaleOperator, ['5×13! {"factor":-0.25}']],
  [dropoutOperator, ['2×3×5×7 {"rate":0.5,"seed":1,"step":0,"firstRow":3}']],
  [maxFeatureMapOperator, ['2×5×15 {"parts":3}', '7×48 {"parts":4}']],
  [concatOperator, ['2×3×5×4, 2×3×5×7! {"axis":-1}', '3×4, 3×12 {"axis":1}']],
  [named('add'), ['3×5×7, 3×5×7!', '6×8, 6×8!', '2×1×3×1×4, 3×1×2×4!']],
  [named('multiply'), ['5×3×8!, 5×3×1', '2×1×3×1×4!, 3×1×2×4']],
  [named('sigmoid'), ['6×8']],
  [
    batchNormOperator,
    [
      '70×8, 8, 8, 8, 8 {"training":true}',
      '601×33!, 33, 33, 33, 33 {"training":true}',
      '2×3×5×7!, 7, 7, 7, 7 {"training":false}',
    ],
    [0],
  ],
  [
    averagePool2dOperator,
    ['2×9×6×8 {"kernel":3,"stride":2,"padding":1,"ceilMode":true}', '2×7×5×3! {"kernel":2,"ceilMode":true}'],
  ],
  [globalAveragePoolOperator, ['3×7×6×33']],
  [
    maxPool2dOperator,
    ['2×7×5×3 {"kernel":2,"ceilMode":true}', '2×9×6×8 {"kernel":3,"stride":2,"ceilMode":true}'],
  ],
  [
    conv2dOperator,
    [
      '2×7×9×4, 3×3×4×8, 8 {"padding":1}',
      '2×9×8×7, 5×2×7×3, 3 {"stride":[2,3],"padding":[2,1,0,1]}',
      '2×5×6×12, 3×3×4×24, 24 {"padding":1,"groups":3}',
      '2×9×8×8, 3×3×1×8, 8 {"stride":2,"padding":1,"groups":8}',
      '2×10×9×5, 4×5×1×5 {"stride":[3,2],"padding":2,"groups":5}',
      '3×13×12×8!, 3×3×1×8! {"padding":1,"groups":8}',
      '2×12×13×1, 5×5×1×36 {"padding":2}',
    ],
    [0],
  ],
  [
    fusedConv2dOperator,
    ['2×5×7×8, 3×3×1×8, 8 {"padding":1,"groups":8,"bias":true,"activation":"relu"}'],
    [0],
  ],
  [
    fusedConv2dOperator,
    ['2×7×9×4, 3×3×4×8, 8, 8, 2×7×9×8 {"padding":1,"bias":true,"activation":"prelu"}'],
    [0, 4],
  ],
  [
    matmulOperator,
    [
      '9×20!, 20×13, 13',
      '31×33, 68×31 {"transposeA":true,"transposeB":true}',
      '7×1030, 1030×12, 12',
      '3×5×3, 3×4',
    ],
    [0],
  ],
];

describe.each(table.map(([operator, labels, stored]) => [operator.name, operator, labels, stored] as const))(
  '%s',
  (_, operator, labels, stored) => {
    test.each(labels)('right to what f16 rounds: %s', async (label) => {
      expect(faultsOf(await checkCase(device, halfCase(caseOf(operator, label), stored)))).toEqual([]);
    });
  },
);

/** Channels by vec4f and one by one: Winograd, through workgroup memory, by shuffles. */
test.each([
  [conv2dOperator, '2×11×9×16!, 3×3×16×20! {"padding":2}'],
  [conv2dOperator, '2×9×8×7, 5×2×7×3, 3 {"stride":[2,3],"padding":[2,1,0,1]}'],
  [matmulOperator, '33×31, 31×68'],
] as const)('every algorithm gives the same', async (operator, label) => {
  const sample = halfCase(caseOf(operator, label), [0]);
  await expectAgreement(device, sample, oneTileOfEachMainloop(await variantsOf(device, sample)));
});

/** What is not f16 after all would pass every comparison. */
test('results, gradients and what is kept for them are f16, gradients of weights f32', () => {
  const { x, weight, slope, gamma, beta, mean, variance } = operandsOfNet();
  const step = device.capture(() => {
    const y = prelu(conv2d(x, weight), slope);
    const z = batchNorm(y, gamma, beta, { mean, variance }, { training: true });
    const features = cast(z, 'f32');
    features.backward(device.constant(1, features.shape));
    return { y, z, features, dx: x.gradient!, dw: weight.gradient! };
  });
  const { y, z, features, dx, dw } = step.outputs;
  expect([y, z, features, dx, dw].map(({ dtype }) => dtype)).toEqual(['f16', 'f16', 'f32', 'f16', 'f32']);
  const large = step.dispatches.flatMap(({ tensors }) => tensors.filter(({ size }) => size >= y.size));
  expect(new Set(large.map(({ dtype }) => dtype))).toEqual(new Set(['f16', 'f32']));
  expect(
    large.filter(({ dtype }) => dtype === 'f32').every(({ storage }) => storage === features.storage),
  ).toBe(true);
});

function operandsOfNet() {
  const { sin } = Math;
  const made = (shape: readonly number[]) =>
    device.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => sin(i)),
      shape,
    );
  const per = (value: number) => device.constant(value, [12]);
  return { x: cast(made([4, 9, 8, 12]), 'f16').requireGradient() };
}
