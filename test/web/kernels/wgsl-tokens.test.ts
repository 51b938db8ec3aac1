import { StringStream } from '@codemirror/language';
import { describe, expect, test } from 'vitest';
import {
  indentationOf,
  nextToken,
  startState,
  type WgslState,
} from '../../../src/web/kernels/wgsl-tokens.ts';

/** Words of a text that have a kind, as `kind:word`; adjacent blanks and commas have none. */
function tokensOf(text: string, state: WgslState = startState()): string[] {
  return text.split('\n').flatMap((line) => {
    const stream = new StringStream(line, 2, 2);
    const tokens: string[] = [];
    while (!stream.eol()) {
      stream.start = stream.pos;
      const kind = nextToken(stream, state);
      expect(stream.pos, `no progress at ${stream.pos} of ${line}`).toBeGreaterThan(stream.start);
      if (kind) tokens.push(`${kind}:${stream.current()}`);
    }
    return tokens;
  });
}

describe('words of WGSL', () => {
  test('an entry point', () => {
    expect(tokensOf('@compute @workgroup_size(8, 4)')).toEqual([
      'attribute:@compute',
      'attribute:@workgroup_size',
      'bracket:(',
      'number:8',
      'number:4',
      'bracket:)',
    ]);
    expect(tokensOf('fn main(@builtin(workgroup_id) group: vec3u) -> Tile {')).toEqual([
      'keyword:fn',
      'function:main',
      'bracket:(',
      'attribute:@builtin',
      'bracket:(',
      'name:workgroup_id',
      'bracket:)',
      'name:group',
      'type:vec3u',
      'bracket:)',
      'operator:-',
      'operator:>',
      'type:Tile',
      'bracket:{',
    ]);
  });

  test('address spaces are keywords, only inside the brackets of var', () => {
    expect(tokensOf('var<storage, read_write> y: array<vec4f, N>;')).toEqual([
      'keyword:var',
      'operator:<',
      'keyword:storage',
      'keyword:read_write',
      'operator:>',
      'name:y',
      'type:array',
      'operator:<',
      'type:vec4f',
      'name:N',
      'operator:>',
    ]);
    expect(tokensOf('if (a < storage) {}')).toContain('name:storage');
  });

  test('calls, constants and members', () => {
    expect(tokensOf('let v = fma(x.y, COUNT, subgroupAdd (z))')).toEqual([
      'keyword:let',
      'name:v',
      'operator:=',
      'function:fma',
      'bracket:(',
      'name:x',
      'name:y',
      'name:COUNT',
      'function:subgroupAdd',
      'bracket:(',
      'name:z',
      'bracket:)',
      'bracket:)',
    ]);
  });

  test.each(['0', '1u', '42i', '1.5', '1.', '.5f', '1e10', '1.5e-3f', '0x1F', '0x1Fu', '0x1.8p3', '1h'])(
    'the number %s is one word',
    (number) => {
      expect(tokensOf(number)).toEqual([`number:${number}`]);
    },
  );

  test('names of types that are declared', () => {
    expect(tokensOf('struct pair { a: f16 }')).toContain('type:pair');
    expect(tokensOf('alias quad = vec4<f32>;')).toEqual([
      'keyword:alias',
      'type:quad',
      'operator:=',
      'type:vec4',
      'operator:<',
      'type:f32',
      'operator:>',
    ]);
  });

  test('imports and conditions of kernel files', () => {
    expect(tokensOf('import constants::{COUNT};')[0]).toBe('keyword:import');
    expect(tokensOf('@if(vec4) alias Value = vec4f;')).toContain('attribute:@if');
  });

  test('comments: to the end of the line, and nested blocks across lines', () => {
    expect(tokensOf('a // b c')).toEqual(['name:a', 'comment:// b c']);
    expect(tokensOf('a /* one /* two */ still\nmore */ b')).toEqual([
      'name:a',
      'comment:/* one /* two */ still',
      'comment:more */',
      'name:b',
    ]);
  });
});

test('lines are indented by what is open before them', () => {
  const state = startState();
  tokensOf('fn main() {\n  for (var i = 0u; i < N; i++) {', state);
  expect(indentationOf(state, 'x = 1;')).toBe(2);
  expect(indentationOf(state, '  }')).toBe(1);
  tokensOf('}\n}\n}', state);
  expect(indentationOf(state, 'fn')).toBe(0);
});
