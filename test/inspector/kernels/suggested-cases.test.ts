import { describe, expect, test } from 'vitest';
import { parseCase } from '../../../src/inspector/kernels/case-text.ts';
import { inspectedOperators } from '../../../src/inspector/kernels/operators.ts';
import { casesToTry, caseTextOf } from '../../../src/inspector/kernels/suggested-cases.ts';

const named = (name: string) => inspectedOperators.find((operator) => operator.name === name)!;

test.each(inspectedOperators.map((operator) => ({ name: operator.name, operator })))(
  'cases to try of $name can be read',
  ({ operator }) => {
    const texts = casesToTry(operator);
    expect(new Set(texts).size).toBe(texts.length);
    for (const text of texts) expect(() => parseCase(operator, text)).not.toThrow();
  },
);

test('suggested cases of the products are those of nets, before the small ones of the tests', () => {
  const [first] = casesToTry(named('matmul'));
  expect(parseCase(named('matmul'), first!).inputs.map(({ shape }) => shape)).toEqual([
    [128, 128],
    [128, 128],
  ]);
  expect(casesToTry(named('conv2d')).length).toBeGreaterThan(5);
});

describe('a case in words', () => {
  test('means the same case again', () => {
    const operator = named('prelu');
    const sample = parseCase(operator, '2x3x5x8 8');
    expect(caseTextOf(operator, sample)).toBe('2x3x5x8 8');
  });

  test('is none where inputs are of an unusual kind', () => {
    const operator = named('l2Normalise');
    const outliers = operator.cases.find(({ inputs }) => inputs[0]!.kind === 'outliers')!;
    expect(caseTextOf(operator, outliers)).toBeNull();
  });

  test('is none for scalars, which have no extents', () => {
    const operator = named('add');
    const scalar = operator.cases.find(({ inputs }) => inputs[0]!.shape.length === 0)!;
    expect(caseTextOf(operator, scalar)).toBeNull();
  });
});
