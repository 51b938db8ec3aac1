import { expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import { AncestorTree } from '../../../src/normface/models/ancestor-tree.ts';

test('nearest common ancestors are those found by walking', () => {
  for (let seed = 0; seed < 20; seed++) {
    const tree = new AncestorTree('0');
    const parents = [0];
    for (let i = 1; i < 200; i++) {
      // Long chains with few branches at first, then bushes.
      const parent = hash32(seed, i, 0) % 20 < seed ? hash32(seed, i, 1) % i : i - 1;
      parents.push(parent);
      tree.add(`${i}`, `${parent}`);
    }
    const above = (i: number): number[] => (i === 0 ? [0] : [i, ...above(parents[i]!)]);
    for (let k = 0; k < 300; k++) {
      const [a, b, c] = [2, 3, 4].map((stream) => hash32(seed, k, stream) % 200) as [number, number, number];
      const nearest = above(a).find((i) => above(b).includes(i) && above(c).includes(i));
      expect(tree.common([`${a}`, `${b}`, `${c}`])).toBe(`${nearest}`);
      expect(tree.parent(`${a}`)).toBe(`${parents[a]}`);
    }
  }
});
