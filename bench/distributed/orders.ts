/** What the benchmark and its ranks say to each other: files in a folder, since ranks that wait in MPI would keep the processors busy. */

import type { Traffic } from '../../src/engine/distributed/communicator.ts';
import type { RankRecord } from '../../src/normface/distributed/training-group.ts';
import type { TrainingConfigInput } from '../../src/normface/training/config/config.ts';

/** The variable with the {@link RankOrders} of a job, as JSON. */
export const ordersVariable = 'NORMFACE_BENCH';

export interface RankOrders {
  readonly folder: string;
  readonly config: TrainingConfigInput;
  readonly classes: number;
  readonly adapter?: string | undefined;
}

/** What all ranks do next: the file `round-<number>.json`. */
export interface Round {
  readonly steps: number;
  /** Whether what all do in the last step goes to `step.json`. */
  readonly records: boolean;
}

/** What a rank did: the file `round-<number>.rank-<rank>.json`. */
export interface RankRound {
  /** Of all steps. */
  readonly milliseconds: number;
  /** Bytes of a step, by operation. */
  readonly sent: Traffic;
  /** Milliseconds in which gradients of the net were on their way in a step, and of these such in which the GPU had work. */
  readonly exchanged: number;
  readonly hidden: number;
  /** Where the time went; null for one rank. */
  readonly times: RankRecord | null;
  /** Most memory that the process had so far, VmHWM; null where the system does not say. */
  readonly peakBytes: number | null;
  /** GPU memory of model, optimiser and step. */
  readonly modelBytes: number;
  readonly adapter: string;
}

export const roundFile = (round: number): string => `round-${round}.json`;
export const rankFile = (round: number, rank: number): string => `round-${round}.rank-${rank}.json`;
export const stepFile = 'step.json';
/** When it is there, ranks end. */
export const endFile = 'end';
