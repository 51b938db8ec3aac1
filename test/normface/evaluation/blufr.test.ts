import { describe, expect, test } from 'vitest';
import { hash32, normal01 } from '../../../src/engine/core/random.ts';
import type { BlufrTrial } from '../../../src/normface/data/protocols/blufr.ts';
import { rankAllPairs } from '../../../src/normface/evaluation/all-pairs.ts';
import {
  type BlufrTrialResult,
  blufrTable,
  evaluateBlufrTrial,
  summariseBlufr,
} from '../../../src/normface/evaluation/blufr.ts';
import type { Features } from '../../../src/normface/evaluation/features.ts';
import { findRank, scoreOfKey } from '../../../src/normface/evaluation/score-order.ts';
import { testDevice } from '../../engine/open.ts';

const device = await testDevice();

/** Rows of signs over the root of their number: cosines are multiples of 2 / dimension, exactly, so that ties abound. */
function signs(count: number, dimension: number, people: number, seed: number) {
  const labels = Uint32Array.from({ length: count }, (_, i) => hash32(seed, 1, i) % people);
  const values = Float32Array.from({ length: count * dimension }, (_, k) => {
    const [row, column] = [Math.floor(k / dimension), k % dimension];
    const own = hash32(seed, 2, row, column) % 3 === 0;
    return hash32(seed, own ? 3 : 4, own ? row : labels[row], column) % 2 ? 1 : -1;
  });
  return { features: { values, dimension }, labels };
}

function scaled({ values, dimension }: Features, factor: number): Features {
  return { values: values.map((value) => value * factor), dimension };
}

/** The definition, in float64: every pair, sorted. */
function slowPairs(
  { values, dimension }: Features,
  labels: Uint32Array,
  rank: (impostors: number) => number,
) {
  const scores = { genuine: [] as number[], impostor: [] as number[] };
  for (let j = 0; j < labels.length; j++) {
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let k = 0; k < dimension; k++) sum += values[i * dimension + k]! * values[j * dimension + k]!;
      scores[labels[i] === labels[j] ? 'genuine' : 'impostor'].push(sum);
    }
  }
  const { genuine, impostor } = scores;
  const threshold = impostor.sort((p, q) => q - p)[rank(impostor.length) - 1]!;
  return {
    genuine: genuine.length,
    impostor: impostor.length,
    threshold,
    accepted: genuine.filter((score) => score >= threshold).length,
  };
}

describe('order of scores', () => {
  test('keys stand for scores in their order', () => {
    const scores = [-2, -1, -0.5, -1e-30, 0, 1e-45, 0.25, 0.250001, 1];
    const keys = scores.map((score) => {
      const [bits] = new Uint32Array(Float32Array.of(score).buffer);
      return (score < 0 ? ~bits! : bits! | 0x80000000) >>> 0;
    });
    expect(keys).toEqual([...keys].sort((p, q) => p - q));
    expect(keys.map(scoreOfKey)).toEqual(Array.from(Float32Array.from(scores)));
  });

  test('ranks from the greatest down', () => {
    const counts = [2, 0, 3, 1, 0];
    expect([1, 2, 4, 5, 6].map((rank) => findRank(counts, rank))).toEqual([
      { bin: 3, rank: 1 },
      { bin: 2, rank: 1 },
      { bin: 2, rank: 3 },
      { bin: 0, rank: 1 },
      { bin: 0, rank: 2 },
    ]);
  });
});

describe('all pairs', () => {
  test.each([
    // One tile, several tiles with a last one that is not full, a full last one, and fewer images than a tile has rows.
    { count: 200, dimension: 16, people: 30, side: 64, far: 0.001 },
    { count: 321, dimension: 64, people: 60, side: 64, far: 0.01 },
    { count: 256, dimension: 4, people: 9, side: 128, far: 0.3 },
    { count: 37, dimension: 16, people: 5, side: 1024, far: 0.1 },
  ])('ties and all: $count images, tiles of $side', async ({ count, dimension, people, side, far }) => {
    const { features, labels } = signs(count, dimension, people, 5);
    const unit = scaled(features, 1 / Math.sqrt(dimension));
    for (const share of [far, 0.5, 0.9, 1]) {
      const rank = (impostors: number) => Math.max(1, Math.round(share * impostors));
      expect(await rankAllPairs(device, unit, labels, rank, side)).toEqual(slowPairs(unit, labels, rank));
    }
  });

  test('scores without ties: every rank of the f32 products', async () => {
    const labels = Uint32Array.from({ length: 90 }, (_, i) => i % 31);
    const values = Float32Array.from({ length: 90 * 7 }, (_, k) => 0.3 * normal01(4, 1, k));
    const features = { values, dimension: 7 };
    const ranks = [1, 2, 77, 1500, 3900, 3915];
    for (const rank of ranks) {
      const expected = slowPairs(features, labels, () => rank);
      const found = await rankAllPairs(device, features, labels, () => rank, 64);
      // The products are rounded, so that only neighbours could change places; there are none that close.
      expect(found.threshold).toBeCloseTo(expected.threshold, 6);
      expect({ ...found, threshold: 0 }).toEqual({ ...expected, threshold: 0 });
    }
  });

  test('zero features, and −0 is 0', async () => {
    // Products with the first row are −0 or 0, all else is 1.
    const features = { values: Float32Array.of(0, 1, 1, -1, 1, 1), dimension: 1 };
    const labels = Uint32Array.of(0, 0, 1, 2, 3, 3);
    const rank = () => 5;
    expect(await rankAllPairs(device, features, labels, rank, 64)).toEqual(slowPairs(features, labels, rank));
    expect((await rankAllPairs(device, features, labels, () => 7, 64)).accepted).toBe(2);
  });

  test('pairs of one kind only', async () => {
    const features = { values: Float32Array.of(1, 1, 1), dimension: 1 };
    const ask = (labels: Uint32Array) => rankAllPairs(device, features, labels, () => 1);
    await expect(ask(Uint32Array.of(1, 1, 1))).rejects.toThrow('these are 3 same and 0 different ones');
    await expect(ask(Uint32Array.of(1, 2, 3))).rejects.toThrow('these are 0 same and 3 different ones');
  });
});

/** A trial in which every third person is for training, of the others every second is in the gallery with the first image. */
function trialOf(labels: Uint32Array): BlufrTrial {
  const all = [...labels.keys()];
  const test = all.filter((i) => labels[i]! % 3 !== 0);
  const gallery = test.filter((i) => labels[i]! % 2 === 0 && labels.indexOf(labels[i]!) === i);
  return {
    train: Uint32Array.from(all.filter((i) => labels[i]! % 3 === 0)),
    test: Uint32Array.from(test),
    gallery: Uint32Array.from(gallery),
    probes: Uint32Array.from(test.filter((i) => !gallery.includes(i))),
  };
}

/** Open-set identification as its script has it: sort the gallery for every probe, find the mate's rank. */
function slowOpenSet({ values, dimension }: Features, labels: Uint32Array, { gallery, probes }: BlufrTrial) {
  const cosine = (i: number, j: number) => {
    let [ij, ii, jj] = [0, 0, 0];
    for (let k = 0; k < dimension; k++) {
      const [x, y] = [values[i * dimension + k], values[j * dimension + k]];
      ij += x! * y!;
      ii += x! * x!;
      jj += y! * y!;
    }
    return ij / Math.sqrt(ii * jj);
  };
  const strangers: number[] = [];
  const mates: { score: number; rank: number }[] = [];
  for (const probe of probes) {
    const scores = Array.from(gallery, (image) => cosine(image, probe));
    const mate = gallery.findIndex((image) => labels[image] === labels[probe]);
    if (mate < 0) strangers.push(Math.max(...scores));
    else {
      const order = scores.map((_, place) => place).sort((p, q) => scores[q]! - scores[p]! || p - q);
      mates.push({ score: scores[mate]!, rank: 1 + order.indexOf(mate) });
    }
  }
  strangers.sort((p, q) => q - p);
  const threshold = strangers[Math.round(0.01 * strangers.length) - 1]!;
  const found = mates.filter(({ score, rank }) => score >= threshold && rank <= 1);
  return {
    detectionRate: found.length / mates.length,
    genuineProbes: mates.length,
    impostorProbes: strangers.length,
  };
}

describe('a trial', () => {
  test.each([
    { count: 450, dimension: 64, people: 60, seed: 7 },
    { count: 500, dimension: 16, people: 40, seed: 8 },
  ])('agrees with the definition, ties and all: %o', async ({ count, dimension, people, seed }) => {
    const { features, labels } = signs(count, dimension, people, seed);
    const trial = trialOf(labels);
    const result = await evaluateBlufrTrial(device, scaled(features, 3), labels, trial, 2, { side: 64 });
    const tested = {
      values: Float32Array.from(
        [...trial.test].flatMap((i) => [...features.values.subarray(i * dimension, (i + 1) * dimension)]),
      ),
      dimension,
    };
    const rank = (impostors: number) => Math.round(0.001 * impostors);
    const pairs = slowPairs(
      tested,
      Uint32Array.from(trial.test, (i) => labels[i]!),
      rank,
    );
    const open = slowOpenSet(features, labels, trial);
    expect(result).toMatchObject({
      trial: 2,
      trainImages: trial.train.length,
      testImages: trial.test.length,
      genuinePairs: pairs.genuine,
      impostorPairs: pairs.impostor,
      verificationRate: pairs.accepted / pairs.genuine,
      verificationThreshold: pairs.threshold / dimension,
      ...open,
      pcaDimensions: null,
    });
    expect(open.detectionRate).toBeGreaterThan(0);
    expect(open.detectionRate).toBeLessThan(1);
    expect(result.verificationRate).toBeLessThan(1);
  });

  test('PCA to all dimensions only subtracts the mean of the training images', async () => {
    const faces = {
      dimension: 32,
      values: Float32Array.from({ length: 400 * 32 }, (_, k) => normal01(2, 1, k)),
    };
    const labels = Uint32Array.from({ length: 400 }, (_, i) => i % 40);
    const trial = trialOf(labels);
    const far = {
      dimension: 32,
      values: faces.values.map((x, k) => x + normal01(2, 2, 32 * (Math.floor(k / 32) % 40) + (k % 32)) + 5),
    };
    const mean = Array.from({ length: 32 }, (_, k) =>
      trial.train.reduce((sum, i) => sum + far.values[32 * i + k]! / trial.train.length, 0),
    );
    const centred = { dimension: 32, values: far.values.map((x, k) => x - mean[k % 32]!) };
    const plain = await evaluateBlufrTrial(device, far, labels, trial, 1);
    const expected = await evaluateBlufrTrial(device, centred, labels, trial, 1);
    const found = await evaluateBlufrTrial(device, far, labels, trial, 1, { pca: { dimensions: 32 } });
    expect(found.verificationRate).toBe(expected.verificationRate);
    expect(found.detectionRate).toBe(expected.detectionRate);
    expect(found.verificationThreshold).toBeCloseTo(expected.verificationThreshold, 5);
    expect(found.verificationRate).not.toBe(plain.verificationRate);
    expect(found.pcaDimensions).toBe(32);
    const share = await evaluateBlufrTrial(device, far, labels, trial, 1, { pca: { share: 0.9 } });
    expect(share.pcaDimensions).toBeLessThan(32);
    // Test images do not teach it: with other ones the same number of dimensions is kept.
    const changed = { dimension: 32, values: far.values.slice() };
    for (const i of trial.test) changed.values.fill(i % 7, i * 32, i * 32 + 16);
    const again = await evaluateBlufrTrial(device, changed, labels, trial, 1, { pca: { share: 0.9 } });
    expect(again.pcaDimensions).toBe(share.pcaDimensions);
  });

  test('too few impostors for the rates', async () => {
    const { features, labels } = signs(40, 16, 6, 3);
    await expect(evaluateBlufrTrial(device, features, labels, trialOf(labels), 4)).rejects.toThrow(
      /trial 4 has \d+ impostor scores, too few for a false accept rate of 0.001/,
    );
  });

  test('nobody enrolled', async () => {
    const { features, labels } = signs(300, 16, 40, 3);
    const trial = trialOf(labels);
    const strangers = { ...trial, probes: trial.probes.filter((i) => labels[i]! % 2 === 1) };
    await expect(evaluateBlufrTrial(device, features, labels, strangers, 1)).rejects.toThrow(
      'no probes of people',
    );
  });

  test('memory is given back', async () => {
    const { features, labels } = signs(300, 16, 40, 3);
    const before = device.memory().used;
    await evaluateBlufrTrial(device, features, labels, trialOf(labels), 1, { side: 64 });
    expect(device.memory().used - before).toBeLessThan(20_000);
  });
});

describe('over trials', () => {
  const trial = (number: number, verificationRate: number, detectionRate: number) =>
    ({
      trial: number,
      verificationRate,
      detectionRate,
      trainImages: 1,
      testImages: 2,
      genuinePairs: 3,
      impostorPairs: 4,
    }) as BlufrTrialResult;

  test('mean, deviation of a sample, and their difference', () => {
    const result = summariseBlufr([trial(1, 0.9, 0.5), trial(2, 0.8, 0.5), trial(3, 1, 0.8)]);
    expect(result.verificationRate.mean).toBeCloseTo(0.9, 15);
    expect(result.verificationRate.std).toBeCloseTo(0.1, 15);
    expect(result.verificationRate.meanMinusStd).toBeCloseTo(0.8, 15);
    expect(result.detectionRate.std).toBeCloseTo(Math.sqrt(0.03), 15);
    expect(blufrTable(result).rows.map((cells) => cells.slice(0, 3))).toEqual([
      ['1', '90.00', '50.00'],
      ['2', '80.00', '50.00'],
      ['3', '100.00', '80.00'],
      ['mean', '90.00', '60.00'],
      ['standard deviation', '10.00', '17.32'],
      ['mean − standard deviation', '80.00', '42.68'],
    ]);
  });

  test('a single trial has no deviation', () => {
    const result = summariseBlufr([trial(7, 0.9, 0.5)]);
    expect(result.detectionRate).toEqual({ mean: 0.5, std: null, meanMinusStd: null });
    expect(blufrTable(result).rows[2]).toEqual(['standard deviation', '–', '–']);
  });
});
