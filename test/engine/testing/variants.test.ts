import { expect, test } from 'vitest';
import type { BoundCase } from '../../../src/engine/core/operator.ts';
import { scale, scaleOperator } from '../../../src/engine/ops/elementwise/scale.ts';
import { compareVariants, variantsOf } from '../../../src/engine/testing/variants.ts';
import { testDevice } from '../open.ts';

const device = await testDevice();

test('a case without a choice has no variants to compare', async () => {
  const [sample] = scaleOperator.cases;
  expect(await variantsOf(device, sample!)).toEqual([]);
  expect(await compareVariants(device, sample!)).toEqual([]);
});

test('a variant that is right has no fault, one that is wrong and one that fails have their sentences', async () => {
  const factors: Readonly<Record<string, number>> = { default: 2, right: 2, wrong: 3, fails: Number.NaN };
  const sample: BoundCase = {
    ...scaleOperator.cases[0]!,
    apply: ([x]) => {
      const variants = Object.keys(factors).map((name) => ({ name }));
      const { name } = device.tuner.choose({
        operation: 'trial',
        shape: {},
        flops: 1,
        sources: [],
        variants,
        defaultVariant: variants[0]!,
        benchmark: () => {},
      });
      if (name === 'fails') throw new Error('it does not compile');
      return scale(x!, factors[name]!);
    },
  };
  const checks = await compareVariants(device, sample);
  expect(checks.map(({ fault }) => fault)).toEqual([
    null,
    null,
    expect.stringMatching(/^output against default variant: error 5\.0e-1 of /),
    'it does not compile',
  ]);
});
