import { describe, expect, test } from 'vitest';
import { hash32 } from '../../../src/engine/core/random.ts';
import {
  type Alternative,
  explain,
  explainSentences,
  explainTable,
} from '../../../src/normface/evaluation/explain.ts';
import { pairsAt, samplePairs } from '../../../src/normface/evaluation/pair-sample.ts';
import { randomPairs } from './helpers.ts';

const pairs = 600;
/** Decides pairs rightly with a probability of `share`, in its own way. */
const decisions = (share: number, seed: number) =>
  Uint8Array.from({ length: pairs }, (_, pair) => Number(hash32(seed, pair) < share * 2 ** 32));

const bgr: Alternative = {
  reason: 'channel order',
  name: 'BGR',
  doing: 'reading channels as BGR',
  hint: 'red and blue are exchanged',
};
const mirror: Alternative = {
  reason: 'mirror merge',
  name: 'max',
  doing: 'merging by max',
  hint: 'it is max',
};
const base = decisions(0.7, 1);

describe('what alternatives change', () => {
  test('differences, their errors and tests are those of a count by hand', () => {
    // 6 pairs better, 2 worse.
    const other = base.slice();
    const [right, wrong] = [1, 0].map((kind) => [...base.keys()].filter((pair) => base[pair] === kind));
    for (const pair of wrong!.slice(0, 6)) other[pair] = 1;
    for (const pair of right!.slice(0, 2)) other[pair] = 0;
    const { alternatives, accuracy } = explain(base, [{ ...bgr, decisions: other }], { rule: 'r' });
    const [one] = alternatives;
    expect(accuracy).toBe(right!.length / pairs);
    expect(one!.difference).toBeCloseTo(4 / 600, 12);
    // Variance of six +1, two −1 and zeros, over n − 1.
    expect(one!.error).toBeCloseTo(Math.sqrt((8 / 600 - (4 / 600) ** 2) / 599), 12);
    // 2·(1 + 8 + 28)/2⁸
    expect(one!.p).toBeCloseTo(74 / 256, 12);
    expect(one!.isBetter).toBe(false);
    expect(one!.interval[0]).toBeLessThan(4 / 600);
    expect(one!.interval[1]).toBeGreaterThan(4 / 600);
  });

  test('one that is much better is found, the greatest change stands first, and the sentence has the figures', () => {
    const better = base.map((right, pair) => Number(right === 1 || hash32(9, pair) % 3 > 0));
    const explained = explain(
      base,
      [
        { ...mirror, decisions: decisions(0.4, 3) },
        { ...bgr, decisions: better },
      ],
      { rule: 'normface-nopca (sum)' },
    );
    expect(explained.alternatives.map(({ name, isBetter }) => [name, isBetter])).toEqual([
      ['BGR', true],
      ['max', false],
    ]);
    const sentences = explainSentences(explained);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(
      /^Reading channels as BGR would change it by \+\d\d\.\d\d ± \d\.\d\d points \(95 % interval \+\d\d\.\d\d to \+\d\d\.\d\d, p < 0\.001\): red and blue are exchanged\.$/,
    );
    const { rows, notes } = explainTable(explained);
    expect(rows[0]!.slice(0, 2)).toEqual(['', 'as it is, by normface-nopca (sum)']);
    expect(rows[1]!.slice(0, 2)).toEqual(['channel order', 'BGR']);
    expect([rows[1]!.at(-1), rows[2]!.at(-1)]).toEqual(['better', '']);
    expect(rows[1]![5]).toBe('< 0.001');
    expect(notes![0]).toContain('600 pairs by normface-nopca (sum)');
  });

  test('of alternatives that are as good, none is claimed, however many are tried', () => {
    for (let seed = 10; seed < 14; seed++) {
      // Each changes a tenth of the decisions at random.
      const tried = Array.from({ length: 12 }, (_, k) => ({
        ...mirror,
        decisions: base.map((right, pair) =>
          hash32(seed, k, pair) % 10 === 0 ? Number(hash32(seed, k, pair, 1) % 10 < 7) : right,
        ),
      }));
      const explained = explain(base, tried, { rule: 'r', left: ['Something was left.'] });
      const [none, left] = explainSentences(explained);
      expect(none).toMatch(
        /^None of the 12 alternatives is better by more than chance explains on 600 pairs, where a change of less than about \d\.\d points would not show\.$/,
      );
      expect(left).toBe('Something was left.');
    }
  });
});

describe('a sample of pairs', () => {
  const list = randomPairs(40, 4, 2000, 10, 7);

  test('has every fold and kind in its share, in the order of the list, the same for the same seed', () => {
    const chosen = samplePairs(list, 200, 1);
    expect(chosen).toEqual(samplePairs(list, 200, 1));
    expect(chosen).not.toEqual(samplePairs(list, 200, 2));
    expect(chosen).toEqual(chosen.toSorted((p, q) => p - q));
    expect(new Set(chosen).size).toBe(200);
    const some = pairsAt(list, chosen);
    for (let fold = 1; fold <= 10; fold++)
      for (const kind of [0, 1])
        expect(chosen.filter((_, i) => some.fold[i] === fold && some.same[i] === kind)).toHaveLength(10);
    expect(some.a[5]).toBe(list.a[chosen[5]!]);
  });

  test('is all of them where there are no more, and leaves no kind of a fold out', () => {
    expect(samplePairs(list, 5000, 1)).toHaveLength(2000);
    expect(samplePairs(list, 4, 1)).toHaveLength(20);
  });
});
