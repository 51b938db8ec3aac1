import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { EvaluatedRun } from '../../../src/normface/embedding/evaluate.node.ts';
import type { EvaluationSet } from '../../../src/normface/embedding/evaluation-set.node.ts';
import { evaluateVerification } from '../../../src/normface/evaluation/evaluate.ts';
import {
  readDecisions,
  readScoreIndex,
  writeScores,
} from '../../../src/normface/overview/score-file.node.ts';
import { float32Tensor } from '../../../src/normface/training/checkpoint/safetensors.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-scores-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** Six images of three people; two folds of a genuine and an impostor pair. */
const keys = ['A, B/1.jpg', 'A, B/2.jpg', 'C/1.png', 'C/2.png', 'D "d"/1.jpg', 'D "d"/2.jpg'];
const set: EvaluationSet = {
  dataset: {
    name: 'faces',
    identities: ['A, B', 'C', 'D "d"'],
    samples: keys.map((key, k) => ({ identity: k >> 1, key, source: { kind: 'file', path: key } })),
  },
  isDrawn: false,
  pairsName: 'pairs.txt',
  indices: Uint32Array.of(5, 4, 3, 2, 1, 0),
  pairs: {
    a: Uint32Array.of(0, 0, 2, 4),
    b: Uint32Array.of(1, 3, 3, 2),
    same: Uint8Array.of(1, 0, 1, 0),
    fold: Uint32Array.of(1, 1, 2, 2),
  },
  warnings: [],
};

/** @param angles of the features on the plane */
function run(name: string, angles: readonly number[]): EvaluatedRun {
  const values = Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
  const evaluation = evaluateVerification({ front: { values, dimension: 2 } }, set.pairs, {
    protocols: ['best-threshold'],
  });
  return { name, evaluation, threshold: {} as never };
}

test('scores and decisions of every pair, and what the columns are', () => {
  const weights = path.join(root, 'w.safetensors');
  fs.writeFileSync(weights, 'abc');
  const runs = [run('one, two', [0, 0, 1, 1, 2, 2]), run('other', [0, 1.5, 0, 1, 0.1, 2])];
  expect(writeScores(root, runs, set, [weights])).toBe(true);
  const lines = fs.readFileSync(path.join(root, 'scores.csv'), 'utf8').split('\n');
  expect(lines[0]).toBe('first,second,same,fold,"cosine one, two","right one, two",cosine other,right other');
  expect(lines[1]).toMatch(
    /^"D ""d""\/2\.jpg","D ""d""\/1\.jpg",1,1,(1|0\.9999\d*|1\.000\d*),1,0\.0707\d*,[01]$/,
  );
  expect(lines[2]).toMatch(/^"D ""d""\/2\.jpg",C\/1\.png,0,1,0\.5403\d*,1,0\.5403\d*,[01]$/);
  expect(lines).toHaveLength(6);
  const index = readScoreIndex(root)!;
  // By hand: fold, same, names without their endings.
  const listed = ['1\t1\tD "d"/2\tD "d"/1', '1\t0\tD "d"/2\tC/1', '2\t1\tC/2\tC/1', '2\t0\tA, B/2\tC/2'];
  const sha256 = createHash('sha256')
    .update(`${listed.join('\n')}\n`)
    .digest('hex');
  expect(index).toEqual({
    ...{ format: 1, data: 'faces', pairs: 'pairs.txt', count: 4, pairsSha256: sha256 },
    runs: [
      {
        ...{
          name: 'one, two',
          weights,
          rule: 'best-threshold (front)',
          protocol: 'best-threshold',
          accuracy: 1,
        },
        // Of "abc", FIPS 180-2, appendix B.1.
        weightsSha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      },
      {
        ...{ name: 'other', weights: null, weightsSha256: null },
        ...{ rule: 'best-threshold (front)', protocol: 'best-threshold', accuracy: expect.any(Number) },
      },
    ],
  });
  expect([...readDecisions(root, index, 0)]).toEqual([1, 1, 1, 1]);
  const other = [...readDecisions(root, index, 1)];
  expect(other).toEqual([...runs[1]!.evaluation.first!.decisions]);
  expect(other.reduce((sum, one) => sum + one, 0) / 4).toBe(index.runs[1]!.accuracy);
});

test('a folder without scores has none; another format is damage', () => {
  const folder = path.join(root, 'empty');
  fs.mkdirSync(folder);
  expect(readScoreIndex(folder)).toBeUndefined();
  fs.writeFileSync(path.join(folder, 'scores.json'), '{"format":1,"runs":[]}');
  expect(() => readScoreIndex(folder)).toThrow(/scores\.json is damaged: /);
});

test('a checkpoint that has its checksums is believed', () => {
  const folder = path.join(root, 'ckpt');
  fs.mkdirSync(folder);
  const weights = path.join(folder, 'weights.safetensors');
  fs.writeFileSync(weights, float32Tensor(Float32Array.of(1), [1]).data as Uint8Array);
  const sum = 'd'.repeat(64);
  const done = { format: 1, saved: new Date(0).toISOString(), sha256: { 'weights.safetensors': sum } };
  fs.writeFileSync(path.join(folder, 'DONE'), JSON.stringify(done));
  writeScores(folder, [run('a', [0, 0, 1, 1, 2, 2])], set, [weights]);
  expect(readScoreIndex(folder)!.runs[0]!.weightsSha256).toBe(sum);
});
