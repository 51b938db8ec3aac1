/** Cases of operators with tensors stored as f16: what tests compare and compilers of GPUs get. */

import type { BoundCase, Operator } from '../core/operator.ts';
import { conv2dOperator } from '../ops/conv2d/conv2d.ts';
import { fusedConv2dOperator } from '../ops/conv2d/fused_conv2d.ts';
import { cast } from '../ops/elementwise/cast.ts';
import { elementwiseOperators } from '../ops/elementwise/declarations.ts';
import { dropoutOperator } from '../ops/elementwise/dropout.ts';
import { maxFeatureMapOperator } from '../ops/elementwise/max_feature_map.ts';
import { preluOperator } from '../ops/elementwise/prelu.ts';
import { reluOperator } from '../ops/elementwise/relu.ts';
import { scaleOperator } from '../ops/elementwise/scale.ts';
import { matmulOperator } from '../ops/matmul/matmul.ts';
import { batchNormOperator } from '../ops/norm/batch_norm.ts';
import { averagePool2dOperator, globalAveragePoolOperator } from '../ops/pool/average_pool2d.ts';
import { maxPool2dOperator } from '../ops/pool/max_pool2d.ts';
import { concatOperator } from '../ops/shape/concat.ts';
import { caseOf } from './case-of.ts';

/**
 * A case with some of its inputs stored as f16. Each number is rounded as it is stored, by up to 2⁻¹¹ of it: an input, the output, gradients on
 * their way.
 *
 * @param stored numbers of these inputs; default: all
 */
export function halfCase(sample: BoundCase, stored?: readonly number[]): BoundCase {
  const isStored = (i: number): boolean => stored?.includes(i) ?? true;
  return {
    ...sample,
    label: `${sample.label}, f16`,
    tolerance: { forward: 1.5e-3, backward: 1.5e-3, scaledForward: 1.5e-3, scaledBackward: 1.5e-3 },
    apply: (tensors) => sample.apply(tensors.map((x, i) => (isStored(i) ? cast(x, 'f16') : x))),
  };
}

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
  [batchNormOperator, ['70×8, 8, 8, 8, 8 {"training":true}', '2×3×5×7!, 7, 7, 7, 7 {"training":false}'], [0]],
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

/** Names such as `conv2d f16`, of which one may come twice. */
export const halfCases: readonly Pick<Operator, 'name' | 'cases'>[] = table.map(
  ([operator, labels, stored]) => ({
    name: `${operator.name} f16`,
    cases: labels.map((label) => halfCase(caseOf(operator, label), stored)),
  }),
);
