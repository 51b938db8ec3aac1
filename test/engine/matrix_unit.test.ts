/** The mainloop of matrix products on matrix units, around an emulated unit: llvmpipe has none. */

import { describe, expect, test } from 'vitest';
import type { Device } from '../../src/engine/core/tensor.ts';
import { conv2dOperator } from '../../src/engine/ops/conv2d/conv2d.ts';
import { cosineSoftmaxLossOperator } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { matmulOperator } from '../../src/engine/ops/matmul/matmul.ts';
import { DeviceRuntime } from '../../src/engine/runtime/device.ts';
import type { OperandType } from '../../src/engine/runtime/options.ts';
import { caseOf } from '../../src/engine/testing/case-of.ts';
import { shaderLibrary } from '../../src/shaders/lib/index.ts';
import { expectClose, run, variantsOf } from './agreement.ts';
import emulation from './emulated_matrix_unit.wesl';
import { testDevice } from './open.ts';

// Tests of a file have a process of their own: no other kernel is linked with this.
shaderLibrary['./lib/matrix_unit.wesl'] = emulation;

const { gpu, report } = await testDevice();
const [subgroup, most] = report.subgroupSize;

/** The same GPU, as if it had a matrix unit. */
const deviceFor = (operands: OperandType): Device => {
  const unit = { componentType: operands, resultComponentType: 'f32', M: 8, N: 8, K: 8 };
  return new DeviceRuntime(gpu, { ...report, subgroupMatrix: [unit] }, { operands });
};

/** Few: a kernel around the emulation takes llvmpipe 5 s to compile. Groups, and sums in parts, among them. */
const product = caseOf(matmulOperator, '33×31, 31×68');
const cases = {
  f32: [
    product,
    caseOf(conv2dOperator, '2×5×6×12, 3×3×4×24, 24 {"padding":1,"groups":3}'),
    caseOf(conv2dOperator, '1×7×8×4, 3×3×1×4 {"stride":1,"padding":2,"dilation":2,"groups":4}'),
  ],
  f16: [product],
};

describe.runIf(subgroup === 8 && most === 8).each(['f32', 'f16'] as const)('%s operands', (operands) => {
  const device = deviceFor(operands);

  test('the unit is offered where its operand type is that of the device', async () => {
    const other = new DeviceRuntime(
      gpu,
      { ...device.report },
      { operands: operands === 'f32' ? 'f16' : 'f32' },
    );
    const names = await variantsOf(device, product);
    expect(names).toEqual(expect.arrayContaining(['matrix 64×64 of 8×8×8', 'matrix 32×32 of 8×8×8']));
    expect(await variantsOf(other, product)).not.toContain('matrix 64×64 of 8×8×8');
  });

  test.each(cases[operands].map((sample) => [sample.label, sample] as const))(
    'same results as the other mainloops: %s',
    async (_, sample) => {
      const names = await variantsOf(device, sample);
      const using = (name: string) =>
        run(device, sample, (_, all) => (all.includes(name) ? name : undefined));
      const expected = await using(names.find((name) => name.startsWith('subgroup'))!);
      for (const name of ['matrix 32×32 of 8×8×8']) {
        expect(names).toContain(name);
        const results = await using(name);
        results.forEach((result, i) => {
          expectClose(result, expected[i]!, 1e-5, `${name}, result ${i}`);
        });
      }
    },
  );

  test.runIf(operands === 'f32')(
    'a head in the epilogue gives the same as over products in memory',
    async () => {
      const sample = caseOf(cosineSoftmaxLossOperator, '67×37, 130×37, 67, 1');
      const offered = new Set<string>();
      const using = (name: string) =>
        run(device, sample, (operation, names) => {
          if (operation !== 'head') return undefined;
          for (const each of names) offered.add(each);
          return names.includes(name) ? name : undefined;
        });
      const expected = await using('in memory');
      const name = 'in the product, matrix 32×32 of 8×8×8';
      const results = await using(name);
      expect(offered).toContain(name);
      results.forEach((result, i) => {
        // Labels have no gradient.
        if (result) expectClose(result, expected[i]!, i === 0 ? 1e-5 : 1e-4, `result ${i}`);
      });
    },
    240_000,
  );
});
