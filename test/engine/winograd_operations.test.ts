import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { transformFlops } from '../../src/engine/ops/conv2d/conv2d_winograd_operations.ts';

const text = readFileSync(new URL('../../src/shaders/lib/winograd.wesl', import.meta.url), 'utf8');

/** The arithmetic of a one-dimensional transform: the signs between numbers in its text. */
function countedOperations(name: string, small: boolean): number {
  const body = new RegExp(`fn ${name}\\([^{]*\\{([\\s\\S]*?)\\n\\}`).exec(text)![1]!;
  const branch = small
    ? /@if\(small_tile\) (\{[\s\S]*?\n {2}\}|return [^;]*;)/.exec(body)![1]!
    : /@if\(!small_tile\) (\{[\s\S]*?\n {2}\})/.exec(body)![1]!;
  // Constants of more than one factor are one number for the compiler.
  const folded = branch
    .replaceAll(/const \w+ = [^;]*;/g, '')
    .replaceAll(/1\.0 \/ \(pp \* qq\)|\(pp \+ qq\)|pp \* qq|scale_[pq] \* [pq]\b|(pp|qq) \* [pq]\b/g, 'K')
    .replaceAll(/array<[^>]*>/g, '');
  // A sign in front of a number is no operation of its own.
  return folded.replaceAll(/\(-/g, '(').match(/ [-+*] /g)?.length ?? 0;
}

const transforms = [
  ['input', 'interpolate', (m: number) => 2 * (m + 2)],
  ['weight', 'evaluate_filter', (m: number) => 3 + m + 2],
  ['gradWeight', 'evaluate_filter_adjoint', (m: number) => m + 2 + 3],
  ['output', 'evaluate_output', (m: number) => m + 2 + m],
  ['gradOutput', 'evaluate_output_adjoint', (m: number) => m + m + 2],
] as const;

test.each(transforms)(
  'the arithmetic of the transform %s is that of %s in its file',
  (transform, name, lines) => {
    for (const tile of [2, 4] as const)
      expect(transformFlops(transform, tile)).toBe(lines(tile) * countedOperations(name, tile === 2));
  },
);
