/** What only JavaScript lets through: every operator says in a sentence that an operand is no tensor. */

import { describe, expect, test } from 'vitest';
import { ArgumentError } from '../../src/engine/core/errors.ts';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import * as engine from '../../src/engine/index.ts';
import { operators } from '../../src/engine/ops/index.ts';
import { sampleInput, sampleTensor } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const others = [undefined, 1, [1, 2, 3]] as unknown as Tensor[];

/** Operators of the graph whose declarations call nothing but the operator. */
const direct = operators.filter(
  ({ name, cases }) =>
    !cases[0]!.stateful &&
    name in engine &&
    !['RowSubset', 'dropout', 'augmentImages', 'imageBatch', 'WeightAverage'].includes(name),
);

describe.each(direct.map((operator) => [operator.name, operator] as const))('%s', (name, { cases }) => {
  const sample = cases[0]!;
  const tensors = sample.inputs.map((spec, i) => sampleTensor(device, spec, sampleInput(spec, i)));
  test.each(tensors.map((_, input) => input))('input %i', (input) => {
    for (const other of others) {
      // A later operand that is not there may be one that need not be.
      if (other === undefined && input > 0) continue;
      let error: unknown;
      try {
        sample.apply(tensors.map((tensor, i) => (i === input ? other : tensor)));
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(ArgumentError);
      expect((error as Error).message).toBe(`${name}: the operands are tensors, not ${other}`);
    }
  });
});

test('nearly every operator that is exported is among them', () => {
  expect(direct.length).toBeGreaterThan(55);
});

test('random operators', () => {
  for (const other of others) {
    expect(() => engine.dropout(other, 0.5)).toThrow(`dropout: the operands are tensors, not ${other}`);
    expect(() => engine.augmentImages(other, {})).toThrow(
      `augmentImages: the operands are tensors, not ${other}`,
    );
    expect(() => engine.imageBatch(other)).toThrow(`imageBatch: the operands are tensors, not ${other}`);
  }
});

test('lists that are none', () => {
  const x = device.zeros([2, 3]);
  const one = 1 as unknown as number[];
  expect(() => engine.permute(x, one)).toThrow(/^permute: order must be a list of numbers, not 1$/);
  expect(() => engine.transpose(x, { axes: one })).toThrow(
    /^transpose: axes must be a list of numbers, not 1$/,
  );
  expect(() => engine.slice(x, { start: one })).toThrow(/^slice: start must be a list of numbers, not 1$/);
  expect(() => engine.pad(x, { before: one })).toThrow(/^pad: before must be a list of numbers, not 1$/);
  expect(() => engine.sum(x, { axes: one })).toThrow(/^sum: axes must be a list of numbers, not 1$/);
});
