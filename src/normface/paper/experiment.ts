/** What an experiment of the paper is, and what comes out of one. */

import type { Table } from '../../common/table.ts';
import type { ExperimentRunner } from './experiment-runner.node.ts';

/** One figure or table of the paper, reproduced. */
export interface Experiment {
  /** What the command line calls it; also its folder in the output. */
  readonly name: string;
  readonly title: string;
  /** What the paper reports, in one or two sentences. */
  readonly paper: string;
  run(runner: ExperimentRunner): Promise<ExperimentResults>;
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
