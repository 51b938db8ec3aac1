import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { JsonObject } from '../../../../src/common/json.ts';
import {
  type ExperimentRunner,
  InterruptedError,
} from '../../../../src/normface/paper/experiment-runner.node.ts';
import type { Job, Measure } from '../../../../src/normface/paper/jobs/job.ts';
import { saveCheckpoint } from '../../../../src/normface/training/checkpoint/checkpoint.node.ts';
import { readState } from '../../../../src/normface/training/checkpoint/read-checkpoint.node.ts';
import { parseConfig, type TrainingConfigInput } from '../../../../src/normface/training/config/config.ts';

/** Steps of every stub job. */
export const stubSteps = 10;

export const stubConfig: TrainingConfigInput = {
  net: 'tiny',
  data: { path: 'generated:identities=4,samples=4', imageSize: [16, 16] },
  batchSize: 8,
  steps: stubSteps,
};

export function stubJob(key: string, settings: Partial<Job> & { seed?: number } = {}): Job {
  const { seed = 1, config, ...others } = settings;
  return { key, config: { ...stubConfig, ...config, seed }, measures: [], ...others };
}

/** A measure that counts how often it is asked; its value follows from what was trained. */
export function stubMeasure(name: string, settings: JsonObject = {}) {
  const measure = {
    name,
    settings,
    asked: 0,
    images: 16,
    subject: async () => ({ fingerprint: 'the pairs', images: measure.images }),
    measure: async (_runner: ExperimentRunner, run: { key: string; config: { seed: number } }) => {
      measure.asked++;
      return { name, seed: run.config.seed, accuracy: 1 / (3 + run.config.seed) };
    },
  };
  return measure satisfies Measure;
}

export interface Training {
  readonly key: string;
  /** The step that it went on from. */
  readonly from: number;
  readonly input: TrainingConfigInput;
}

/**
 * In the place of a training: it writes the files of a run, takes no time, and stops where it is told to.
 * @param seconds for a step, as its log has it
 */
export function stubTrainer(seconds = 2) {
  const trained: Training[] = [];
  const state = { stopAt: Number.POSITIVE_INFINITY, fail: undefined as Error | undefined };
  const train: ExperimentRunner['trainIn'] = async (input, { folder, key, resume }) => {
    const config = parseConfig({ ...input, name: 'run', output: folder });
    const from = resume === undefined ? 0 : readState(resume).step;
    const run = resume === undefined ? join(folder, 'run-001') : resolve(resume, '../..');
    if (from === stubSteps)
      return { key, folder: run, checkpoint: resume!, config, data: undefined as never, steps: [] };
    trained.push({ key, from, input });
    if (state.fail) throw state.fail;
    const step = Math.min(stubSteps, state.stopAt);
    mkdirSync(run, { recursive: true });
    const at = (k: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds * k)).toISOString();
    const lines = [
      { event: 'start', step: 0, totalSteps: stubSteps, time: at(0) },
      ...Array.from({ length: step }, (_, k) => ({ event: 'step', step: k + 1, loss: 1, time: at(k + 1) })),
    ];
    writeFileSync(join(run, 'log.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const checkpoint = saveCheckpoint(run, {
      weights: new Map(),
      metadata: {},
      optimiser: new Map(),
      state: {
        format: 1,
        step,
        totalSteps: stubSteps,
        seed: config.seed,
        cursor: { epoch: 0, position: 0 },
        configHash: '0123456789abcdef',
        imagesHash: '0123456789abcdef',
      },
    });
    if (step < stubSteps) throw new InterruptedError(`stopped at step ${step}`);
    return { key, folder: run, checkpoint, config, data: undefined as never, steps: [] };
  };
  return { train, trained, state };
}
