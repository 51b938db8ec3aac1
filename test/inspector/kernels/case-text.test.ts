import { describe, expect, test } from 'vitest';
import { operators } from '../../../src/engine/ops/index.ts';
import { exampleOf, parseCase } from '../../../src/inspector/kernels/case-text.ts';
import { inspectedOperators } from '../../../src/inspector/kernels/operators.ts';

const operator = (name: string) => operators.find((candidate) => candidate.name === name)!;
const shapes = (name: string, text: string) =>
  parseCase(operator(name), text).inputs.map(({ shape }) => shape.join('x') || 'scalar');

describe('a case as a person writes it', () => {
  test.each([
    ['conv2d', '8x28x24x128 3x3 128', ['8x28x24x128', '3x3x128x128']],
    ['conv2d', '2x9x8x8 5x3 12 groups=4 stride=2', ['2x9x8x8', '5x3x2x12']],
    ['conv2d', '2x9x8x8 3x3x8x4', ['2x9x8x8', '3x3x8x4']],
    ['conv2d', '2×9×8×8 3×3×8×4 4', ['2x9x8x8', '3x3x8x4', '4']],
    ['fusedConv2d', '2x9x8x8 3x3 12', ['2x9x8x8', '3x3x8x12', '12', '12']],
    ['matmul', '512', ['512x512', '512x512']],
    ['matmul', '64x2688x128', ['64x2688', '2688x128']],
    ['matmul', '64x20x8 transposeA=true', ['20x64', '20x8']],
    ['matmul', '64x20 20x8', ['64x20', '20x8']],
    ['prelu', '8x5x6x7', ['8x5x6x7', '7']],
    ['softmaxLoss', '64x512 1000x512', ['64x512', '1000x512', '64']],
  ])('%s %s', (name, text, expected) => {
    expect(shapes(name, text)).toEqual(expected);
  });

  test('the shorthand of a convolution keeps the size, unless padding is given', () => {
    expect(parseCase(operator('conv2d'), '1x8x8x4 3x5 4').attributes).toEqual({ padding: [1, 1, 2, 2] });
    expect(parseCase(operator('conv2d'), '1x8x8x4 3x3 4 dilation=2').attributes).toEqual({
      padding: [2, 2, 2, 2],
      dilation: 2,
    });
    expect(parseCase(operator('conv2d'), '1x8x8x4 3x3 4 padding=0').attributes).toEqual({ padding: 0 });
  });

  test('labels are of as many classes as there are rows of weights', () => {
    const [, , labels] = parseCase(operator('softmaxLoss'), '64x512 1000x512').inputs;
    expect(labels).toMatchObject({ kind: 'labels', classes: 1000 });
  });

  test('attributes keep the type that the operator wants', () => {
    const { attributes } = parseCase(operator('averagePool2d'), '2x9x6x5 kernel=[3,2] ceilMode=true');
    expect(attributes).toMatchObject({ kernel: [3, 2], ceilMode: true });
  });

  test.each([
    ['conv2d', '', /has no extents; write them like "2x7x9x4 3x3x4x8 8"/],
    ['conv2d', '8x28xx4 3x3 4', /word "8x28xx4"/],
    ['conv2d', '8x28x-3x4 3x3 4', /word "8x28x-3x4"/],
    ['conv2d', '8x28 3x3 4', /does not fit conv2d/],
    ['conv2d', '8x28x24x4 3x3 4 strid=2', /no attribute "strid", did you mean "stride"/],
    ['conv2d', '8x28x24x4 3x3 4 stride=yes', /stride=yes is not like stride=/],
    ['prelu', '2x3 3 4', /does not fit prelu/],
  ])('%s refuses "%s"', (name, text, message) => {
    expect(() => parseCase(operator(name), text)).toThrow(message);
  });

  test('the example of every operator is a case of it', () => {
    for (const each of inspectedOperators) {
      const example = exampleOf(each);
      expect(parseCase(each, example.slice(1, -1)).inputs.length, `${each.name} ${example}`).toBeGreaterThan(
        0,
      );
    }
  });
});
