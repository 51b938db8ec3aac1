/** Folders of runs as training leaves them, written by hand. */

import fs from 'node:fs';
import path from 'node:path';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';

/** What a run's folder holds. */
export interface MadeRun {
  readonly config?: TrainingConfigInput;
  /** Lines of the log; objects become JSON. */
  readonly log?: readonly (object | string)[];
  /** Other files by their names. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A minute of a made-up hour, as the log writes it. */
export const at = (minute: number) => new Date(Date.UTC(2026, 10, 30, 12, minute)).toISOString();

/** A line of a logged step. */
export const step = (step: number, loss: number, more: object = {}) => ({
  event: 'step',
  step,
  epoch: step / 10,
  loss,
  learningRate: 0.1,
  imagesPerSecond: 100,
  dataWait: 0,
  ...more,
});

/** Writes the folder of a run. @returns its path */
export function makeRun(root: string, name: string, { config = {}, log = [], files = {} }: MadeRun): string {
  const lines = log.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const all = {
    'config.json': JSON.stringify(parseConfig(config)),
    'config.source.json': JSON.stringify(config),
    'log.jsonl': lines.length > 0 ? `${lines.join('\n')}\n` : '',
    ...files,
  };
  return makeFiles(root, name, all);
}

/** Writes a folder with files by their names. @returns its path */
export function makeFiles(root: string, name: string, files: Readonly<Record<string, string>>): string {
  const folder = path.join(root, name);
  fs.mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  }
  return folder;
}

/** Lines of a run that was trained to its end. */
export const finishedLog = (losses: readonly number[], { first = 0, every = 10 } = {}): object[] => [
  { event: 'start', step: 0, totalSteps: every * losses.length, parameters: 1234, time: at(first) },
  ...losses.map((loss, k) => step(every * (k + 1), loss, { time: at(first + k + 1) })),
  { event: 'done', step: every * losses.length, time: at(first + losses.length) },
];

/** One evaluation of runs on four pairs per fold, with a right or wrong decision for each pair. */
export interface MadeEvaluation {
  readonly runs: readonly {
    readonly name: string;
    readonly weights: string | null;
    readonly right: readonly number[];
  }[];
  readonly pairsSha256?: string;
  readonly rule?: string;
}

/** Writes the folder of an evaluation as `normface eval` does. */
export function makeEvaluation(
  root: string,
  name: string,
  { runs, pairsSha256 = 'a'.repeat(64), rule = 'normface-pca (sum)' }: MadeEvaluation,
): string {
  const folder = path.join(root, name);
  fs.mkdirSync(folder, { recursive: true });
  const count = runs[0]!.right.length;
  const index = {
    format: 1,
    data: 'faces',
    pairs: 'pairs.txt',
    count,
    pairsSha256,
    runs: runs.map(({ name, weights, right }) => ({
      ...{ name, weights, weightsSha256: null, rule, protocol: 'normface-pca' },
      accuracy: right.reduce((sum, one) => sum + one, 0) / count,
    })),
  };
  const header = ['first,second,same,fold', ...runs.map(({ name }) => `cosine ${name},right ${name}`)];
  const lines = Array.from({ length: count }, (_, k) =>
    ['"A, B/1.jpg",C/2.jpg', k % 2, 1 + (k >> 2), ...runs.map(({ right }) => `0.5,${right[k]}`)].join(','),
  );
  fs.writeFileSync(path.join(folder, 'result.json'), '{}');
  fs.writeFileSync(path.join(folder, 'scores.json'), JSON.stringify(index));
  fs.writeFileSync(path.join(folder, 'scores.csv'), `${[header.join(','), ...lines].join('\n')}\n`);
  return folder;
}
