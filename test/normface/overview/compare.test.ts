import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { randomNumbers } from '../../../src/common/statistics.ts';
import { readCompared } from '../../../src/normface/overview/compared-run.node.ts';
import { comparisonCurves } from '../../../src/normface/overview/comparison-curves.node.ts';
import { comparisonTable } from '../../../src/normface/overview/comparison-table.ts';
import { readEvaluations } from '../../../src/normface/overview/evaluations.node.ts';
import { pairedDifferences, pairedText } from '../../../src/normface/overview/paired-difference.ts';
import { samePairs } from '../../../src/normface/overview/same-pairs.node.ts';
import { settingsTable } from '../../../src/normface/overview/setting-differences.ts';
import { at, finishedLog, makeEvaluation, makeFiles, makeRun, step } from './made-runs.ts';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-compare-'));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const none = { found: [], problems: [] };

test('the settings that differ, and no others', () => {
  const settings = [
    { name: 'a', output: 'x', seed: 1, loss: { name: 'softmax' }, data: { path: 'p', excludeFolds: [1] } },
    {
      name: 'b',
      output: 'y',
      seed: 1,
      loss: { name: 'normface', scale: { initial: 24 } },
      data: { path: 'p', excludeFolds: [1] },
    },
    { name: 'c', output: 'z', seed: 2, loss: { name: 'softmax' }, data: { path: 'p', excludeFolds: [1, 2] } },
  ];
  const table = settingsTable(settings.map((one) => ({ name: one.name, settings: one as never })))!;
  expect(table.columns.map(({ header }) => header)).toEqual(['setting', 'a', 'b', 'c']);
  expect(table.rows).toEqual([
    ['data.excludeFolds', '[1]', '[1]', '[1,2]'],
    ['loss.name', 'softmax', 'normface', 'softmax'],
    ['loss.scale.initial', '–', '24', '–'],
    ['seed', '1', '1', '2'],
  ]);
  expect(
    settingsTable(settings.slice(0, 1).map((one) => ({ name: 'a', settings: one as never }))),
  ).toBeUndefined();
});

test('nets as data differ by name and hash, not layer by layer', () => {
  const own = (units: number) => ({ name: 'own', layers: [{ kind: 'fully-connected', units }] });
  const rows = (...nets: unknown[]) =>
    settingsTable(nets.map((net, k) => ({ name: `${k}`, settings: { net } as never })))?.rows;
  expect(rows(own(1), own(1))).toBeUndefined();
  expect(rows(own(1), own(2))).toEqual([
    ['net', expect.stringMatching(/^own \([0-9a-f]{8}\)$/), expect.stringMatching(/^own \([0-9a-f]{8}\)$/)],
  ]);
  expect(rows('tiny', own(2))![0]!.slice(0, 2)).toEqual(['net', 'tiny']);
});

test('what came out, side by side', () => {
  const validated = [
    ...finishedLog([3, 1, 2]),
    { event: 'validation', step: 10, protocol: 'lfw-10fold-cos', accuracy: 0.8, time: at(3) },
    { event: 'validation', step: 20, protocol: 'lfw-10fold-cos', accuracy: 0.7, time: at(3) },
  ];
  const a = makeRun(root, 'a-001', { log: validated });
  const b = makeRun(root, 'b-001', {
    log: [{ event: 'start', step: 0 }, step(5, 7, { imagesPerSecond: null })],
  });
  const weights = path.join(a, 'ckpt/x');
  const evaluation = makeEvaluation(root, 'eval-001', {
    runs: [{ name: 'a', weights, right: [1, 0, 0, 0] }],
  });
  const runs = readCompared([a, b], readEvaluations([evaluation]));
  const rows = Object.fromEntries(comparisonTable(runs).rows.map(([name, ...cells]) => [name, cells]));
  expect(rows).toMatchObject({
    state: ['finished', 'interrupted'],
    steps: ['30 / 30', '5 / ?'],
    parameters: ['1,234', '–'],
    'last loss': ['2', '7'],
    'lowest loss': ['1', '7'],
    'best validation, lfw-10fold-cos, %': ['80.00 at step 10', '–'],
    'last validation, lfw-10fold-cos, %': ['70.00', '–'],
    'normface-pca (sum) on pairs.txt, %': ['25.00', '–'],
    'images a second, median': ['100', '–'],
    'training time': ['3m00s', '–'],
  });
});

test('curves that two runs have are drawn, others are named', () => {
  const log = (more: object, losses = [3, 2, 1]) => losses.map((loss, k) => step(10 * (k + 1), loss, more));
  const a = makeRun(root, 'a-001', {
    config: { batchSize: 8 },
    log: log({ scale: 4, positiveCosine: 0.1, negativeCosine: 0 }),
  });
  const b = makeRun(root, 'b-001', {
    config: { loss: { name: 'normface' } },
    log: log({ positiveCosine: 0.2, negativeCosine: 0 }),
  });
  const c = makeRun(root, 'c-001', { log: log({}, [5]) });
  const { figures, text } = comparisonCurves(readCompared([a, b, c], none));
  const captions = figures.map(({ caption }) => caption);
  expect(captions).toHaveLength(4);
  expect(captions[0]).toMatch(
    /The losses are different functions \(softmax, normface\): their values cannot be compared\.$/,
  );
  expect(captions.map((caption) => caption.split(' ')[0])).toEqual(['Training', 'Learning', 'Mean', 'Speed']);
  expect(text).toEqual([
    'A step is a batch, and batches have different sizes: a-001 8, b-001 64, c-001 64 images.',
    'Only one of the runs has these, and they are not drawn: scale of a-001.',
  ]);
  // The rates of a and b are the same: the second line is dashed, the first is not.
  const rates = figures[1]!.svg;
  expect(rates.match(/stroke-dasharray="6 5"/g)?.length).toBeGreaterThanOrEqual(1);
  // The one point of c is drawn as a dot.
  expect(figures[0]!.svg).toContain('<circle');
});

test('two folders of one name are called by their paths; what is no run is refused', () => {
  const [a, b] = ['x/a-001', 'y/a-001'].map((name) => makeRun(root, name, { log: finishedLog([1]) }));
  expect(readCompared([a!, b!], none).map(({ name }) => name)).toEqual([a, b]);
  expect(() => readCompared([a!, root], none)).toThrow(
    /is not the folder of a run: cannot read .*config\.json/,
  );
  fs.rmSync(path.join(b!, 'log.jsonl'));
  expect(readCompared([a!, b!], none)[1]).toMatchObject({
    steps: [],
    summary: { problem: expect.stringMatching(/cannot read .*log\.jsonl: there is no such file/) },
  });
});

test('an imported net differs in its net alone, and has no curves', () => {
  const a = makeRun(root, 'a-001', { config: { net: 'tiny' }, log: finishedLog([3, 2]) });
  const b = makeFiles(root, 'w600k', {
    'ckpt/step-00000000/DONE': '{}',
    'ckpt/step-00000000/state.json': '{"configHash":"imported"}',
    'net.json': '{"name":"w600k","layers":[]}',
  });
  const runs = readCompared([a, b], none);
  expect(settingsTable(runs)!.rows).toEqual([
    ['net', 'tiny', expect.stringMatching(/^w600k \([0-9a-f]{8}\)$/)],
  ]);
  const rows = Object.fromEntries(comparisonTable(runs).rows.map(([name, ...cells]) => [name, cells]));
  expect(rows).toMatchObject({ state: ['finished', 'imported'], 'last loss': ['2', '–'] });
  expect(comparisonCurves(runs).figures).toEqual([]);
});

/** Decisions of which a share is right, the same share in every call with this seed. */
const decisions = (share: number, seed: number, count = 2000) => {
  const random = randomNumbers(seed);
  return Uint8Array.from({ length: count }, () => Number(random() < share));
};

test('a difference by chance is within the noise, a large one is not', () => {
  const base = { name: 'a', decisions: decisions(0.85, 1) };
  const [chance, better] = pairedDifferences([
    base,
    { name: 'b', decisions: decisions(0.85, 2) },
    { name: 'c', decisions: decisions(0.95, 3) },
  ]);
  expect(chance!.isNoise).toBe(true);
  expect(chance!.interval[0]).toBeLessThan(0);
  expect(chance!.interval[1]).toBeGreaterThan(0);
  expect(better!.isNoise).toBe(false);
  expect(better!.p).toBeLessThan(0.01);
  const right = (one: Uint8Array) => one.reduce((sum, bit) => sum + bit, 0);
  const counted = decisions(0.95, 3);
  expect(better!.difference).toBeCloseTo((right(counted) - right(base.decisions)) / 2000, 12);
  expect(better!.onlyThis - better!.onlyFirst).toBe(right(counted) - right(base.decisions));
});

test('the same decisions in another order of right and wrong are no difference, equal ones least of all', () => {
  const decided = decisions(0.9, 5, 400);
  const [same] = pairedDifferences([
    { name: 'a', decisions: decided },
    { name: 'b', decisions: decided.slice() },
  ]);
  expect(same).toMatchObject({ difference: 0, onlyThis: 0, onlyFirst: 0, p: 1, isNoise: true });
  expect(same!.interval).toEqual([0, 0]);
});

test('the sentence', () => {
  const a = { name: 'a-001', decisions: Uint8Array.from({ length: 100 }, (_, k) => Number(k < 80)) };
  const b = {
    name: 'b-001',
    decisions: Uint8Array.from({ length: 100 }, (_, k) => Number(k >= 2 && k < 84)),
  };
  const [lead, sentence, note] = pairedText([a, b], 'normface-pca (sum)', 'pairs.txt');
  expect(lead).toBe('By normface-pca (sum) on the same 100 pairs (pairs.txt) a-001 reaches 80.00 %.');
  expect(sentence).toMatch(
    /^b-001 reaches 82\.00 %, \+2\.00 points \(95 % interval −\d\.\d\d to \+\d\.\d\d, p = 0\.\d+\): within the noise\. Only b-001 is right on 4 pairs, only a-001 on 2\.$/,
  );
  expect(note).toMatch(/^The interval is of a bootstrap over the pairs/);
  expect(note).not.toContain('Holm');
});

test('runs judged apart meet on the same pairs by the same rule', () => {
  const runs = ['a-001', 'b-001', 'c-001'].map((name) => makeRun(root, name, { log: finishedLog([1]) }));
  const [a, b, c] = runs.map((run) => path.join(run, 'ckpt', 'w'));
  const evaluations = [
    makeEvaluation(root, 'eval-001', { runs: [{ name: 'a', weights: a!, right: [0, 0, 0, 0] }] }),
    makeEvaluation(root, 'eval-002', {
      runs: [
        { name: 'b', weights: b!, right: [1, 0, 1, 0] },
        { name: 'a', weights: a!, right: [1, 1, 1, 0] },
      ],
    }),
    makeEvaluation(root, 'eval-003', {
      runs: [{ name: 'c', weights: c!, right: [1, 1, 1, 1] }],
      rule: 'another',
    }),
    makeEvaluation(root, 'eval-004', {
      runs: [{ name: 'c', weights: c!, right: [1, 1, 1, 1] }],
      pairsSha256: 'c'.repeat(64),
    }),
  ];
  const { groups, problems } = samePairs(readCompared(runs, readEvaluations(evaluations)));
  expect(problems).toEqual([]);
  expect(groups).toEqual([
    {
      ...{ rule: 'normface-pca (sum)', pairs: 'pairs.txt', pairsSha256: 'a'.repeat(64) },
      runs: [
        { name: 'a-001', decisions: Uint8Array.of(1, 1, 1, 0) },
        { name: 'b-001', decisions: Uint8Array.of(1, 0, 1, 0) },
      ],
    },
  ]);
});

test('damaged scores are told, and the rest is compared', () => {
  const runs = ['a-001', 'b-001'].map((name) => makeRun(root, name, { log: finishedLog([1]) }));
  const [a, b] = runs.map((run) => path.join(run, 'ckpt', 'w'));
  const made = [
    { name: 'a', weights: a!, right: [0, 1] },
    { name: 'b', weights: b!, right: [1, 1] },
  ];
  const folder = makeEvaluation(root, 'eval-001', { runs: made });
  const file = path.join(folder, 'scores.csv');
  const compared = () => samePairs(readCompared(runs, readEvaluations([folder]))).problems;
  const text = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, text.slice(0, text.lastIndexOf('"A, B')));
  expect(compared()).toEqual(
    Array(2).fill(expect.stringMatching(/scores\.csv is damaged: it has 1 pairs of 2$/)),
  );
  fs.writeFileSync(file, text.replace(/0\.5,1,0\.5,1\n$/, '0.5,2,0.5,1\n'));
  expect(compared()).toEqual([
    expect.stringMatching(/scores\.csv is damaged: line 3 does not say 1 or 0 for a$/),
  ]);
  fs.rmSync(file);
  expect(compared()).toEqual(
    Array(2).fill(expect.stringMatching(/cannot read .*scores\.csv: there is no such file/)),
  );
});
