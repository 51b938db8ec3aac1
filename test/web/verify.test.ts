import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { StoredCalibration } from '../../src/normface/embedding/stored-calibration.ts';
import type { StoredThreshold } from '../../src/normface/embedding/stored-threshold.ts';
import { countCosines } from '../../src/normface/evaluation/sureness.ts';
import { pickFiles, strangersAmong } from '../../src/web/verify/checkpoint-files.ts';
import {
  calibratedSentence,
  cosineMatrix,
  decisionFor,
  mergeFaces,
  parseTyped,
  surenessOf,
  verdict,
} from '../../src/web/verify/comparison.ts';
import { isCutShort } from '../../src/web/verify/cut-short.ts';
import { cautionsOf, oddity } from '../../src/web/verify/likeness.ts';

const files = (...paths: string[]) => paths.map((path) => ({ path }));
const picked = (...paths: string[]) => {
  const { weights, threshold, others } = pickFiles(files(...paths));
  return [weights?.path, threshold?.path, others.map(({ path }) => path)];
};

describe('which of the dropped files are a checkpoint', () => {
  const step = (n: number, ...names: string[]) => names.map((name) => `run/ckpt/step-0000000${n}/${name}`);

  test('of a run folder the newest finished checkpoint, with its own threshold', () => {
    const all = [
      ...step(1, 'weights.safetensors', 'optimiser.safetensors', 'DONE', 'threshold.json'),
      ...step(2, 'weights.safetensors', 'optimiser.safetensors', 'DONE', 'threshold.json', 'state.json'),
      // Of several processes, each of which had a part of the classes.
      ...step(
        2,
        'weights-classes-00000000-00000004.safetensors',
        'weights-classes-00000004-00000007.safetensors',
      ),
      ...step(2, 'optimiser-classes-00000000-00000004.safetensors'),
      ...step(3, 'weights.safetensors', 'optimiser.safetensors'),
      'run/config.json',
      'run/eval/worst.png',
    ];
    const folder = 'run/ckpt/step-00000002';
    expect(picked(...all)).toEqual([`${folder}/weights.safetensors`, `${folder}/threshold.json`, []]);
    const without = all.filter((path) => path !== `${folder}/threshold.json`);
    expect(picked(...without)).toEqual([`${folder}/weights.safetensors`, undefined, []]);
  });

  test('single files, alone or beside images', () => {
    expect(picked('weights.safetensors')).toEqual(['weights.safetensors', undefined, []]);
    expect(picked('threshold.json')).toEqual([undefined, 'threshold.json', []]);
    expect(picked('net.safetensors', 'threshold.json', 'a.png', '.DS_Store')).toEqual([
      'net.safetensors',
      'threshold.json',
      ['a.png'],
    ]);
    const { threshold, calibration, others } = pickFiles(
      files(
        'ckpt/weights.safetensors',
        'ckpt/calibration.json',
        'ckpt/threshold.json',
        'other/calibration.json',
      ),
    );
    expect([threshold?.path, calibration?.path, others]).toEqual([
      'ckpt/threshold.json',
      'ckpt/calibration.json',
      [],
    ]);
    // An average and the net that it is of.
    expect(picked(...step(3, 'trained.safetensors', 'weights.safetensors', 'DONE'))[0]).toMatch(
      /\/weights\.safetensors$/,
    );
    expect(picked('trained.safetensors')[0]).toBe('trained.safetensors');
    expect(pickFiles(files('calibration.json')).calibration?.path).toBe('calibration.json');
    expect(picked('optimiser.safetensors')).toEqual(['optimiser.safetensors', undefined, []]);
  });

  test('images of a folder, and files of an unknown kind, are left to the decoder', () => {
    expect(picked('faces/a.png', 'faces/b.png', 'faces/.hidden')).toEqual([
      undefined,
      undefined,
      ['faces/a.png', 'faces/b.png'],
    ]);
    expect(picked('notes.json')).toEqual([undefined, undefined, ['notes.json']]);
  });

  test('several that nothing tells apart are refused', () => {
    expect(() => picked('a.safetensors', 'b.safetensors')).toThrow(/2 weights files; choose one/);
    const unfinished = [...step(1, 'weights.safetensors'), ...step(2, 'weights.safetensors')];
    expect(() => picked(...unfinished)).toThrow(/choose one/);
    const twoRuns = ['a', 'b'].flatMap((run) =>
      ['weights.safetensors', 'DONE'].map((name) => `${run}/ckpt/step-00000004/${name}`),
    );
    expect(() => picked(...twoRuns)).toThrow(/choose one/);
  });
});

test('what is no part of a checkpoint is told from images, by type or by ending', () => {
  const dropped = [
    ['notes.txt', 'text/plain'],
    ['config.json', 'application/json'],
    ['a.jpg', 'image/jpeg'],
    ['b.PGM', ''],
    ['photo', 'image/png'],
    ['README', ''],
  ].map(([path, type]) => ({ path: path!, file: { type: type! } }));
  expect(strangersAmong(dropped).map(({ path }) => path)).toEqual(['notes.txt', 'config.json', 'README']);
});

describe('images unlike those of the net', () => {
  const face = (width: number, height: number, isSample = false) => ({
    number: 2,
    isSample,
    picture: { width: 48, height: 56, original: { width, height } },
  });

  test('another shape, a whole photograph and a tiny one are said; an aligned crop of any size is not', () => {
    for (const size of [
      [48, 56],
      [96, 112],
      [250, 292],
      [40, 47],
    ])
      expect(oddity(face(size[0]!, size[1]!))).toBeUndefined();
    expect(oddity(face(250, 250))).toContain('had its sides cut off');
    expect(oddity(face(200, 420))).toContain('had its top and bottom cut off');
    expect(oddity(face(4032, 3024))).toContain('whole photograph');
    expect(oddity(face(18, 21))).toContain('enlarged');
  });

  test('a net that has seen drawn faces only is not believed on photographs', () => {
    const drawn = 'generated faces of seed 1';
    expect(cautionsOf([face(48, 56), face(48, 56, true)], drawn)).toEqual([
      'This net has only learnt from drawn faces: what it says of photographs means little.',
    ]);
    expect(cautionsOf([face(48, 56, true)], drawn)).toEqual([]);
    expect(cautionsOf([face(48, 56)], 'lfw')).toEqual([]);
    expect(cautionsOf([face(250, 250)], undefined)).toEqual([
      "Image 2 (250 × 250) had its sides cut off to get the shape of the net's images. Is its face aligned like those of 48 × 56 that the net was trained on?",
    ]);
  });
});

describe('images that end too soon', () => {
  const image = sharp({ create: { width: 40, height: 30, channels: 3, background: '#a06040' } });

  test('JPEG and PNG, and neither when whole', async () => {
    for (const bytes of [await image.jpeg().toBuffer(), await image.png().toBuffer()]) {
      expect(isCutShort(bytes)).toBe(false);
      expect(isCutShort(Buffer.concat([bytes, Buffer.from('stray')]))).toBe(false);
      for (const share of [0.1, 0.5, 0.9])
        expect(isCutShort(bytes.subarray(0, share * bytes.length))).toBe(true);
    }
    expect(isCutShort(await image.webp().toBuffer())).toBe(false);
  });

  test('the end of a thumbnail in the head is not the end of the image', async () => {
    const bytes = await image.jpeg().toBuffer();
    const thumbnail = Buffer.from([0xff, 0xe1, 0x00, 0x06, 0xff, 0xd8, 0xff, 0xd9]);
    const whole = Buffer.concat([bytes.subarray(0, 2), thumbnail, bytes.subarray(2)]);
    expect(isCutShort(whole)).toBe(false);
    expect(isCutShort(whole.subarray(0, whole.length - 10))).toBe(true);
  });
});

describe('cosines and decisions', () => {
  const faces = [
    { front: Float32Array.of(1, 0), mirrored: Float32Array.of(1, 2) },
    { front: Float32Array.of(0, 3), mirrored: Float32Array.of(4, 1) },
    { front: Float32Array.of(-2, 0), mirrored: Float32Array.of(0, 0) },
  ];

  test('the matrix has every pair, by merged features', () => {
    const front = cosineMatrix(mergeFaces(faces, 'front'));
    expect([...front]).toEqual([1, 0, -1, 0, 1, 0, -1, 0, 1]);
    const sum = cosineMatrix(mergeFaces(faces, 'sum'));
    // [2, 2], [4, 4] and [−2, 0]
    expect(sum[1]).toBeCloseTo(1, 12);
    expect(sum[2]).toBeCloseTo(-Math.SQRT1_2, 12);
    expect(sum[5]).toBe(sum[7]);
    expect([...mergeFaces(faces, 'concat').values.slice(0, 4)]).toEqual([1, 0, 1, 2]);
  });

  const stored: StoredThreshold = {
    format: 1,
    threshold: 0.25,
    merge: 'sum',
    rule: 'best-threshold',
    data: 'faces.tar',
    pairs: 'fold 9',
    accuracy: 0.9,
    falseAcceptRate: 0.05,
    trueAcceptRate: 0.85,
  };

  test('a stored threshold holds for its own merge, a typed one for any', () => {
    const own = decisionFor('sum', stored, {});
    expect(own.threshold).toBe(0.25);
    expect(own.explanation).toBe(
      'Threshold 0.2500: best-threshold on fold 9, where it accepts 85.00 % of the same people and 5.00 % of different ones. Data: faces.tar.',
    );
    expect(decisionFor('front', stored, {}).threshold).toBeUndefined();
    expect(decisionFor('front', stored, {}).explanation).toContain('chosen for the merge “sum”');
    expect(decisionFor('front', stored, { value: 0 }).threshold).toBe(0);
    expect(decisionFor('sum', undefined, {}).explanation).toContain('no threshold.json');
  });

  const calibration: StoredCalibration = {
    format: 1,
    merge: 'sum',
    data: 'lfw',
    pairs: 'pairs.txt',
    pairsSha256: '0a1b2c3d4e5f',
    weightsSha256: 'abcdefabcdef',
    genuine: 3000,
    impostor: 9000,
    intercept: -4,
    slope: 20,
    thresholds: [
      { far: 0.1, threshold: 0.1, isSupported: true, falseAccepts: null, trueAccepts: null },
      { far: 0.01, threshold: 0.3, isSupported: true, falseAccepts: null, trueAccepts: null },
    ],
    impossible: [],
    heldOut: {
      folds: 10,
      hasOwnFolds: true,
      logLoss: 0,
      priorLogLoss: 0,
      brierScore: 0,
      expectedCalibrationError: 0,
      bins: [],
    },
  };

  test('a calibration tells what a cosine means, in its own merge, and decides where nothing else does', () => {
    const decision = decisionFor('sum', stored, {}, calibration);
    expect(decision.threshold).toBe(0.25);
    expect(calibratedSentence(0.41, decision)).toBe(
      'Cosine 0.41, accept at FAR 1e-2, 98.5 % same person on the calibration set: 12,000 pairs, 25.0 % of the same person ' +
        '(pairs.txt of lfw, sha256 0a1b2c3d4e5f).',
    );
    expect(calibratedSentence(0.41, decisionFor('sum', stored, {}))).toBeUndefined();
    expect(calibratedSentence(0.41, decisionFor('front', stored, {}, calibration))).toBeUndefined();
    const alone = decisionFor('sum', undefined, {}, calibration);
    expect(alone).toMatchObject({
      threshold: 0.3,
      explanation: 'Threshold 0.3000: FAR 1e-2 of the calibration.',
    });
    expect(decisionFor('front', undefined, {}, calibration).threshold).toBeUndefined();
    expect(decisionFor('sum', stored, { value: 0.5 }, calibration)).toMatchObject({
      threshold: 0.5,
      calibration,
    });
  });

  test('the cosine must be greater than the threshold', () => {
    expect(verdict(0.26, 0.25)).toBe('The same person');
    expect(verdict(0.25, 0.25)).toBe('Different people');
    expect(verdict(0.25, undefined)).toBe('No decision');
  });

  test('a typed threshold outside −1…1 decides nothing and says why', () => {
    expect(parseTyped('')).toEqual({});
    expect(parseTyped('-0.25')).toEqual({ value: -0.25 });
    for (const text of ['7', '1.24', '-3'])
      expect(parseTyped(text)).toEqual({ problem: 'A cosine lies between −1 and 1.' });
    expect(parseTyped('0.3x')).toEqual({ problem: 'This is not a number.' });
    const decision = decisionFor('sum', stored, parseTyped('7'));
    expect(decision.threshold).toBeUndefined();
    expect(decision.explanation).toContain('is no cosine');
  });

  test('how sure a verdict is: by the pairs about its cosine, else by the accept rates', () => {
    const byRates = decisionFor('sum', stored, {});
    // Of 100 and 100 pairs 85 and 5 are accepted, 15 and 95 rejected.
    expect(surenessOf(0.5, byRates)?.sentence).toContain('about 94 are right');
    expect(surenessOf(0.1, byRates)?.sentence).toContain('about 86 are right');
    const cosines = countCosines({
      genuine: Float64Array.from({ length: 100 }, (_, i) => (i < 80 ? 0.72 : 0.31)),
      impostor: Float64Array.from({ length: 200 }, (_, i) => (i < 60 ? 0.31 : -0.18)),
    });
    const byPairs = decisionFor('sum', { ...stored, cosines }, {});
    expect(surenessOf(0.71, byPairs)).toMatchObject({ level: 'sure' });
    // 20 of 100 against 60 of 200 lie there: 0.2 / (0.2 + 0.3).
    expect(surenessOf(0.33, byPairs)).toEqual({
      level: 'doubtful',
      sentence: 'Doubtful: of 100 such verdicts about 40 are right.',
      basis:
        'Evaluated pairs with a cosine from 0.30 to 0.35: 20 of the same person, 60 of different people.',
    });
    expect(surenessOf(-0.9, byPairs)?.sentence).toContain('more than 99 are right');
    // A typed threshold moves the verdict, not what is known of the cosine.
    expect(surenessOf(0.33, decisionFor('sum', { ...stored, cosines }, { value: 0.5 }))?.sentence).toContain(
      'about 60 are right',
    );
    expect(surenessOf(0.5, decisionFor('front', stored, { value: 0 }))?.level).toBe('unknown');
    expect(surenessOf(0.5, decisionFor('front', stored, {}))).toBeUndefined();
  });
});
