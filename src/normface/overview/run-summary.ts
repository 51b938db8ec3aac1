/** A run in one row. */

/**
 * `interrupted` is also a run whose process is gone without a word; `broken` one whose settings or log cannot be read; `imported`
 * a net of another program, which has neither.
 */
export type RunState = 'finished' | 'running' | 'interrupted' | 'diverged' | 'imported' | 'broken';

/** The best verification of a run. Accuracies of different rules, or pairs, cannot be compared. */
export interface BestVerification {
  readonly accuracy: number;
  /** The rule behind it. */
  readonly protocol: string;
  /** What was judged; null for validations while training, which are on the pairs of the configuration. */
  readonly pairs: string | null;
  readonly source: 'validation' | 'evaluation';
  /** Of a validation: steps done. */
  readonly step: number | null;
}

/** All that a table of runs shows. Null is what the folder does not say. */
export interface RunSummary {
  readonly folder: string;
  readonly state: RunState;
  /** What is wrong with the folder, in a sentence. */
  readonly problem: string | null;
  /** Why evaluations ended the training before its last step (`stopEarly`). */
  readonly endedEarly: string | null;
  readonly name: string | null;
  readonly data: string | null;
  readonly net: string | null;
  readonly loss: string | null;
  readonly step: number | null;
  readonly totalSteps: number | null;
  readonly lastLoss: number | null;
  readonly best: BestVerification | null;
  /** ISO 8601. */
  readonly started: string | null;
  readonly updated: string | null;
  /** Of training, without pauses between interruption and resumption. */
  readonly seconds: number | null;
  /** Of all files of the folder. */
  readonly bytes: number;
}
