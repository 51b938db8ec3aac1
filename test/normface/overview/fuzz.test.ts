/** Folders of runs with damaged files, by a fixed seed: what comes of each is a row or a sentence, never a fault of the program. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { formatTable } from '../../../src/common/table.ts';
import { hash32 } from '../../../src/engine/core/random.ts';
import { readCompared } from '../../../src/normface/overview/compared-run.node.ts';
import { comparisonCurves } from '../../../src/normface/overview/comparison-curves.node.ts';
import { comparisonTable } from '../../../src/normface/overview/comparison-table.ts';
import { readEvaluations } from '../../../src/normface/overview/evaluations.node.ts';
import { findRuns } from '../../../src/normface/overview/find-runs.node.ts';
import { listRuns } from '../../../src/normface/overview/list-runs.node.ts';
import { runsTable } from '../../../src/normface/overview/runs-table.ts';
import { samePairs } from '../../../src/normface/overview/same-pairs.node.ts';
import { settingsTable } from '../../../src/normface/overview/setting-differences.ts';
import { at, finishedLog, makeEvaluation, makeRun } from './made-runs.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-runs-fuzz-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** A copy with bytes changed, left out, doubled or cut off, or a number or a word replaced by another kind of value. */
function damaged(text: string, seed: number): string {
  const draw = (stream: number, bound: number): number => hash32(seed, stream) % Math.max(1, bound);
  const from = draw(1, text.length);
  const length = draw(2, 24) + 1;
  const values = [
    'null',
    '-1',
    '1e999',
    '1e308',
    '[]',
    '{}',
    '""',
    'true',
    '"\\u0000\\n"',
    '[[[[1]]]]',
    '4294967296.5',
  ];
  switch (draw(0, 6)) {
    case 0:
      return text.slice(0, from);
    case 1:
      return text.slice(0, from) + text.slice(from + length);
    case 2:
      return text.slice(0, from + length) + text.slice(from);
    case 3:
      return `${text.slice(0, from)}${String.fromCharCode(draw(3, 0x250))}${text.slice(from + 1)}`;
    default: {
      // One of the values of the JSON text.
      const found = [...text.matchAll(/(?<=:)("[^"]*"|-?[\d.]+|true|false)/g)];
      const one = found[draw(4, found.length)];
      if (!one) return text;
      return (
        text.slice(0, one.index) + values[draw(5, values.length)] + text.slice(one.index + one[0].length)
      );
    }
  }
}

const sha256 = 'b'.repeat(64);
const done = { format: 1, saved: at(2), sha256: { 'weights.safetensors': sha256 } };
const log = finishedLog([3, 2, 1]).toSpliced(
  3,
  0,
  { event: 'validation', step: 20, protocol: 'lfw-10fold-cos', accuracy: 0.75, threshold: 0.5 },
  { event: 'resume', step: 20, totalSteps: 30, time: at(9) },
);
const config = { loss: { name: 'normface' }, net: 'tiny', sampling: { kind: 'shuffled' } } as const;
const files = {
  'ckpt/step-00000030/DONE': JSON.stringify(done),
  'ckpt/step-00000030/state.json': '{}',
  'lock.json': JSON.stringify({ pid: 1, host: 'x', since: at(0), began: null }),
};

test('damaged folders of runs', () => {
  const folder = path.join(root, 'runs');
  const run = makeRun(folder, 'a-001', { config, log, files });
  const other = makeRun(folder, 'b-001', { log });
  const weights = path.join(run, 'ckpt', 'w');
  const evaluation = makeEvaluation(folder, 'eval-001', {
    runs: [
      { name: 'a', weights, right: [1, 0, 1, 1] },
      { name: 'b', weights: path.join(other, 'ckpt', 'w'), right: [1, 1, 0, 1] },
    ],
  });
  const targets = [
    ...['config.json', 'log.jsonl', 'lock.json', 'ckpt/step-00000030/DONE'].map((name) =>
      path.join(run, name),
    ),
    ...['scores.json', 'scores.csv'].map((name) => path.join(evaluation, name)),
  ];
  const texts = targets.map((file) => fs.readFileSync(file, 'utf8'));
  const outcomes = { rows: 0, broken: 0, compared: 0, refused: 0 };
  for (let seed = 0; seed < 300; seed++) {
    const k = hash32(seed, 99) % targets.length;
    fs.writeFileSync(targets[k]!, damaged(texts[k]!, seed));
    const { runs } = listRuns(folder, (['metric', 'loss', 'time'] as const)[seed % 3]);
    // A file that is damaged is no reason to leave a run out.
    expect(runs).toHaveLength(2);
    formatTable(runsTable(runs, path.basename));
    outcomes.rows += runs.length;
    outcomes.broken += runs.filter(({ state }) => state === 'broken').length;
    for (const one of runs) if (one.state === 'broken') expect(one.problem).toMatch(/\w/);
    try {
      const compared = readCompared([run, other], readEvaluations(findRuns(folder).evaluations));
      settingsTable(compared);
      formatTable(comparisonTable(compared));
      samePairs(compared);
      if (seed % 25 === 0) comparisonCurves(compared);
      outcomes.compared++;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      outcomes.refused++;
    }
    fs.writeFileSync(targets[k]!, texts[k]!);
  }
  // Both ways were taken, often.
  expect(outcomes.broken).toBeGreaterThan(20);
  expect(outcomes.compared).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(10);
});

test('files and folders in the places of one another', () => {
  const folder = path.join(root, 'places');
  for (const [k, name] of [
    'config.json',
    'log.jsonl',
    'ckpt',
    'lock.json',
    'ckpt/step-00000030/DONE',
  ].entries()) {
    const run = makeRun(folder, `a-00${k}`, { config, log, files });
    const place = path.join(run, name);
    const isFolder = fs.statSync(place).isDirectory();
    fs.rmSync(place, { recursive: true });
    if (isFolder) fs.writeFileSync(place, '');
    else fs.mkdirSync(place);
  }
  const states = listRuns(folder).runs.map(({ folder: run, state }) => `${path.basename(run)} ${state}`);
  expect(states.sort()).toEqual([
    ...['a-000 broken', 'a-001 running', 'a-002 running', 'a-003 finished', 'a-004 running'],
  ]);
});
