/** What WGSL leaves open: kernels must not depend on it, whatever the driver here makes of it. */

import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = 'src/shaders';
/** Every kernel file without its comments. */
const kernels = fs
  .readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.wesl'))
  .map((name) => [name, fs.readFileSync(path.join(root, name), 'utf8').replaceAll(/\/\/.*$/gm, '')] as const);

/** `file: text` for every match in every kernel. */
function findAll(pattern: (text: string) => Iterable<string>): string[] {
  return kernels.flatMap(([name, text]) => [...pattern(text)].map((found) => `${name}: ${found}`));
}

/** Names of the bindings that are loaded as f32. */
function floatBindings(text: string, names = '\\w+'): string[] {
  const pattern = new RegExp(`var<storage, read(?:_write)?> (${names}): array<(?:f32|Value|vec4f)>`, 'g');
  return [...text.matchAll(pattern)].map(([, name]) => name!);
}

// https://www.w3.org/TR/WGSL/#concrete-float-accuracy: pow(x, y) inherits from exp2(y * log2(x)), which is NaN for pow(0, 0).
test('no kernel calls pow: lib/special has powers that are defined for every base', () => {
  expect(findAll((text) => text.match(/\bpow\(.*/g) ?? [])).toEqual([]);
});

// https://www.w3.org/TR/WGSL/#floating-point-evaluation: implementations may assume that NaN and infinities do not occur.
test('what is tested for its bits is bound as bits', () => {
  const tested = (text: string) => {
    const floats = floatBindings(text);
    const names = [...text.matchAll(/bitcast<(?:u32|Bits|vec4u)>\((\w+)\[/g)].map(([, name]) => name!);
    return names.filter((name) => floats.includes(name));
  };
  expect(findAll(tested)).toEqual([]);
});

test('what is compared as a NaN may be is bound as bits', () => {
  const compared = (text: string) =>
    /\b(is_nan|exceeds)\b/.test(text) ? floatBindings(text, 'x|a|b|condition') : [];
  expect(findAll(compared)).toEqual([]);
});
