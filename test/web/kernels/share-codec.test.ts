import { expect, test } from 'vitest';
import { packText, unpackText } from '../../../src/web/kernels/share-codec.ts';

test.each([
  ['nothing', ''],
  ['WGSL', '@compute @workgroup_size(8)\nfn main() {\n  // Σ a·b ≤ ½, 𝔽\n}\n'],
  ['a long text', Array.from({ length: 5000 }, (_, i) => `let v${i} = ${i * i}u;`).join('\n')],
])('%s comes back as it was', async (_, text) => {
  const packed = await packText(text);
  expect(packed).toMatch(/^[\w-]*$/);
  expect(await unpackText(packed)).toBe(text);
});

test('code gets shorter', async () => {
  const text = '  sum += a[row * K + k] * b[k * N + column];\n'.repeat(40);
  expect((await packText(text)).length).toBeLessThan(text.length / 10);
});

test('a link that was cut off or changed is one sentence', async () => {
  const packed = await packText('fn main() { let answer = 42; }');
  for (const broken of [packed.slice(0, -9), '!!', 'AAAA', `${packed.slice(0, 10)}zz${packed.slice(12)}`])
    await expect(unpackText(broken)).rejects.toThrow(/^the edited text in this link cannot be read/);
});

test('a small link cannot unpack to a huge text', async () => {
  const packed = await packText('a'.repeat(4 << 20));
  expect(packed.length).toBeLessThan(10_000);
  await expect(unpackText(packed)).rejects.toThrow(/cannot be read/);
});
