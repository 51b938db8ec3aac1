import { describe, expect, test } from 'vitest';
import type { Operator } from '../../src/engine/operator.ts';
import { add } from '../../src/engine/ops/add.ts';
import { conv2d, conv2dOperator } from '../../src/engine/ops/conv2d.ts';
import { conv2dPReluOperator } from '../../src/engine/ops/conv2d_prelu.ts';
import { withWinogradLimit } from '../../src/engine/ops/conv2d_winograd.ts';
import { matmulOperator } from '../../src/engine/ops/matmul.ts';
import { multiply } from '../../src/engine/ops/multiply.ts';
import { prelu } from '../../src/engine/ops/prelu.ts';
import { sum } from '../../src/engine/ops/sum.ts';
import { uniform01 } from '../../src/engine/random.ts';
import { sampleInput, sampleTensor } from '../../src/engine/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

type Case = Operator['cases'][number];

/** Output and gradients of a case, all choices made by `prefer`. */
async function run(
  sample: Case,
  prefer: (operation: string, names: readonly string[]) => string | undefined,
) {
  return device.scope(async () => {
    const tensors = sample.inputs.map((spec, i) => sampleTensor(device, spec, sampleInput(spec, 40 + i)));
    const output = device.tuner.preferring(prefer, () => {
      const result = sample.apply(tensors);
      const weights = Float32Array.from({ length: result.size }, (_, i) => uniform01(7, 0, i) - 0.3);
      sum(multiply(result, device.tensor(weights, result.shape))).backward();
      return result;
    });
    const results = [await output.readFloats()];
    for (const tensor of tensors) results.push(await tensor.gradient!.readFloats());
    return results;
  });
}

/** The names that a case's choices offer, of forward and backward. */
async function variantsOf(sample: Case): Promise<string[]> {
  const names = new Set<string>();
  await run(sample, (_, offered) => {
    for (const name of offered) names.add(name);
    return undefined;
  });
  return [...names];
}

const expectClose = (
  actual: Float32Array,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void => {
  let largest = 1e-30;
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    error = Math.max(error, Math.abs(actual[i]! - expected[i]!));
  }
  expect(error / largest, what).toBeLessThan(tolerance);
};

/** One tile of every walk, and every other kind of variant: which tile it is matters to the walk alone, not to its operands. */
function oneTileOfEachWalk(names: readonly string[]): string[] {
  const walkOf = (name: string): string | undefined => /^(\w+) \d+×\d+$/.exec(name)?.[1];
  const isFirst = (name: string): boolean => names.find((other) => walkOf(other) === walkOf(name)) === name;
  return names.filter((name) => !name.includes(' in ') && (name.startsWith('winograd') || isFirst(name)));
}

async function expectAgreement(sample: Case, names: readonly string[]): Promise<void> {
  expect(names.length).toBeGreaterThan(1);
  const reference = sample.reference(sample.inputs.map((spec, i) => sampleInput(spec, 40 + i))).data;
  let first: Float32Array[] | null = null;
  for (const name of names) {
    const results = await run(sample, (_, offered) => (offered.includes(name) ? name : undefined));
    // Against the definition, and the gradients (which the operator tests compare with it) against each other.
    expectClose(results[0]!, reference, sample.tolerance.forward, name);
    first ??= results;
    for (const [i, gradient] of results.entries()) {
      if (i > 0) expectClose(gradient, first[i]!, sample.tolerance.backward, `${name}, input ${i - 1}`);
    }
  }
}

/** Cases of each kind: by vec4f and by numbers, bias, strides, asymmetric padding, dilation, groups, transposes, outliers. */
const chosen: readonly [string, Operator, readonly number[]][] = [
  ['conv2d', conv2dOperator, [0, 3, 4, 6, 12, 14]],
  ['matmul', matmulOperator, [2, 7, 11]],
];

describe.each(chosen)('%s', (_, operator, indices) => {
  test.each(indices.map((index) => [operator.cases[index]!.label, operator.cases[index]!] as const))(
    'every algorithm gives the same results: %s',
    async (_, sample) => expectAgreement(sample, oneTileOfEachWalk(await variantsOf(sample))),
    120_000,
  );
});

test('every tile gives the same product, with more than one tile along both sides', async () => {
  const sample = matmulOperator.cases.find(({ inputs }) => inputs[0]!.shape[0] === 140)!;
  const names = await variantsOf(sample);
  expect(names.filter((name) => name.startsWith('workgroup')).length).toBeGreaterThan(2);
  await expectAgreement(sample, names);
}, 120_000);

test('a long sum gives the same in parts', async () => {
  const sample = matmulOperator.cases.find(({ inputs }) => inputs[0]!.shape[1] === 1030)!;
  const names = await variantsOf(sample);
  const parts = names.filter((name) => / in \d+$/.test(name));
  expect(parts.length).toBeGreaterThan(0);
  await expectAgreement(sample, [names[0]!, parts[0]!, parts.at(-1)!]);
});

test('3×3 convolutions have Winograd variants', async () => {
  const [conv] = conv2dOperator.cases;
  expect(await variantsOf(conv!)).toEqual(expect.arrayContaining(['winograd 2×2', 'winograd 4×4']));
});

test.each(['winograd 2×2', 'winograd 4×4'])('%s in several passes gives the same', async (name) => {
  const sample = conv2dOperator.cases.find(({ inputs }) => inputs[0]!.shape[0] === 35)!;
  const prefer = (_: string, offered: readonly string[]) => (offered.includes(name) ? name : undefined);
  const whole = await run(sample, prefer);
  let passes = 0;
  const cut = await withWinogradLimit(60_000, () =>
    run(sample, (operation, offered) => {
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
      for (const algorithm of oneTileOfEachWalk(await variantsOf(sample))) {
        const prefer = (_: string, offered: readonly string[]) =>
          offered.includes(algorithm) ? algorithm : undefined;
        const fused = await run(sample, prefer);
        const operators = await run({ ...sample, apply: apart }, prefer);
        fused.forEach((result, i) => {
          expect(result, `${algorithm}, result ${i}`).toEqual(operators[i]!);
        });
      }
    },
  );
});
