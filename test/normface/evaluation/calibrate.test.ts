import { describe, expect, test } from 'vitest';
import { normal01 } from '../../../src/engine/core/random.ts';
import { calibrate, thresholdAt } from '../../../src/normface/evaluation/calibrate.ts';
import { withFolds } from '../../../src/normface/evaluation/fold-dealing.ts';
import { neededImpostors } from '../../../src/normface/evaluation/needed-impostors.ts';
import type { PairList } from '../../../src/normface/evaluation/pairs.ts';
import { splitScores } from '../../../src/normface/evaluation/threshold.ts';

/** Half of the pairs same, with cosines about 0.5 and 0; dealt to folds in blocks. */
function cosines(count: number, folds: number): { scores: Float64Array; pairs: PairList } {
  const same = Uint8Array.from({ length: count }, (_, i) => i % 2);
  const scores = Float64Array.from(same, (kind, i) => 0.5 * kind + 0.15 * normal01(5, 1, i));
  const fold = Uint32Array.from(same, (_, i) => 1 + Math.floor((i * folds) / count));
  return { scores, pairs: { a: new Uint32Array(count), b: new Uint32Array(count), same, fold } };
}

describe('a calibration', () => {
  const { scores, pairs } = cosines(4000, 10);
  const found = calibrate(scores, pairs, [1e-3, 1e-1, 1e-2, 1e-1, 1e-4]);

  test('has a threshold for every rate that allows a false accept, strictest last', () => {
    expect(found.thresholds.map(({ far }) => far)).toEqual([1e-1, 1e-2, 1e-3]);
    expect(found.impossible).toEqual([1e-4]);
    expect([found.genuine, found.impostor]).toEqual([2000, 2000]);
    const impostors = scores.filter((_, i) => i % 2 === 0);
    for (const { far, threshold } of found.thresholds) {
      const accepted = impostors.filter((score) => score > threshold).length;
      expect(accepted).toBe(far * 2000);
    }
  });

  test('of rates none of which the pairs allow is none', () => {
    expect(() => calibrate(scores, pairs, [1e-9, 1e-4])).toThrow(
      '2000 pairs of different people allow no threshold at a false accept rate of 0.0001, 1e-9; more pairs or a greater rate do',
    );
  });

  test('says which rates rest on ten false accepts', () => {
    expect(neededImpostors(1e-3)).toBe(10_000);
    expect(found.thresholds.map(({ isSupported }) => isSupported)).toEqual([true, true, false]);
  });

  test('rates on held-out folds are those of a count by hand', () => {
    let [falsely, truly] = [0, 0];
    for (let fold = 1; fold <= 10; fold++) {
      const outside = splitScores(scores, pairs.same, (i) => pairs.fold[i] !== fold);
      const threshold = thresholdAt(outside, 1e-2)!;
      scores.forEach((score, i) => {
        if (pairs.fold[i] !== fold || score <= threshold) return;
        if (pairs.same[i]) truly++;
        else falsely++;
      });
    }
    const { falseAccepts, trueAccepts } = found.thresholds[1]!;
    expect(falseAccepts).toMatchObject({ count: falsely, of: 2000, share: falsely / 2000 });
    expect(trueAccepts).toMatchObject({ count: truly, of: 2000 });
    expect(falseAccepts!.interval[0]).toBeLessThan(0.01);
    expect(falseAccepts!.interval[1]).toBeGreaterThan(0.01);
  });

  test('the probability is right on pairs that had no part in it', () => {
    const { heldOut, intercept, slope } = found;
    // Two normal distributions: the logit is 0.5/0.15² (x − 0.25).
    expect(Math.abs(slope / (0.5 / 0.15 ** 2) - 1)).toBeLessThan(0.15);
    expect(Math.abs(-intercept / slope - 0.25)).toBeLessThan(0.01);
    expect(heldOut).toMatchObject({ folds: 10, hasOwnFolds: true, priorLogLoss: Math.LN2 });
    expect(heldOut.logLoss).toBeLessThan(0.2);
    expect(heldOut.expectedCalibrationError).toBeLessThan(0.02);
  });

  test('knows nothing of the fold that it is judged on', () => {
    // In fold 10 cosines say the opposite: what was learnt there would make it look better.
    const turned = scores.map((score, i) => (pairs.fold[i] === 10 ? 0.5 - score : score));
    const { heldOut } = calibrate(turned, pairs, [0.1]);
    expect(heldOut.logLoss).toBeGreaterThan(found.heldOut.logLoss + 0.3);
  });
});

test('pairs of one fold are dealt to ten, each with pairs of both kinds', () => {
  const { scores, pairs } = cosines(60, 1);
  const { pairs: dealt, isOwn } = withFolds(pairs);
  expect(isOwn).toBe(false);
  for (let fold = 1; fold <= 10; fold++) {
    const inside = Array.from(dealt.same).filter((_, i) => dealt.fold[i] === fold);
    expect(inside.filter((kind) => kind === 1)).toHaveLength(3);
    expect(inside).toHaveLength(6);
  }
  expect(withFolds(dealt)).toEqual({ pairs: dealt, isOwn: true });
  expect(calibrate(scores, pairs, [0.1]).heldOut).toMatchObject({ folds: 10, hasOwnFolds: false });
  const few = { scores: Float64Array.of(0.1, 0.5, 0.2), same: Uint8Array.of(0, 1, 0) };
  const list = {
    a: new Uint32Array(3),
    b: new Uint32Array(3),
    same: few.same,
    fold: Uint32Array.of(1, 1, 1),
  };
  expect(() => calibrate(few.scores, list, [0.1])).toThrow(
    /at least 2 pairs of either kind; these are 1 same/,
  );
});
