import { describe, expect, test } from 'vitest';
import { operators } from '../../src/engine/ops/index.ts';
import { checkCase, faultsOf, misuseFault } from '../../src/engine/testing/check.ts';
import { isDifferentiable } from '../../src/engine/testing/inputs.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

test('no two operators have one name, and no two cases of an operator one label', () => {
  for (const names of [
    operators.map(({ name }) => name),
    ...operators.map(({ cases }) => cases.map(({ label }) => label)),
  ])
    expect(names).toEqual([...new Set(names)]);
});

test('operators are named as the functions and classes that a person calls', () => {
  for (const { name } of operators) expect(name).toMatch(/^[A-Za-z][A-Za-z\d]*$/);
});

describe.each(operators.map((operator) => [operator.name, operator] as const))('%s', (_, operator) => {
  test.each(operator.cases.map((sample) => [sample.label, sample] as const))('%s', async (_, sample) => {
    const check = await checkCase(device, sample);
    expect(faultsOf(check)).toEqual([]);
    expect(check.omitted).toEqual([]);
    const against = new Set(check.comparisons.map((comparison) => comparison.against));
    expect(against).toEqual(
      new Set([
        'float64 reference',
        ...(sample.inputs.some(isDifferentiable) ? ['finite differences of the reference'] : []),
        ...(sample.stateful ? [] : ['second run']),
        'eager mode',
      ]),
    );
  });

  test.each(operator.misuses.map((misuse) => [misuse.label, misuse] as const))('refuses %s', (_, misuse) => {
    expect(misuseFault(device, misuse)).toBeNull();
  });
});
