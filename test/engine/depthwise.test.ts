import { expect, test } from 'vitest';
import { conv2dOperator } from '../../src/engine/ops/conv2d/conv2d.ts';
import { fusedConv2dOperator } from '../../src/engine/ops/conv2d/fused_conv2d.ts';
import { caseOf } from '../../src/engine/testing/case-of.ts';
import { runEagerly } from '../../src/engine/testing/recording.ts';
import { expectClose } from './agreement.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** One row of outputs at a time is what the small cases of tests get by default; long runs, and a run that ends early, what nets get. */
test.each([
  [
    caseOf(
      fusedConv2dOperator,
      '2×5×7×8, 3×3×1×8, 8, 8, 2×5×7×8 {"padding":1,"groups":8,"bias":true,"activation":"prelu"}',
    ),
    5,
    3,
  ],
  [caseOf(conv2dOperator, '2×9×8×8, 3×3×1×8, 8 {"stride":2,"padding":1,"groups":8}'), 3, 2],
] as const)(
  'a depthwise convolution gives the same in runs of any length and strips of any width',
  async (sample, run, strip) => {
    const usual = (await runEagerly(device, sample)).output;
    const { output, findings } = await runEagerly(device, sample, { constants: { RUN: run, STRIP: strip } });
    expect(findings).toEqual([]);
    expectClose(output as Float32Array, usual as Float32Array, 1e-6, 'output');
  },
);
