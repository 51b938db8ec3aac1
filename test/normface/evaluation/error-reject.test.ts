import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { seriesColor } from '../../../src/common/plot-frame.node.ts';
import { hash32 } from '../../../src/engine/core/random.ts';
import { errorRejectTable, errorVersusReject } from '../../../src/normface/evaluation/error-reject.ts';
import { errorRejectPlot } from '../../../src/normface/evaluation/error-reject-plot.node.ts';
import { leastNorms } from '../../../src/normface/evaluation/similarity.ts';
import { features, pairList } from './helpers.ts';

test('the quality of a pair is its lesser norm', () => {
  const rows = features([
    [3, 4],
    [0, 2],
    [1, 0],
  ]);
  const pairs = pairList([
    { a: 0, b: 1, same: 1, fold: 1 },
    { a: 2, b: 0, same: 0, fold: 1 },
  ]);
  expect([...leastNorms(rows, pairs)]).toEqual([2, 1]);
});

/** 100 same pairs with cosine 0.9, of which `wrong` have 0.1, and 1000 different ones from 0 to 0.5. */
function pairsWith(wrong: (pair: number) => boolean) {
  const same = Uint8Array.from({ length: 1100 }, (_, i) => Number(i < 100));
  const scores = Float64Array.from(same, (kind, i) => (kind ? (wrong(i) ? 0.1 : 0.9) : (i - 100) / 2000));
  return { scores, same };
}

describe('error versus reject', () => {
  test('falls to nothing when the errors have the shortest features, at a threshold that stays', () => {
    const { scores, same } = pairsWith((pair) => pair < 10);
    const quality = Float64Array.from(same, (_, i) => i);
    const curve = errorVersusReject(scores, same, quality);
    // One of 1000 impostors is accepted: the best has 999/2000, the next, which is not, 998/2000.
    expect(curve.rule).toBe('far=0.001');
    expect(curve.falseAcceptRate).toBe(0.001);
    expect(curve.threshold).toBeGreaterThanOrEqual(998 / 2000);
    expect(curve.threshold).toBeLessThan(999 / 2000);
    expect(curve.rejected).toEqual(Array.from({ length: 51 }, (_, k) => k / 100));
    // (10 − r)/(100 − r) of the r % refused.
    expect(curve.falseNonMatchRate.slice(0, 12)).toEqual(
      Array.from({ length: 12 }, (_, r) => Math.max(0, 10 - r) / (100 - r)),
    );
  });

  test('rises when the errors have the longest ones, and stays level where lengths say nothing', () => {
    const { scores, same } = pairsWith((pair) => pair < 10);
    const worst = errorVersusReject(
      scores,
      same,
      Float64Array.from(same, (_, i) => -i),
    );
    expect(worst.falseNonMatchRate.at(-1)).toBe(10 / 50);
    const { scores: half, same: kinds } = pairsWith((pair) => hash32(3, pair) % 2 === 0);
    const level = errorVersusReject(
      half,
      kinds,
      Float64Array.from(kinds, (_, i) => hash32(4, i)),
    );
    for (const rate of level.falseNonMatchRate)
      expect(Math.abs(rate - level.falseNonMatchRate[0]!)).toBeLessThan(0.15);
  });

  test('the quality of pairs of different people does not matter', () => {
    const { scores, same } = pairsWith((pair) => pair % 7 === 0);
    const quality = Float64Array.from(same, (_, i) => hash32(5, i));
    const other = quality.map((value, i) => (same[i] ? value : 0));
    expect(errorVersusReject(scores, same, other)).toEqual(errorVersusReject(scores, same, quality));
  });

  test('of few pairs the threshold is that of equal errors, and steps that are one are one', () => {
    // Above 0.45: one of four impostors, three of four genuine pairs.
    const scores = [0.1, 0.2, 0.4, 0.6, 0.3, 0.5, 0.7, 0.8];
    const same = [0, 0, 0, 0, 1, 1, 1, 1];
    const curve = errorVersusReject(scores, same, [1, 1, 1, 1, 1, 2, 3, 4]);
    expect(curve).toMatchObject({ rule: 'eer', falseAcceptRate: 0.25, rejected: [0, 0.25, 0.5] });
    expect(curve.falseNonMatchRate).toEqual([0.25, 0, 0]);
  });
});

test('the table has the rates at its shares', () => {
  const { scores, same } = pairsWith((pair) => pair < 10);
  const curve = errorVersusReject(
    scores,
    same,
    Float64Array.from(same, (_, i) => i),
  );
  const { rows, columns } = errorRejectTable([{ name: 'run', curve }]);
  expect(columns[2]!.header).toBe('0 % refused');
  expect(rows[0]!.slice(2)).toEqual(['10.00', '5.26', '0.00', '0.00', '0.00', '0.00']);
});

test('the plot has a line a run, and is a labelled, reproducible SVG', () => {
  const { scores, same } = pairsWith((pair) => pair < 10);
  const curve = errorVersusReject(
    scores,
    same,
    Float64Array.from(same, (_, i) => i),
  );
  const none = errorVersusReject(pairsWith(() => false).scores, same, scores);
  const draw = () =>
    errorRejectPlot(
      [
        { name: 'a', curve },
        { name: '<b>', curve: none },
      ],
      'Title',
    );
  const text = draw();
  expect(draw()).toBe(text);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
  const svg = parseHTML(`<body>${text}</body>`).document.querySelector('svg')!;
  expect(svg.getAttribute('aria-label')).toContain('Error versus reject');
  expect(svg.querySelector('b')).toBeNull();
  const strokes = [...svg.querySelectorAll('[aria-label="line"]')].map((line) => line.getAttribute('stroke'));
  expect(strokes).toEqual([seriesColor(0), seriesColor(1)]);
});
