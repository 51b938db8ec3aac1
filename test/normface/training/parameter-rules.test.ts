import { describe, expect, test } from 'vitest';
import type { ParameterDeclaration } from '../../../src/engine/core/parameters.ts';
import { applyRules, idleRules } from '../../../src/normface/training/parameter-rules.ts';

const parameter = (name: string, more: Partial<ParameterDeclaration> = {}): ParameterDeclaration => ({
  name,
  shape: [2, 3],
  init: new Float32Array(6),
  ...more,
});

const net = [
  parameter('conv1.weight'),
  parameter('conv1.bias', { learningRateMultiplier: 2, decayMultiplier: 0 }),
  parameter('norm1.gamma', { decayMultiplier: 0 }),
  parameter('norm1.runningMean', { frozen: true }),
  parameter('conv10.weight'),
];
const heads = [
  parameter('loss.weight', { frozen: true, shape: [7, 3] }),
  parameter('loss.weight.chosen', { transient: true, learningRateMultiplier: 3 }),
  parameter('auxiliary.center', { frozen: true }),
];

const ruled = (config: Parameters<typeof applyRules>[2]) => applyRules(net, heads, config);
const frozenNames = (freeze: string[]) => {
  const { declarations, still } = ruled({ freeze });
  const untouched = new Set([...net, ...heads].filter(({ frozen }) => frozen).map(({ name }) => name));
  return [
    declarations.filter(({ name, frozen }) => frozen && !untouched.has(name)).map(({ name }) => name),
    [...still],
  ];
};

test('without rules declarations are as they were', () => {
  expect(ruled({})).toEqual({ declarations: [...net, ...heads], still: new Set(), freeze: [], rules: [] });
});

describe('freeze', () => {
  test.each([
    ['conv1.weight', ['conv1.weight']],
    ['conv1.*', ['conv1.weight', 'conv1.bias']],
    ['conv1*', ['conv1.weight', 'conv1.bias', 'conv10.weight']],
    ['*weight', ['conv1.weight', 'conv10.weight', 'loss.weight']],
    ['c*1*.w*t', ['conv1.weight', 'conv10.weight']],
    ['*.gamma', ['norm1.gamma']],
  ])('"%s" means %s', (pattern, names) => {
    expect(ruled({ freeze: [pattern] }).freeze).toMatchObject([{ pattern, names }]);
  });

  test('a pattern never uses a letter twice', () => {
    expect(() => ruled({ freeze: ['conv1*1.weight'] })).toThrow(/matches no parameter/);
    expect(ruled({ freeze: ['conv1*0.weight'] }).freeze[0]!.names).toEqual(['conv10.weight']);
  });

  test('running statistics are among what a pattern can mean, constants of a loss are not', () => {
    expect(frozenNames(['norm1.*'])).toEqual([['norm1.gamma'], ['norm1.gamma', 'norm1.runningMean']]);
    expect(() => ruled({ freeze: ['auxiliary.*'] })).toThrow(
      'freeze: "auxiliary.*" matches only what no gradient moves (auxiliary.center)',
    );
  });

  test('a class matrix of which some rows are trained in a step is one parameter', () => {
    expect(frozenNames(['loss.weight'])).toEqual([['loss.weight.chosen'], ['loss.weight']]);
    expect(ruled({ freeze: ['loss.weight'] }).freeze[0]!.count).toBe(21);
    expect(() => ruled({ freeze: ['loss.weight.chosen'] })).toThrow(
      /matches no parameter; near it are loss.weight, /,
    );
  });

  test('what matches nothing is told with names that are near', () => {
    expect(() => ruled({ freeze: ['conv1.*', 'cnov10.*'] })).toThrow(
      /^freeze: "cnov10\.\*" matches no parameter; near it are conv10\.weight, .* \(\* stands for any letters\)$/,
    );
  });

  test('something must be left to train', () => {
    expect(() => ruled({ freeze: ['*'] })).toThrow('freeze ["*"] leaves nothing to train');
    expect(() => ruled({ freeze: ['conv*', 'norm*'] })).not.toThrow();
  });
});

describe('parameters', () => {
  const multipliers = (config: Parameters<typeof applyRules>[2]) =>
    Object.fromEntries(
      ruled(config).declarations.map(({ name, learningRateMultiplier = 1, decayMultiplier = 1 }) => [
        name,
        [learningRateMultiplier, decayMultiplier],
      ]),
    );

  test('factors are beside those of net and loss, and the last rule that matches counts', () => {
    expect(
      multipliers({
        parameters: [
          { match: 'conv1*', learningRateMultiplier: 0.1, decayMultiplier: 0.5 },
          { match: '*.bias', learningRateMultiplier: 0.25 },
          { match: 'loss.*', learningRateMultiplier: 2 },
        ],
      }),
    ).toEqual({
      'conv1.weight': [0.1, 0.5],
      'conv1.bias': [0.5, 0],
      'norm1.gamma': [1, 0],
      'norm1.runningMean': [1, 1],
      'conv10.weight': [0.1, 0.5],
      'loss.weight': [1, 1],
      'loss.weight.chosen': [6, 1],
      'auxiliary.center': [1, 1],
    });
  });

  test('frozen ones stay frozen', () => {
    const { declarations } = ruled({ freeze: ['conv1.bias'], parameters: [{ match: 'conv1.*' }] });
    expect(declarations[1]).toMatchObject({ frozen: true, learningRateMultiplier: 2 });
  });

  test('a rule of which all is frozen is told', () => {
    const parameters = ['conv1.*', 'conv*', 'loss.weight'].map((match) => ({ match, decayMultiplier: 2 }));
    expect(idleRules(ruled({ freeze: ['conv1.*', 'loss.*'], parameters }))).toEqual([
      'parameters: "conv1.*" has no effect, since freeze keeps all that it matches as it is (conv1.weight, conv1.bias)',
      'parameters: "loss.weight" has no effect, since freeze keeps all that it matches as it is (loss.weight)',
    ]);
    expect(idleRules(ruled({ parameters }))).toEqual([]);
  });

  test('what no gradient moves has no rate', () => {
    expect(() => ruled({ parameters: [{ match: 'norm1.running*' }] })).toThrow(
      'parameters: "norm1.running*" matches only what no gradient moves (norm1.runningMean)',
    );
  });
});
