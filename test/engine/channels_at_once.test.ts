/** Kernels that take one channel at a time where the numbers of four would not stay in registers, and four elsewhere. */

import { describe, expect, test } from 'vitest';
import type { Operator } from '../../src/engine/core/operator.ts';
import { conv2dOperator } from '../../src/engine/ops/conv2d/conv2d.ts';
import { fusedConv2dOperator } from '../../src/engine/ops/conv2d/fused_conv2d.ts';
import { maxPool2dOperator } from '../../src/engine/ops/pool/max_pool2d.ts';
import { caseOf } from '../../src/engine/testing/case-of.ts';
import { inputsOf } from '../../src/engine/testing/inputs.ts';
import { dispatchesOf, runEagerly } from '../../src/engine/testing/recording.ts';
import { openIdle } from '../../src/inspector/compiled/idle-adapter.ts';
import type { CardName } from '../../src/inspector/estimate/card-names.ts';
import { adapterOf, cards } from '../../src/inspector/estimate/cards.ts';
import { expectClose } from './agreement.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

type Prefer = (operation: string, names: readonly string[]) => string | undefined;
const byDefault: Prefer = () => undefined;
const winograd =
  (tile: string): Prefer =>
  (_, names) =>
    names.find((name) => name === `winograd ${tile}`);

/**
 * Operator, label, algorithm, kernels that have the choice, how often they are dispatched. Epilogues, padding that is not the same all around,
 * images that tiles do not fill, outliers; strides and a last row or column left over.
 */
const chosen: readonly (readonly [Operator, string, Prefer, RegExp, number])[] = [
  [
    fusedConv2dOperator,
    '2×7×9×4, 3×3×4×8, 8, 8, 2×7×9×8 {"padding":1,"bias":true,"activation":"prelu"}',
    winograd('4×4'),
    /^winograd_/,
    9,
  ],
  [conv2dOperator, '2×11×9×16!, 3×3×16×20! {"padding":2}', winograd('4×4'), /^winograd_/, 9],
  [conv2dOperator, '3×10×7×8, 3×3×8×12 {"padding":[0,2,1,0]}', winograd('2×2'), /^winograd_/, 9],
  [
    fusedConv2dOperator,
    '2×5×7×8, 3×3×1×8, 8, 8, 2×5×7×8 {"padding":1,"groups":8,"bias":true,"activation":"prelu"}',
    byDefault,
    /^depthwise_rows$/,
    2,
  ],
  [
    conv2dOperator,
    '2×9×8×8, 3×3×1×8, 8 {"stride":2,"padding":1,"groups":8}',
    byDefault,
    /^depthwise_rows$/,
    1,
  ],
  [conv2dOperator, '3×7×6×12, 7×6×1×12 {"groups":12}', byDefault, /^depthwise_forward$/, 2],
  [maxPool2dOperator, '2×6×8×16 {"kernel":2}', byDefault, /^max_pool2d_grad_input$/, 1],
  [
    maxPool2dOperator,
    '2×9×6×8 {"kernel":3,"stride":2,"ceilMode":true}',
    byDefault,
    /^max_pool2d_grad_input$/,
    1,
  ],
];

test.each(chosen.map(([operator, label, ...rest]) => [operator.name, label, operator, ...rest] as const))(
  '%s gives the same one channel at a time: %s',
  async (_, label, operator, prefer, kernel, dispatches) => {
    const sample = caseOf(operator, label);
    const four = await runEagerly(device, sample, { constants: { VECTOR: 4 } }, prefer);
    let narrow = 0;
    const count = () => (dispatch: Parameters<typeof device.dispatch>[0]) => {
      const { vec4, vec4_y } = dispatch.conditions ?? {};
      if (kernel.test(dispatch.kernel.name) && !vec4 && !vec4_y) narrow++;
      return dispatch;
    };
    const one = await runEagerly(device, sample, { constants: { VECTOR: 1 }, edit: count }, prefer);
    expect(narrow).toBe(dispatches);
    expect([...one.findings, ...four.findings]).toEqual([]);
    const { forward, backward } = sample.tolerance;
    expectClose(one.output as Float32Array, sample.reference(inputsOf(sample)).data, forward, 'output');
    // Those of four channels are compared with finite differences of the reference in operators.test.ts.
    for (const [i, gradient] of one.gradients.entries())
      expectClose(gradient as Float32Array, four.gradients[i] as Float32Array, backward, `gradient ${i}`);
  },
);

test('two channels at a time are refused', async () => {
  const sample = caseOf(maxPool2dOperator, '2×6×8×16 {"kernel":2}');
  await expect(runEagerly(device, sample, { constants: { VECTOR: 2 } })).rejects.toThrow(
    /channels go by 1 or 4 at once, not 2/,
  );
});

describe('without a word', () => {
  const cases = [
    [conv2dOperator, '2×7×9×4, 3×3×4×8, 8 {"padding":1}', winograd('4×4')],
    [conv2dOperator, '2×9×8×8, 3×3×1×8, 8 {"stride":2,"padding":1,"groups":8}', byDefault],
    [maxPool2dOperator, '2×6×8×16 {"kernel":2}', byDefault],
  ] as const;

  /** Channels at once of the kernels that have a choice. */
  function channelsOn(where: typeof device): number[] {
    return cases.map(([operator, label, prefer]) => {
      const sample = caseOf(operator as Operator, label);
      const conditions = where.tuner
        .preferring(prefer, () => dispatchesOf(where, sample))
        .flatMap(({ dispatch }) =>
          /^(winograd_|depthwise_rows|max_pool2d_grad)/.test(dispatch.kernel.name)
            ? [dispatch.conditions?.vec4 || dispatch.conditions?.vec4_y ? 4 : 1]
            : [],
        );
      expect(new Set(conditions).size, label).toBe(1);
      return conditions[0]!;
    });
  }

  test('a software driver takes four everywhere', () => {
    expect(channelsOn(device)).toEqual([4, 4, 4]);
  });

  test.each<[CardName, number[]]>([
    ['arc-a770', [1, 1, 1]],
    ['iris-xe', [1, 1, 1]],
    ['rx-7900-xtx', [1, 4, 4]],
    ['h200', [1, 4, 4]],
    ['m2', [1, 4, 4]],
  ])(
    '%s takes %j of Winograd’s transforms, depthwise rows and the gradient of pooling',
    async (name, channels) => {
      const card = await openIdle(adapterOf(cards[name]));
      expect(channelsOn(card)).toEqual(channels);
    },
  );
});
