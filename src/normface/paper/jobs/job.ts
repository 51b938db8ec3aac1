/** One training of the paper's tables as a job: what decides it, what it starts from, and what is measured of it. */

import type { JsonObject } from '../../../common/json.ts';
import type { TrainingConfig, TrainingConfigInput } from '../../training/config/config.ts';
import type { ExperimentRunner, TrainedRun } from '../experiment-runner.node.ts';

export interface Job {
  /** What people call it, such as `tables-normface-s1`; another key does not make it another job. */
  readonly key: string;
  /** Settings without name, output and start. */
  readonly config: TrainingConfigInput;
  /** The job whose last checkpoint it starts from, and whether it takes over the class weights too. */
  readonly start?: { readonly job: Job; readonly head: 'keep' | 'new' };
  readonly measures: readonly Measure[];
}

/** Something measured of a trained net, kept as JSON, in which numbers are the same bits when they are read again. */
export interface Measure<T extends object = object> {
  /** What people call it: `pairs`, `BLUFR`. */
  readonly name: string;
  /** What decides its numbers besides the net, and the images and pairs that judge. */
  readonly settings: JsonObject;
  /** The images and pairs that judge. @param config of the job */
  subject(runner: ExperimentRunner, config: TrainingConfig): Promise<Subject>;
  measure(runner: ExperimentRunner, run: TrainedRun): Promise<T>;
}

/** What a measure looks at. */
export interface Subject {
  /** Tells images and pairs from others. */
  readonly fingerprint: string;
  /** Images that pass through the net, mirror images counted again. */
  readonly images: number;
}

/** A job in a plan: which row of the experiment it belongs to. */
export interface PlannedJob {
  readonly job: Job;
  /** What the text calls its row. */
  readonly label: string;
  readonly seed: number;
}
