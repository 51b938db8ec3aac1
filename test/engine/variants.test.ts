import { describe, expect, test } from 'vitest';
import type { Operator } from '../../src/engine/core/operator.ts';
import { conv2d, conv2dOperator } from '../../src/engine/ops/conv2d/conv2d.ts';
import { supportsFold } from '../../src/engine/ops/conv2d/conv2d_fold.ts';
import { conv2dGeometry } from '../../src/engine/ops/conv2d/conv2d_geometry.ts';
import { conv2dPReluOperator } from '../../src/engine/ops/conv2d/conv2d_prelu.ts';
import { add } from '../../src/engine/ops/elementwise/add.ts';
import { prelu } from '../../src/engine/ops/elementwise/prelu.ts';
import { matmulOperator } from '../../src/engine/ops/matmul/matmul.ts';
import { expectAgreement, expectClose, oneTileOfEachWalk, run, variantsOf } from './agreement.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** Cases of each kind: by vec4f and by numbers, bias, strides, asymmetric padding, dilation, groups, transposes, outliers. */
const chosen: readonly [string, Operator, readonly number[]][] = [
  ['conv2d', conv2dOperator, [0, 3, 4, 5, 6, 8, 9, 11, 18, 20, 24, 25]],
  ['matmul', matmulOperator, [2, 7, 11]],
];

describe.each(chosen)('%s', (_, operator, indices) => {
  test.each(indices.map((index) => [operator.cases[index]!.label, operator.cases[index]!] as const))(
    'every algorithm gives the same results: %s',
    async (_, sample) => expectAgreement(device, sample, oneTileOfEachWalk(await variantsOf(device, sample))),
    120_000,
  );
});

test('every tile gives the same product, with more than one tile along both sides', async () => {
  const sample = matmulOperator.cases.find(({ inputs }) => inputs[0]!.shape[0] === 140)!;
  const names = await variantsOf(device, sample);
  expect(names.filter((name) => name.startsWith('workgroup')).length).toBeGreaterThan(2);
  await expectAgreement(device, sample, names);
}, 120_000);

test('a long sum gives the same in parts', async () => {
  const sample = matmulOperator.cases.find(({ inputs }) => inputs[0]!.shape[1] === 1030)!;
  const names = await variantsOf(device, sample);
  const parts = names.filter((name) => / in \d+$/.test(name));
  expect(parts.length).toBeGreaterThan(0);
  await expectAgreement(device, sample, [names[0]!, parts[0]!, parts.at(-1)!]);
});

test('3×3 convolutions have Winograd variants', async () => {
  const [conv] = conv2dOperator.cases;
  expect(await variantsOf(device, conv!)).toEqual(expect.arrayContaining(['winograd 2×2', 'winograd 4×4']));
});

test('convolutions with one channel a group have a variant without products, unless they are dilated', async () => {
  const offered = await Promise.all([8, 12].map((index) => variantsOf(device, conv2dOperator.cases[index]!)));
  expect(offered.map((names) => names.includes('depthwise'))).toEqual([true, false]);
});

test('the input gradient of few channels is a product with the taps as columns, folded; of one tap or many channels not', async () => {
  const few = conv2dOperator.cases.find(({ inputs }) => inputs[1]!.shape.join() === '5,5,1,36')!;
  const pointwise = conv2dOperator.cases.find(({ inputs }) => inputs[1]!.shape.join() === '1,1,8,12')!;
  const many = conv2dOperator.cases.find(({ inputs }) => inputs[1]!.shape.join() === '3,3,12,8')!;
  const offered = await Promise.all([few, pointwise, many].map((sample) => variantsOf(device, sample)));
  expect(offered.map((names) => names.includes('fold'))).toEqual([true, false, false]);
});

test('nothing is folded where the shares of the taps would take too much memory', () => {
  const images = (count: number) => conv2dGeometry([count, 128, 128, 1], [5, 5, 1, 96], { padding: 2 });
  expect([8, 300].map((count) => supportsFold(device, images(count)))).toEqual([true, false]);
});

test.each(['winograd 2×2', 'winograd 4×4'])('%s in several passes gives the same', async (name) => {
  const sample = conv2dOperator.cases.find(({ inputs }) => inputs[0]!.shape[0] === 35)!;
  const prefer = (_: string, offered: readonly string[]) => (offered.includes(name) ? name : undefined);
  const whole = await run(device, sample, prefer);
  let passes = 0;
  const cut = await device.settings.limiting({ winogradBytes: 60_000 }, () =>
    run(device, sample, (operation, offered) => {
      if (operation === 'gemm') passes++;
      return prefer(operation, offered);
    }),
  );
  expect(passes).toBe(9); // three products, each in batches of 16, 16 and 3 images
  cut.forEach((result, i) => {
    expectClose(result, whole[i]!, 1e-5, `result ${i}`);
  });
});

/** Results of a fused operator and of the operators it stands for, on the inputs of the fused one's cases. */
describe('conv2dPRelu is its operators one by one, bit for bit', () => {
  test.each(conv2dPReluOperator.cases.map((sample) => [sample.label, sample] as const))(
    '%s',
    async (_, sample) => {
      const { bias, ...options } = sample.attributes as { bias: boolean };
      const apart: typeof sample.apply = ([x, weight, slope, ...rest]) => {
        const y = prelu(conv2d(x!, weight!, bias ? rest[0]! : null, options), slope!);
        const residual = rest[bias ? 1 : 0];
        return residual ? add(residual, y) : y;
      };
      for (const algorithm of oneTileOfEachWalk(await variantsOf(device, sample))) {
        const prefer = (_: string, offered: readonly string[]) =>
          offered.includes(algorithm) ? algorithm : undefined;
        const fused = await run(device, sample, prefer);
        const operators = await run(device, { ...sample, apply: apart }, prefer);
        fused.forEach((result, i) => {
          expect(result, `${algorithm}, result ${i}`).toEqual(operators[i]!);
        });
      }
    },
  );
});
