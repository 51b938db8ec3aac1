import { checkArgument } from '../../core/errors.ts';
import { normalDistribution } from './normal_distribution.reference.ts';
import { binaryCases, broadcastPairs, type Operation, unaryCases, whereCases } from './operation.ts';
import type {
  ClipOptions,
  GeluOptions,
  LeakyReluOptions,
  NoOptions,
  OperationName,
  OptionsOf,
} from './options.ts';

const checkNumber = (operator: string, name: string, value: number): void =>
  checkArgument(
    Number.isFinite(Math.fround(value)),
    operator,
    () => `${name} must be a finite f32 number, not ${value}`,
  );

/** The row of an operation on two numbers, neither of which has a gradient. */
const comparison = (holds: (a: number, b: number) => boolean): Operation<NoOptions> => ({
  operands: ['a', 'b'],
  gradients: {},
  reference: ([a, b]) => Number(holds(a!, b!)),
  flops: 1,
  // Of numbers on one grid some are equal.
  cases: binaryCases(
    { kind: 'distinct', differentiable: false },
    { kind: 'distinct', differentiable: false },
  ),
});

/** Every element-wise operation. A new one is a row here, its formulas in the two kernels, and a function with its name. */
export const operations: { readonly [N in OperationName]: Operation<OptionsOf<N>> } = {
  add: {
    operands: ['a', 'b'],
    gradients: { a: [], b: [] },
    factors: ({ alpha = 1, beta = 1 }) => ({ a: alpha, b: beta }),
    compile: ({ alpha = 1, beta = 1 }) => ({ constants: { ALPHA: alpha, BETA: beta } }),
    checkOptions: (operator, { alpha = 1, beta = 1 }) => {
      checkNumber(operator, 'alpha', alpha);
      checkNumber(operator, 'beta', beta);
    },
    reference: ([a, b], { alpha = 1, beta = 1 }) => alpha * a! + beta * b!,
    flops: 1,
    cases: [
      ...binaryCases({}, { kind: 'outliers' }, broadcastPairs),
      { inputs: [{ shape: [] }, { shape: [] }], attributes: { alpha: -2, beta: 0.01 } },
      { inputs: [{ shape: [3, 4] }, { shape: [3, 1] }], attributes: { alpha: 0.5, beta: 3 } },
    ],
    misuses: [
      {
        inputs: [{ shape: [2] }, { shape: [2] }],
        attributes: { beta: Number.NaN },
        message: /add: beta must be a finite f32 number, not NaN/,
      },
    ],
  },
  subtract: {
    operands: ['a', 'b'],
    gradients: { a: [], b: [] },
    factors: () => ({ a: 1, b: -1 }),
    reference: ([a, b]) => a! - b!,
    flops: 1,
    cases: binaryCases({}, { kind: 'outliers' }),
  },
  multiply: {
    operands: ['a', 'b'],
    gradients: { a: ['b'], b: ['a'] },
    reference: ([a, b]) => a! * b!,
    flops: 1,
    cases: binaryCases({ kind: 'outliers' }, {}, broadcastPairs),
  },
  divide: {
    operands: ['a', 'b'],
    gradients: { a: ['b'], b: ['a', 'b'] },
    reference: ([a, b]) => a! / b!,
    flops: 1,
    cases: binaryCases({ kind: 'outliers' }, { kind: 'awayFromZero' }),
  },
  maximum: {
    operands: ['a', 'b'],
    gradients: { a: ['a', 'b'], b: ['a', 'b'] },
    reference: ([a, b]) => Math.max(a!, b!),
    flops: 1,
    cases: binaryCases({}, { kind: 'outliers' }),
  },
  minimum: {
    operands: ['a', 'b'],
    gradients: { a: ['a', 'b'], b: ['a', 'b'] },
    reference: ([a, b]) => Math.min(a!, b!),
    flops: 1,
    cases: binaryCases({ kind: 'outliers' }, {}),
  },
  power: {
    operands: ['a', 'b'],
    gradients: { a: ['a', 'b'], b: ['a', 'b', 'y'] },
    reference: ([a, b]) => a! ** b!,
    flops: 40,
    cases: binaryCases({ kind: 'positive', scale: 3 }, {}),
  },
  equal: comparison((a, b) => a === b),
  notEqual: comparison((a, b) => a !== b),
  less: comparison((a, b) => a < b),
  lessEqual: comparison((a, b) => a <= b),
  greater: comparison((a, b) => a > b),
  greaterEqual: comparison((a, b) => a >= b),
  where: {
    operands: ['condition', 'a', 'b'],
    gradients: { a: ['condition'], b: ['condition'] },
    reference: ([condition, a, b]) => (condition === 0 ? b! : a!),
    flops: 1,
    cases: whereCases,
  },
  exp: {
    operands: ['a'],
    gradients: { a: ['y'] },
    reference: ([a]) => Math.exp(a!),
    flops: 1,
    cases: unaryCases({ scale: 3 }, {}),
  },
  log: {
    operands: ['a'],
    gradients: { a: ['a'] },
    reference: ([a]) => Math.log(a!),
    flops: 25,
    cases: unaryCases({ kind: 'positive', scale: 10 }, {}),
  },
  sqrt: {
    operands: ['a'],
    gradients: { a: ['y'] },
    reference: ([a]) => Math.sqrt(a!),
    flops: 1,
    cases: unaryCases({ kind: 'positive', scale: 1e6 }, {}),
  },
  abs: {
    operands: ['a'],
    gradients: { a: ['a'] },
    reference: ([a]) => Math.abs(a!),
    flops: 1,
    cases: unaryCases({ kind: 'awayFromZero' }, {}),
  },
  negate: {
    operands: ['a'],
    gradients: { a: [] },
    factors: () => ({ a: -1 }),
    reference: ([a]) => -a!,
    flops: 1,
    cases: unaryCases({ kind: 'outliers' }, {}),
  },
  square: {
    operands: ['a'],
    gradients: { a: ['a'] },
    reference: ([a]) => a! ** 2,
    flops: 1,
    cases: unaryCases({ kind: 'outliers' }, {}),
  },
  reciprocal: {
    operands: ['a'],
    gradients: { a: ['y'] },
    reference: ([a]) => 1 / a!,
    flops: 1,
    cases: unaryCases({ kind: 'awayFromZero' }, {}),
  },
  clip: {
    operands: ['a'],
    gradients: { a: ['a'] },
    compile: ({ min, max }) => ({
      constants: { ...(min !== undefined && { MIN: min }), ...(max !== undefined && { MAX: max }) },
      conditions: { bounded_below: min !== undefined, bounded_above: max !== undefined },
    }),
    checkOptions: (operator, { min, max }) => {
      if (min !== undefined) checkNumber(operator, 'min', min);
      if (max !== undefined) checkNumber(operator, 'max', max);
      checkArgument(
        min === undefined || max === undefined || min <= max,
        operator,
        () => `min must not be above max, not ${min} and ${max}`,
      );
    },
    reference: ([a], { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }) =>
      Math.min(Math.max(a!, min), max),
    flops: 2,
    cases: unaryCases<ClipOptions>(
      { kind: 'outliers' },
      { min: -0.5, max: 0.75 },
      { min: 0.25 },
      { max: -1 },
      {},
    ),
    misuses: [
      {
        inputs: [{ shape: [2] }],
        attributes: { min: 1, max: 0 },
        message: /clip: min must not be above max, not 1 and 0/,
      },
      {
        inputs: [{ shape: [2] }],
        attributes: { max: Number.NaN },
        message: /clip: max must be a finite f32 number, not NaN/,
      },
    ],
  },
  sigmoid: {
    operands: ['a'],
    gradients: { a: ['a'] },
    reference: ([a]) => 1 / (1 + Math.exp(-a!)),
    flops: 4,
    cases: unaryCases({ scale: 4 }, {}),
  },
  tanh: {
    operands: ['a'],
    gradients: { a: ['a'] },
    reference: ([a]) => Math.tanh(a!),
    flops: 20,
    cases: unaryCases({ scale: 2 }, {}),
  },
  gelu: {
    operands: ['a'],
    gradients: { a: ['a'] },
    compile: ({ approximate }) => ({ conditions: { approximate: approximate === 'tanh' } }),
    checkOptions: (operator, { approximate }) =>
      checkArgument(
        approximate === undefined || approximate === 'tanh',
        operator,
        () => `approximate is 'tanh' or left out, not ${approximate}`,
      ),
    reference: ([a], { approximate }) =>
      approximate
        ? a! / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (a! + 0.044715 * a! ** 3)))
        : a! * normalDistribution(a!),
    flops: 60,
    cases: unaryCases<GeluOptions>({ scale: 2 }, {}, { approximate: 'tanh' }),
    misuses: [
      {
        inputs: [{ shape: [2] }],
        attributes: { approximate: 'erf' as 'tanh' },
        message: /gelu: approximate is 'tanh' or left out, not erf/,
      },
    ],
  },
  leakyRelu: {
    operands: ['a'],
    gradients: { a: ['a'] },
    compile: ({ slope = 0.01 }) => ({ constants: { SLOPE: slope } }),
    checkOptions: (operator, { slope = 0.01 }) => checkNumber(operator, 'slope', slope),
    reference: ([a], { slope = 0.01 }) => (a! > 0 ? a! : slope * a!),
    flops: 1,
    cases: unaryCases<LeakyReluOptions>({ kind: 'awayFromZero' }, {}, { slope: 0.2 }, { slope: -1 }),
    misuses: [
      {
        inputs: [{ shape: [2] }],
        attributes: { slope: 1e39 },
        message: /leakyRelu: slope must be a finite f32 number, not 1e\+39/,
      },
    ],
  },
  softplus: {
    operands: ['a'],
    gradients: { a: ['a'] },
    reference: ([a]) => Math.max(a!, 0) + Math.log1p(Math.exp(-Math.abs(a!))),
    flops: 8,
    cases: unaryCases({ scale: 4 }, {}),
  },
};
