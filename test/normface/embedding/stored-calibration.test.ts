import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { parseJson } from '../../../src/common/json.ts';
import { hash32 } from '../../../src/engine/core/random.ts';
import { decidingThreshold } from '../../../src/normface/embedding/deciding-threshold.ts';
import {
  calibratedText,
  calibrationSetText,
  farText,
  isOfWeights,
  parseCalibration,
  type StoredCalibration,
  thresholdOfFar,
  usualThreshold,
} from '../../../src/normface/embedding/stored-calibration.ts';
import type { StoredThreshold } from '../../../src/normface/embedding/stored-threshold.ts';
import { inputs } from '../data/damage.ts';

const rate = (far: number, threshold: number, isSupported = true) => ({
  far,
  threshold,
  isSupported,
  falseAccepts: null,
  trueAccepts: null,
});

const calibration: StoredCalibration = {
  format: 1,
  merge: 'sum',
  data: 'lfw',
  pairs: 'pairs.txt',
  pairsSha256: `0a1b2c3d4e5f${'6'.repeat(52)}`,
  weightsSha256: 'ab'.repeat(32),
  genuine: 3000,
  impostor: 3000,
  intercept: -4,
  slope: 20,
  thresholds: [rate(0.1, 0.1), rate(0.01, 0.25), rate(0.001, 0.4, false)],
  impossible: [],
  heldOut: {
    folds: 10,
    hasOwnFolds: true,
    logLoss: 0.1,
    priorLogLoss: Math.LN2,
    brierScore: 0.03,
    expectedCalibrationError: 0.01,
    bins: [],
  },
};

describe('what a calibration says of a cosine', () => {
  test('the strictest rate that accepts it, and a percentage with the set that it is of', () => {
    // 1/(1 + e^(4 − 20·0.3)) = 0.8808
    expect(calibratedText(calibration, 0.3)).toBe(
      'accept at FAR 1e-2, 88.1 % same person on the calibration set',
    );
    expect(calibratedText(calibration, 0.41)).toBe(
      'accept at FAR 1e-3 (of too few pairs to be sure of it), 98.5 % same person on the calibration set',
    );
    expect(calibratedText(calibration, 0.1)).toBe(
      'reject at FAR 1e-1, 11.9 % same person on the calibration set',
    );
    expect(calibratedText({ ...calibration, thresholds: [] }, 0.2)).toBe(
      'no FAR is stored, 50.0 % same person on the calibration set',
    );
    expect(calibrationSetText(calibration)).toBe(
      '6,000 pairs, 50.0 % of the same person (pairs.txt of lfw, sha256 0a1b2c3d4e5f)',
    );
  });

  test('nothing is said to be certain', () => {
    expect(calibratedText(calibration, 0.99)).toContain('over 99.9 % same person');
    expect(calibratedText(calibration, -0.9)).toContain('under 0.1 % same person');
  });

  test('text of the file cannot look like lines of the program', () => {
    expect(calibrationSetText({ ...calibration, pairs: 'generated pairs of lfw' })).toContain(
      '(generated pairs of lfw, sha256',
    );
    expect(calibrationSetText({ ...calibration, data: 'lfw\ncosine    1.0' })).toContain('lfw\\ncosine');
  });

  test('rates as people write them', () => {
    expect([0.1, 1e-3, 1e-4, 0.05, 0.0005].map(farText)).toEqual(['1e-1', '1e-3', '1e-4', '0.05', '0.0005']);
    expect(thresholdOfFar(calibration, 1 / 1000)?.threshold).toBe(0.4);
    expect(thresholdOfFar(calibration, 2e-3)).toBeUndefined();
  });
});

describe('a file that somebody else wrote', () => {
  test('is read as it was written', () => {
    const text = JSON.stringify(calibration);
    expect(parseCalibration(parseJson(text), 'calibration.json')).toEqual(calibration);
  });

  const { thresholds } = calibration;
  test.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['a threshold file', { format: 1, threshold: 0.3, merge: 'sum' }],
    ['another format', { ...calibration, format: 2 }],
    ['an unknown merge', { ...calibration, merge: 'product' }],
    ['no slope', { ...calibration, slope: null }],
    ['a slope in words', { ...calibration, slope: '20' }],
    ['no pairs', { ...calibration, genuine: 0 }],
    ['half a pair', { ...calibration, impostor: 0.5 }],
    ['a checksum that is none', { ...calibration, pairsSha256: 'A1B2' }],
    ['an empty checksum of the weights', { ...calibration, weightsSha256: '' }],
    ['thresholds that are no list', { ...calibration, thresholds: { length: 1 } }],
    ['a rate of 1', { ...calibration, thresholds: [rate(1, 0.1)] }],
    ['a missing threshold', { ...calibration, thresholds: [{ far: 0.1, isSupported: true }] }],
    ['a threshold that is null', { ...calibration, thresholds: [null] }],
    ['rates out of order', { ...calibration, thresholds: thresholds.toReversed() }],
    [
      'a stricter rate with a lower threshold',
      { ...calibration, thresholds: [rate(0.1, 0.3), rate(0.01, 0.2)] },
    ],
    [
      'more thresholds than anybody asked for',
      { ...calibration, thresholds: Array(2000).fill(thresholds[0]) },
    ],
  ])('%s is refused in one sentence', (_, json) => {
    const read = () => parseCalibration(json, 'run/calibration.json');
    expect(read).toThrow(UserError);
    expect(read).toThrow(
      /^run\/calibration\.json is not a calibration file; `normface calibrate` writes a new one$/,
    );
  });

  test('changed anywhere, it is refused or read, and what is read makes sentences', () => {
    const text = JSON.stringify({ ...calibration, heldOut: { ...calibration.heldOut, bins: [] } });
    const pieces = ['null', '-1', '1e999', '""', '[', '{', '}', ']', ',', '0', '"x"', 'true', '9'.repeat(20)];
    let read = 0;
    for (let i = 0; i < inputs; i++) {
      const at = hash32(1, i) % text.length;
      const piece = pieces[hash32(2, i) % pieces.length]!;
      const changed = text.slice(0, at) + piece + text.slice(at + (hash32(3, i) % 8));
      let json: unknown;
      try {
        json = parseJson(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        continue;
      }
      try {
        const stored = parseCalibration(json, 'calibration.json');
        read++;
        expect(`${calibratedText(stored, 0.3)} ${calibrationSetText(stored)}`).not.toMatch(/NaN|undefined/);
        decidingThreshold({ calibration: stored });
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
    expect(read).toBeGreaterThan(100);
  });

  test('is told from one of other weights', () => {
    expect(isOfWeights(calibration, 'ab'.repeat(32))).toBe(true);
    expect(isOfWeights(calibration, 'ba'.repeat(32))).toBe(false);
  });
});

describe('which threshold decides', () => {
  const stored = {
    format: 1,
    threshold: 0.33,
    merge: 'front',
    rule: 'best-threshold',
    data: 'lfw',
    pairs: 'pairs.txt',
    accuracy: 0.9,
    falseAcceptRate: 0.1,
    trueAcceptRate: 0.9,
  } as const satisfies StoredThreshold;

  test('a cosine that was asked for, else a rate that was asked for, else the stored one, else the strictest that is supported', () => {
    expect(decidingThreshold({ stored, calibration, threshold: 0.2 })).toEqual({
      threshold: 0.2,
      merge: 'front',
    });
    expect(decidingThreshold({ stored, calibration, far: 0.001 })).toEqual({
      threshold: 0.4,
      merge: 'sum',
      about:
        'FAR 1e-3 of the calibration, of 3,000 pairs of different people where 10,000 are needed to be sure of it',
    });
    expect(decidingThreshold({ stored, calibration })).toMatchObject({ threshold: 0.33, merge: 'front' });
    expect(decidingThreshold({ calibration })).toEqual({
      threshold: 0.25,
      merge: 'sum',
      about: 'FAR 1e-2 of the calibration',
    });
    expect(decidingThreshold({})).toEqual({ threshold: undefined, merge: 'sum' });
  });

  test('of rates none of which is supported the laxest', () => {
    const few = { ...calibration, thresholds: [rate(0.01, 0.2, false), rate(0.001, 0.3, false)] };
    expect(usualThreshold(few)?.far).toBe(0.01);
    expect(usualThreshold({ ...few, thresholds: [] })).toBeUndefined();
  });

  test('a rate without a threshold, and two wishes at once, are refused', () => {
    expect(() => decidingThreshold({ calibration, far: 1e-5 })).toThrow(
      'the calibration has thresholds for the false accept rates 1e-1, 1e-2, 1e-3, none for 1e-5',
    );
    expect(() => decidingThreshold({ calibration: { ...calibration, thresholds: [] }, far: 0.1 })).toThrow(
      'the calibration has no threshold for any false accept rate, so none for 1e-1: `normface calibrate --far` makes it',
    );
    expect(() => decidingThreshold({ stored, far: 1e-3 })).toThrow(/--far needs the thresholds/);
    expect(() => decidingThreshold({ calibration, far: 1e-3, threshold: 0.2 })).toThrow(/exclude each other/);
  });
});
