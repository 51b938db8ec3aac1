import { describe, expect, test } from 'vitest';
import { formatTable } from '../../../src/common/table.ts';
import { evaluateVerification } from '../../../src/normface/evaluation/evaluate.ts';
import { mergeMirror, mergeNames } from '../../../src/normface/evaluation/merge.ts';
import { PairScores } from '../../../src/normface/evaluation/pair-scores.ts';
import { selectFolds } from '../../../src/normface/evaluation/pairs.ts';
import { protocolNames } from '../../../src/normface/evaluation/protocol-names.ts';
import { decisionsOf, evaluateProtocol, judge } from '../../../src/normface/evaluation/protocols.ts';
import { cosineScores } from '../../../src/normface/evaluation/similarity.ts';
import {
  formatAccuracy,
  metricsTable,
  protocolLabel,
  protocolTable,
} from '../../../src/normface/evaluation/summary.ts';
import { splitScores } from '../../../src/normface/evaluation/threshold.ts';
import { noisyFaces, randomPairs } from './helpers.ts';

const shape = { people: 30, each: 4, dimension: 12, noise: 0.9 };
const front = noisyFaces({ ...shape, seed: 1 });
// The mirror image shares the person, not the noise.
const mirrored = {
  dimension: 12,
  values: front.values.map((x, k) => x + 0.5 * noisyFaces({ ...shape, seed: 2 }).values[k]!),
};
const pairs = randomPairs(30, 4, 300, 10, 3);

describe('merges', () => {
  test.each(mergeNames)('%s: each rule gets the merge of its definition', (merge) => {
    const { metrics, scores } = evaluateVerification({ front, mirrored }, pairs, { merge });
    expect(metrics.protocols.map((result) => [result.protocol, result.merge])).toEqual([
      ['lfw-10fold-l2', 'sum'],
      ['lfw-10fold-cos', 'front'],
      ['best-threshold', merge],
      ['10fold-mean', merge],
      ['normface-pca-svm', merge],
      ['normface-pca', merge],
      ['normface-nopca-svm', merge],
      ['normface-nopca', merge],
      ['normface-nopca-svm-all', merge],
    ]);
    for (const { merge: own, ...result } of metrics.protocols) {
      if (result.protocol === 'held-out-fold') throw new Error('not asked for');
      expect(result).toEqual(evaluateProtocol(result.protocol, mergeMirror(front, mirrored, own), pairs));
    }
    expect(scores).toEqual(cosineScores(mergeMirror(front, mirrored, merge), pairs));
  });

  test('without mirror images: front, and no rule that needs them', () => {
    const { metrics } = evaluateVerification({ front }, pairs);
    expect(metrics.merge).toBe('front');
    expect(metrics.protocols.map(({ protocol }) => protocol)).toEqual([
      'lfw-10fold-cos',
      'best-threshold',
      '10fold-mean',
      'normface-pca-svm',
      'normface-pca',
      'normface-nopca-svm',
      'normface-nopca',
      'normface-nopca-svm-all',
    ]);
    expect(() => evaluateVerification({ front }, pairs, { protocols: ['lfw-10fold-l2'] })).toThrow(
      /mirrored images/,
    );
  });

  test('pairs of one fold: only the rules without folds', () => {
    const { metrics } = evaluateVerification({ front }, selectFolds(pairs, [4]));
    expect(metrics.protocols.map(({ protocol }) => protocol)).toEqual([
      'best-threshold',
      'normface-nopca-svm-all',
    ]);
  });
});

describe('held-out fold', () => {
  const heldOut = { thresholdFold: 9, testFold: 10 };

  test('every number is of the test fold only', () => {
    const { metrics, scores, pairs: judged } = evaluateVerification({ front, mirrored }, pairs, { heldOut });
    expect(metrics.protocols).toHaveLength(1);
    expect(metrics.protocols[0]).toMatchObject({
      protocol: 'held-out-fold',
      merge: 'sum',
      folds: [{ fold: 10 }],
    });
    expect(metrics.genuine + metrics.impostor).toBe(30);
    expect(new Set(judged.fold)).toEqual(new Set([10]));
    expect(scores).toHaveLength(30);
    const alone = evaluateVerification({ front, mirrored }, selectFolds(pairs, [10]));
    expect(metrics.equalErrorRate).toBe(alone.metrics.equalErrorRate);
    expect(metrics.areaUnderCurve).toBe(alone.metrics.areaUnderCurve);
  });

  test('is not mixed with other protocols', () => {
    expect(() => evaluateVerification({ front }, pairs, { heldOut, protocols: ['best-threshold'] })).toThrow(
      /its own protocol/,
    );
  });
});

test('metrics survive JSON, and nothing depends on hidden state', () => {
  const { metrics } = evaluateVerification({ front, mirrored }, pairs);
  expect(JSON.parse(JSON.stringify(metrics))).toEqual(metrics);
  expect(evaluateVerification({ front, mirrored }, pairs).metrics).toEqual(metrics);
});

test('bad pairs are refused even when no protocol is asked for', () => {
  const broken = { ...pairs, a: pairs.a.map((row, k) => (k === 7 ? 999 : row)) };
  expect(() => evaluateVerification({ front }, broken, { protocols: [] })).toThrow(
    'pair 7 compares rows 999',
  );
});

describe('texts', () => {
  test('a number always has its protocol beside it', () => {
    const { metrics } = evaluateVerification({ front, mirrored }, pairs, { merge: 'max' });
    const table = metricsTable([
      { name: 'one', metrics },
      { name: 'two', metrics },
    ]);
    expect(table.columns.map(({ header }) => header)).toEqual(['%', 'one', 'two']);
    expect(table.rows.map(([name]) => name)).toEqual([
      'lfw-10fold-l2 (sum)',
      'lfw-10fold-cos (front)',
      'best-threshold (max)',
      '10fold-mean (max)',
      'normface-pca-svm (max)',
      'normface-pca (max)',
      'normface-nopca-svm (max)',
      'normface-nopca (max)',
      'normface-nopca-svm-all (max)',
      'EER (max)',
      'AUC (max)',
      'TAR @ FAR 0.1 (max)',
      'TAR @ FAR 0.01 (max)',
      'TAR @ FAR 0.001 (max)',
      'TAR @ FAR 0.0001 (max)',
    ]);
    expect(table.rows[0]![1]).toBe(formatAccuracy(metrics.protocols[0]!));
    expect(table.rows[table.first!]![0]).toBe('normface-pca (max)');
    expect(formatTable(table)).toMatch(/^normface-pca \(max\) .* ◂ read this row first$/m);
    const legend = protocolTable(metrics.protocols);
    expect(legend.rows.map(([name]) => name)).toEqual([...protocolNames]);
    for (const [, sentence] of legend.rows) expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(table.rows[12]![1]).toMatch(/^\d+\.\d\d$/);
    expect(table.rows[13]!.slice(1)).toEqual(['–', '–']);
    expect(table.notes?.join(' ')).toContain(
      '150 different pairs are too few for a false accept rate of 0.001 or 0.0001',
    );
  });

  test('formats', () => {
    expect(formatAccuracy({ accuracy: 0.86325, std: 0.0109 })).toBe('86.33 ± 1.09');
    expect(formatAccuracy({ accuracy: 0.863, std: null })).toBe('86.30');
    const heldOut = evaluateVerification({ front }, pairs, { heldOut: { thresholdFold: 9, testFold: 10 } });
    expect(protocolLabel(heldOut.metrics.protocols[0]!)).toBe(
      'held-out-fold (front, fold 10 at the threshold of fold 9)',
    );
  });
});

describe('single decisions', () => {
  test.each(protocolNames)('%s: their mean over a fold is its accuracy', (name) => {
    const scores = new PairScores(front, pairs);
    const result = judge(name, scores);
    const decisions = decisionsOf(result, scores);
    expect(decisions).toHaveLength(pairs.a.length);
    for (const { fold, accuracy } of result.folds) {
      const own = decisions.filter((_, pair) => pairs.fold[pair] === fold);
      expect(own.reduce((sum, right) => sum + right, 0) / own.length).toBeCloseTo(accuracy, 12);
    }
  });

  test('those of a held-out fold are of its pairs alone', () => {
    const heldOut = { thresholdFold: 9, testFold: 10 };
    const { first, pairs: judged } = evaluateVerification({ front }, pairs, { heldOut });
    expect(first!.decisions).toHaveLength(judged.a.length);
    const right = first!.decisions.reduce((sum, decision) => sum + decision, 0);
    expect(right / judged.a.length).toBeCloseTo(first!.result.accuracy, 12);
  });

  test('are of the protocol to be read first where it is there', () => {
    expect(evaluateVerification({ front, mirrored }, pairs).first!.result.protocol).toBe('normface-pca');
    const { first } = evaluateVerification({ front }, pairs, { protocols: ['10fold-mean'] });
    expect(first!.result.protocol).toBe('10fold-mean');
  });
});

describe('scores are computed once', () => {
  test('for all folds, or where folds are left out once for each', () => {
    const scores = new PairScores(front, pairs);
    for (const measure of ['cosine', 'squared L2 distance', 'L2 distance'] as const)
      expect(scores.of(measure, 1)).toBe(scores.of(measure, 2));
    for (const measure of [
      'cosine of centred features',
      'cosine after PCA',
      'L2 distance after PCA',
    ] as const) {
      expect(scores.of(measure, 1)).toBe(scores.of(measure, 1));
      expect(scores.of(measure, 1)).not.toEqual(scores.of(measure, 2));
    }
  });

  test('the split for a threshold is of all pairs, or of the threshold fold', () => {
    const all = evaluateVerification({ front }, pairs);
    expect(all.thresholdSplit).toEqual(splitScores(cosineScores(front, pairs), pairs.same));
    const heldOut = { thresholdFold: 9, testFold: 10 };
    const fold = selectFolds(pairs, [9]);
    expect(evaluateVerification({ front }, pairs, { heldOut }).thresholdSplit).toEqual(
      splitScores(cosineScores(front, fold), fold.same),
    );
  });
});
