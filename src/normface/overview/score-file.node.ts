/**
 * The scores of an evaluation, pair by pair, so that runs that were judged apart can be compared on the same pairs: `scores.csv` for
 * people and spreadsheets, `scores.json` with what its columns are.
 */

import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { replaceFile } from '../../common/files.node.ts';
import { readJson } from '../../common/json-file.node.ts';
import { readText } from '../../common/text.node.ts';
import type { EvaluatedRun } from '../embedding/evaluate.node.ts';
import type { EvaluationSet } from '../embedding/evaluation-set.node.ts';
import { pairsSha256 } from '../embedding/pairs-sha256.node.ts';
import { protocolLabel } from '../evaluation/summary.ts';
import { DONE, readDone, sha256Of } from '../training/checkpoint/done.node.ts';

/** Of more pairs the scores are not kept: the files would be larger than all others together. */
export const mostScoredPairs = 200_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const share = z.number().min(0).max(1);

const scoreIndex = z.object({
  format: z.literal(1),
  data: z.string(),
  pairs: z.string(),
  count: z.int().min(1),
  /** Of the list of pairs, whatever file it was read from. */
  pairsSha256: sha256,
  runs: z
    .array(
      z.object({
        name: z.string(),
        /** As it was named on the command line. */
        weights: z.string().nullable(),
        weightsSha256: sha256.nullable(),
        /** The rule to read first, with its merge, and its accuracy: null where no rule was applied. */
        rule: z.string().nullable(),
        protocol: z.string().nullable(),
        accuracy: share.nullable(),
      }),
    )
    .min(1),
});

/** What `scores.json` says. */
export type ScoreIndex = z.infer<typeof scoreIndex>;

/**
 * Writes the scores of runs that were judged on the same pairs.
 *
 * @param weights the weights file of each run, where known
 * @returns false when there are too many pairs, and nothing is written
 */
export function writeScores(
  folder: string,
  runs: readonly EvaluatedRun[],
  set: EvaluationSet,
  weights: readonly string[] = [],
): boolean {
  const { pairs } = runs[0]!.evaluation;
  const count = pairs.a.length;
  if (count > mostScoredPairs) return false;
  const key = (row: number) => quoted(set.dataset.samples[set.indices[row]!]!.key);
  const header = ['first', 'second', 'same', 'fold'];
  for (const { name } of runs) header.push(quoted(`cosine ${name}`), quoted(`right ${name}`));
  const lines = Array.from({ length: count }, (_, k) => [
    ...[key(pairs.a[k]!), key(pairs.b[k]!), pairs.same[k], pairs.fold[k]],
    ...runs.flatMap(({ evaluation: { scores, first } }) => [scores[k], first?.decisions[k] ?? '']),
  ]);
  const index: ScoreIndex = {
    format: 1,
    data: set.dataset.name,
    pairs: set.pairsName,
    count,
    pairsSha256: pairsSha256({ ...set, pairs }),
    runs: runs.map(({ name, evaluation: { first } }, k) => ({
      name,
      weights: weights[k] ?? null,
      weightsSha256: weights[k] === undefined ? null : weightsSha256(weights[k]),
      rule: first && protocolLabel(first.result),
      protocol: first?.result.protocol ?? null,
      accuracy: first?.result.accuracy ?? null,
    })),
  };
  replaceFile(
    path.join(folder, 'scores.csv'),
    `${[header, ...lines].map((line) => line.join(',')).join('\n')}\n`,
  );
  replaceFile(path.join(folder, 'scores.json'), `${JSON.stringify(index, null, 2)}\n`);
  return true;
}

/** A cell of comma-separated values (RFC 4180). */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Checksum of a weights file, from its checkpoint where that says it. */
function weightsSha256(file: string): string {
  const folder = path.dirname(file);
  const done = fs.existsSync(path.join(folder, DONE)) ? readDone(folder) : undefined;
  return done?.sha256[path.basename(file)] ?? sha256Of(fs.readFileSync(file));
}

/** More than any index has. */
const mostIndexBytes = 2 ** 22;

/** Reads `scores.json`; undefined where an evaluation has none. @throws UserError when it is damaged */
export function readScoreIndex(folder: string): ScoreIndex | undefined {
  const file = path.join(folder, 'scores.json');
  if (!fs.existsSync(file)) return undefined;
  const parsed = scoreIndex.safeParse(readJson(file, mostIndexBytes));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`${file} is damaged: ${issue!.path.join('.') || 'it'}: ${issue!.message}`);
  }
  return parsed.data;
}

/** More than the scores of {@link mostScoredPairs} for ten runs take. */
const mostScoreBytes = 2 ** 27;

/**
 * For every pair, in the order of the list, whether the first rule decides it rightly, 1 or 0.
 *
 * @param run number of a run of the index
 * @throws UserError when `scores.csv` is not what the index says
 */
export function readDecisions(folder: string, { count, runs }: ScoreIndex, run: number): Uint8Array {
  const file = path.join(folder, 'scores.csv');
  const lines = readText(file, file, mostScoreBytes).split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length !== count + 1)
    throw new UserError(`${file} is damaged: it has ${lines.length - 1} pairs of ${count}`);
  return Uint8Array.from({ length: count }, (_, k) => {
    // The names before may be quoted and hold commas; the numbers behind them are not.
    const cell = lines[k + 1]!.split(',').at(2 * (run - runs.length) + 1);
    if (cell !== '0' && cell !== '1')
      throw new UserError(`${file} is damaged: line ${k + 2} does not say 1 or 0 for ${runs[run]!.name}`);
    return Number(cell);
  });
}
