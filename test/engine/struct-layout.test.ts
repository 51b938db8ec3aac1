import { describe, expect, test } from 'vitest';
import { statisticNames } from '../../src/engine/ops/heads/statistics.ts';
import { structLayout } from '../../src/engine/runtime/struct-layout.ts';

describe('structLayout', () => {
  test('numbers lie one after the other', () => {
    const source = `
      // struct Wrong { a: vec4f }
      struct Other { a: vec4f }
      struct State {
        // a comment: f32, with a comma
        distance: f32,
        nearest: u32,
        sign: i32
      }`;
    expect(structLayout(source, 'State')).toEqual({
      words: 3,
      dtype: 'u32',
      members: ['distance', 'nearest', 'sign'],
    });
  });

  // From the table of alignments and sizes of WGSL.
  test.each([
    ['a: f32, b: vec2f', 4],
    ['a: vec3f, b: f32', 4],
    ['a: f32, b: vec3f', 8],
    ['a: vec4f, b: f32', 8],
    ['a: vec2f, b: f32', 4],
  ])('%s takes %d words', (members, words) => {
    expect(structLayout(`struct S { ${members} }`, 'S')).toMatchObject({ words, dtype: 'f32' });
  });

  test('a member behind a condition takes place where that holds', () => {
    const source = 'struct S { a: f32, @if(more) b: vec2f, @if(less) c: u32 }';
    const layout = (more: boolean, less: boolean) => structLayout(source, 'S', { more, less });
    expect(layout(false, false)).toEqual({ words: 1, dtype: 'f32', members: ['a'] });
    expect(layout(true, false)).toEqual({ words: 4, dtype: 'f32', members: ['a', 'b'] });
    expect(layout(false, true)).toEqual({ words: 2, dtype: 'u32', members: ['a', 'c'] });
    expect(() => structLayout(source, 'S', { more: true })).toThrow(/@if\(less\) c: u32/);
  });

  test('a struct that is missing or holds something else is refused', () => {
    expect(() => structLayout('struct Sta { a: f32 }', 'State')).toThrow(/no struct State/);
    expect(() => structLayout('struct S { a: array<f32, 4> }', 'S')).toThrow(
      /layout of "a: array<f32" in the struct S/,
    );
    expect(() => structLayout('struct S { @size(16) a: f32 }', 'S')).toThrow(/@size\(16\) a: f32/);
    expect(() => structLayout('struct S { @if(x) a: f32 }', 'S')).toThrow(/@if\(x\) a: f32/);
  });
});

test('the statistics of a loss are those of its struct, in its order', () => {
  const names = statisticNames('struct Statistics { scale: f32, positive_cosine: f32 }');
  expect(names).toEqual(['scale', 'positiveCosine']);
  expect(() => statisticNames('struct Statistics { hue: f32 }')).toThrow('no statistic hue');
});
