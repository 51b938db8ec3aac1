/**
 * Mainloops that keep tiles in the registers of subgroups of eight lanes, as most software drivers have them. How much of k they take at
 * once depends on how many lanes there are.
 */

import { describe, expect, test } from 'vitest';
import { conv2dOperator } from '../../src/engine/ops/conv2d/conv2d.ts';
import { gemm } from '../../src/engine/ops/matmul/gemm.ts';
import { matmulOperator } from '../../src/engine/ops/matmul/matmul.ts';
import { caseOf } from '../../src/engine/testing/case-of.ts';
import { expectAgreement, expectClose, variantsOf } from './agreement.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const [least, most] = device.report.subgroupSize;

describe.runIf(least === 8 && most === 8)('in subgroups of eight', () => {
  test('tall and wide tiles give the same product, with more than one of them along both sides', async () => {
    const sample = caseOf(matmulOperator, '140×48, 48×132');
    const names = (await variantsOf(device, sample)).filter((name) => name.startsWith('subgroup'));
    expect(names).toEqual(['subgroup 32×32', 'subgroup 64×32', 'subgroup 32×64']);
    // The first is everybody's default, in the operator table.
    await expectAgreement(device, sample, names.slice(1));
  });

  test('the stationary mainloop stops at the end of k, which is a multiple of 32 but fills no block of 64', async () => {
    // Behind the first product's matrices in memory are those of the second.
    const [products, m, k, n] = [2, 9, 160, 36];
    const a = Float32Array.from({ length: products * m * k }, (_, i) => Math.sin(i));
    const b = Float32Array.from({ length: products * k * n }, (_, i) => Math.cos(3 * i));
    const out = device.empty([products, m, n]);
    const chosen: string[] = [];
    const prefer = (_: string, names: readonly string[]): string => {
      chosen.push(names.find((name) => name.startsWith('stationary'))!);
      return chosen[0]!;
    };
    device.tuner.preferring(prefer, () =>
      gemm(device.tensor(a, [products, m, k]), device.tensor(b, [products, k, n]), { out }),
    );
    expect(chosen).toEqual(['stationary 9×32']);
    const expected = Float64Array.from({ length: products * m * n }, (_, i) => {
      const [product, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n), i % n];
      let sum = 0;
      for (let j = 0; j < k; j++) sum += a[row * k + j]! * b[(product * k + j) * n + column]!;
      return sum;
    });
    expectClose(await out.readFloats(), expected, 1e-5, 'stationary');
  });

  /** Two blocks of k and two tiles of columns, the last ones not full; two workgroups along the rows; a bias. */
  test('a product whose part of B stays in registers gives the same, in both directions', async () => {
    const sample = caseOf(conv2dOperator, '2×17×16×36, 1×1×36×36, 36');
    const names = await variantsOf(device, sample);
    const stationary = names.filter((name) => name.startsWith('stationary'));
    expect(stationary).toEqual(['stationary 272×32']);
    await expectAgreement(device, sample, [names[0]!, ...stationary]);
  });
});
