/** What an experiment of the paper is, and what comes out of one. */

import type { Table } from '../../common/table.ts';
import type { ExperimentRunner } from './experiment-runner.node.ts';
import type { Job, Measure, PlannedJob } from './jobs/job.ts';

/** One figure or table of the paper, reproduced. */
export interface Experiment {
  /** What the command line calls it; also its folder in the output. */
  readonly name: string;
  readonly title: string;
  /** What the paper reports, in one or two sentences. */
  readonly paper: string;
  run(runner: ExperimentRunner): Promise<ExperimentResults>;
}

/** An experiment that is made of jobs: each is done once, whoever wants it, and what is done so far can be told at any time. */
export interface PlannedExperiment extends Omit<Experiment, 'run'> {
  /** @throws UserError where data that the preset needs are missing */
  plan(runner: ExperimentRunner): Promise<Plan> | Plan;
}

export interface Plan {
  /** In the order in which they are done; of every row, seed by seed. */
  readonly jobs: readonly PlannedJob[];
  /** What is known so far, or undefined where that is too little for any sentence. */
  results(known: KnownValues): Promise<ExperimentResults | undefined>;
  /** Asked while any of its jobs is to be done. @throws UserError where the adapter cannot do them */
  check?(runner: ExperimentRunner): Promise<void>;
}

/** What measures of jobs gave. */
export interface KnownValues {
  value<T extends object>(job: Job, measure: Measure<T>): Promise<T | undefined>;
}

/** An experiment that runs, as the order of the paper has them. */
export type AnyExperiment = Experiment | PlannedExperiment;

export function isPlanned(experiment: AnyExperiment): experiment is PlannedExperiment {
  return 'plan' in experiment;
}

export interface ExperimentResults {
  /** Paragraphs: what was run, on which data, what came out. */
  readonly text: readonly string[];
  /** What came out in one line, for the head of the paper's page; computed from the same verdicts as the text. */
  readonly summary?: string;
  readonly tables: readonly NamedTable[];
  readonly figures: readonly Figure[];
}

/** Numbers for `<stem>.csv`, unrounded, and how to show them; without `display` they are in the file only. */
export interface NamedTable {
  readonly stem: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (number | string)[])[];
  readonly display?: Table;
}

/** A plot for `<stem>.svg` and `<stem>.png`. */
export interface Figure {
  readonly stem: string;
  readonly svg: string;
  readonly caption: string;
}
