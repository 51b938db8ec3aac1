import { describe, expect, test } from 'vitest';
import type { Operator } from '../../src/engine/core/operator.ts';
import { conv2d, conv2dOperator } from '../../src/engine/ops/conv2d/conv2d.ts';
import { supportsCol2im } from '../../src/engine/ops/conv2d/conv2d_col2im.ts';
import { conv2dGeometry } from '../../src/engine/ops/conv2d/conv2d_geometry.ts';
import { fusedConv2dOperator } from '../../src/engine/ops/conv2d/fused_conv2d.ts';
import { add } from '../../src/engine/ops/elementwise/add.ts';
import { prelu } from '../../src/engine/ops/elementwise/prelu.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { gemm } from '../../src/engine/ops/matmul/gemm.ts';
import { matmulOperator } from '../../src/engine/ops/matmul/matmul.ts';
import { inputsOf } from '../../src/engine/testing/inputs.ts';
import { runEagerly } from '../../src/engine/testing/recording.ts';
import { expectAgreement, expectClose, oneTileOfEachMainloop, run, variantsOf } from './agreement.ts';
import { caseOf } from './case-of.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

/** Cases of each kind: by vec4f and by numbers, bias, strides, asymmetric padding, dilation, groups, transposes, outliers. */
const chosen: readonly [Operator, readonly string[]][] = [
  [
    conv2dOperator,
    [
      '2×7×9×4, 3×3×4×8, 8 {"padding":1}',
      '2×9×8×7, 5×2×7×3, 3 {"stride":[2,3],"padding":[2,1,0,1]}',
      '2×10×11×4, 3×3×4×4 {"stride":2,"padding":1,"dilation":2}',
      '1×9×9×4, 3×2×4×5 {"stride":[3,2],"dilation":[2,3],"padding":3}',
      '2×5×6×12, 3×3×4×24, 24 {"padding":1,"groups":3}',
      '2×9×8×8, 3×3×1×8, 8 {"stride":2,"padding":1,"groups":8}',
      '3×7×6×12, 7×6×1×12 {"groups":12}',
      '2×10×9×5, 4×5×1×5 {"stride":[3,2],"padding":2,"groups":5}',
      '3×10×7×8, 3×3×8×12 {"padding":[0,2,1,0]}',
      '2×11×9×16!, 3×3×16×20! {"padding":2}',
      '2×12×13×1, 5×5×1×36 {"padding":2}',
      '2×9×11×3!, 3×4×3×10! {"stride":[1,2],"padding":[0,2,3,1]}',
    ],
  ],
  [
    matmulOperator,
    ['33×31, 31×68', '64×100, 64×96 {"transposeA":true}', '64×96, 100×96 {"transposeB":true}'],
  ],
];

describe.each(chosen.map(([operator, labels]) => [operator.name, operator, labels] as const))(
  '%s',
  (_, operator, labels) => {
    test.each(labels)(
      'every algorithm gives the same results: %s',
      async (label) => {
        const sample = caseOf(operator, label);
        await expectAgreement(device, sample, oneTileOfEachMainloop(await variantsOf(device, sample)));
      },
      120_000,
    );
  },
);

test('a case is found by its label, and what is not there is an error that lists what is', () => {
  expect(caseOf(matmulOperator, '5×3, 3×7').inputs[1]!.shape).toEqual([3, 7]);
  expect(() => caseOf(matmulOperator, '5×4, 3×7')).toThrow(
    /matmul has no case "5×4, 3×7".*\n {2}5×3, 3×7\n/s,
  );
});

test('every tile through workgroup memory gives the same product, with more than one tile along both sides', async () => {
  const sample = caseOf(matmulOperator, '140×48, 48×132');
  const names = await variantsOf(device, sample);
  // Pipelined tiles of 64×64 have cases of their own, below.
  const tried = names.filter((name) => /^(workgroup|pipelined)/.test(name) && name !== 'pipelined 64×64');
  const tiles = ['pipelined 64×128', 'pipelined 128×64', 'pipelined 128×128', 'workgroup 128×128'];
  expect(tried).toEqual(expect.arrayContaining(tiles));
  await expectAgreement(device, sample, [names[0]!, ...tried]);
});

/** Channels by vec4f and one by one, strides, dilation, padding, groups. */
test.each([
  '2×9×8×7, 5×2×7×3, 3 {"stride":[2,3],"padding":[2,1,0,1]}',
  '2×10×11×4, 3×3×4×4 {"stride":2,"padding":1,"dilation":2}',
  '2×5×6×12, 3×3×4×24, 24 {"padding":1,"groups":3}',
])('taps and channels as one k, as GPUs have it for few channels, give the same: %s', async (label) => {
  const sample = caseOf(conv2dOperator, label);
  const direct = (_: string, names: readonly string[]) => names.find((name) => name.startsWith('subgroup'));
  const { output, findings } = await runEagerly(device, sample, { constants: { TAPS_IN_K: 1 } }, direct);
  expect(findings).toEqual([]);
  const expected = sample.reference(inputsOf(sample)).data;
  expectClose(output as Float32Array, expected, sample.tolerance.forward, label);
});

/** A last K step that is not full; taps that a phase of the input never meets, and numbers read one by one; groups; outliers and a bias. */
const pipelined = [
  [matmulOperator, '33×31, 31×68'],
  [conv2dOperator, '2×9×8×7, 5×2×7×3, 3 {"stride":[2,3],"padding":[2,1,0,1]}'],
  [conv2dOperator, '2×5×6×12, 3×3×4×24, 24 {"padding":1,"groups":3}'],
  [matmulOperator, '9×20!, 20×13, 13'],
] as const;

test.each(pipelined.map(([operator, label]) => [operator.name, label, operator as Operator] as const))(
  'the pipelined mainloop gives the same: %s %s',
  async (_, label, operator) => {
    const sample = caseOf(operator, label);
    const names = await variantsOf(device, sample);
    await expectAgreement(device, sample, [names[0]!, 'pipelined 64×64']);
  },
);

test.each([
  ['a product is', 1, false],
  ['a product in parts is', 1, true],
  ['products side by side, in parts and with a bias, are', 3, true],
] as const)('%s added to what is there', async (how, products, inParts) => {
  const [m, k, n] = [7, 1030, 12];
  const a = Float32Array.from({ length: products * m * k }, (_, i) => Math.sin(i));
  const b = Float32Array.from({ length: products * k * n }, (_, i) => Math.cos(3 * i));
  const bias = Float32Array.from({ length: n }, (_, i) => (products > 1 ? 5 - i : 0));
  const before = Float32Array.from({ length: products * m * n }, (_, i) => i - 40);
  const out = device.tensor(before, [products, m, n]);
  const chosen: string[] = [];
  const prefer = (_: string, names: readonly string[]): string => {
    const name = names.find((offered) => / in \d+$/.test(offered) === inParts)!;
    chosen.push(name);
    return name;
  };
  device.tuner.preferring(prefer, () =>
    gemm(device.tensor(a, [products, m, k]), device.tensor(b, [products, k, n]), {
      bias: products > 1 ? device.tensor(bias, [n]) : null,
      accumulate: true,
      out,
    }),
  );
  expect(chosen).toEqual([expect.stringMatching(inParts ? / in \d+$/ : /\d$/)]);
  const expected = before.map((value, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    const firstOfB = Math.floor(row / m) * k * n;
    let sum = value + bias[column]!;
    for (let j = 0; j < k; j++) sum += a[row * k + j]! * b[firstOfB + j * n + column]!;
    return sum;
  });
  expectClose(await out.readFloats(), expected, 1e-5, how);
});

test('a long sum gives the same in parts', async () => {
  const sample = caseOf(matmulOperator, '7×1030, 1030×12, 12');
  const names = await variantsOf(device, sample);
  const parts = names.filter((name) => / in \d+$/.test(name));
  expect(parts.length).toBeGreaterThan(0);
  await expectAgreement(device, sample, [names[0]!, parts[0]!, parts.at(-1)!]);
});

test('3×3 convolutions have Winograd variants', async () => {
  const conv = caseOf(conv2dOperator, '2×7×9×4, 3×3×4×8, 8 {"padding":1}');
  expect(await variantsOf(device, conv)).toEqual(expect.arrayContaining(['winograd 2×2', 'winograd 4×4']));
});

test('convolutions with one channel per group have a variant without products, unless they are dilated', async () => {
  const offered = [];
  for (const label of [
    '2×9×8×8, 3×3×1×8, 8 {"stride":2,"padding":1,"groups":8}',
    '1×7×8×4, 3×3×1×4 {"stride":1,"padding":2,"dilation":2,"groups":4}',
  ])
    offered.push(await variantsOf(device, caseOf(conv2dOperator, label)));
  expect(offered.map((names) => names.includes('depthwise'))).toEqual([true, false]);
});

test('the input gradient of few channels is a product with the taps as columns, then col2im; of one tap or many channels not', async () => {
  const offered = [];
  for (const label of [
    '2×12×13×1, 5×5×1×36 {"padding":2}',
    '2×5×4×8, 1×1×8×12',
    '2×10×11×12, 3×3×12×8 {"stride":2,"padding":1,"dilation":2}',
  ])
    offered.push(await variantsOf(device, caseOf(conv2dOperator, label)));
  expect(offered.map((names) => names.includes('col2im'))).toEqual([true, false, false]);
});

test('there is no col2im where the shares of the taps would take too much memory', () => {
  const images = (count: number) => conv2dGeometry([count, 128, 128, 1], [5, 5, 1, 96], { padding: 2 });
  expect([8, 300].map((count) => supportsCol2im(device, images(count)))).toEqual([true, false]);
});

test.each(['winograd 2×2', 'winograd 4×4'])('%s in several passes gives the same', async (name) => {
  const sample = caseOf(conv2dOperator, '35×5×3×4, 3×3×4×4 {"padding":1}');
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
describe('fusedConv2d is its operators one by one, bit for bit', () => {
  const withEverything = fusedConv2dOperator.cases.filter((sample) => {
    const { bias, activation } = sample.attributes as { bias?: boolean; activation?: string };
    return bias && activation;
  });
  const thorough = new Set(
    [0, 1].map((odd) =>
      withEverything.find(({ inputs }) => inputs[1]!.shape.at(-1)! % 4 > 0 === (odd === 1)),
    ),
  );
  expect(thorough.size).toBe(2);

  test.each(fusedConv2dOperator.cases.map((sample) => [sample.label, sample] as const))(
    '%s',
    async (_, sample) => {
      const { bias, activation, ...options } = sample.attributes as { bias?: boolean; activation?: string };
      const apart: typeof sample.apply = ([x, weight, ...rest]) => {
        const z = conv2d(x!, weight!, bias ? rest.shift()! : null, options);
        const y = activation === 'prelu' ? prelu(z, rest.shift()!) : activation === 'relu' ? relu(z) : z;
        const [residual] = rest;
        return residual ? add(residual, y) : y;
      };
      const algorithms = oneTileOfEachMainloop(await variantsOf(device, sample));
      // Mainloops store through the same functions: all of them for two cases, by vectors and by numbers, and for the others the first.
      const isMainloop = (name: string): boolean => /^(workgroup|matrix)\b/.test(name);
      for (const algorithm of algorithms.filter((name) => thorough.has(sample) || !isMainloop(name))) {
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
