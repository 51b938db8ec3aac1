import type { DeviceOptions } from '../../src/engine/runtime/options.ts';
import type { Work } from '../cases.ts';

export type Mode = NonNullable<DeviceOptions['mode']>;

/** One case made ready by one peer: inputs are in its memory, kernels are compiled at the first run. */
export interface Prepared {
  /** Runs so many times and waits for the end by reading a result back, as a program that looks at its loss does. */
  run(iterations: number): Promise<void>;
  /** What the last run computed; for an optimiser step the loss of each step so far. To compare peers with each other. */
  results(): Promise<Float32Array[]>;
  dispose(): void;
}

/** Somebody who can do the work. */
export interface Peer {
  readonly name: string;
  /** Versions, adapter, threads: whatever a reader must know. */
  readonly description: string;
  /** The GPU device it works on, whose memory and dispatches are counted; null if it uses none. */
  readonly gpu: GPUDevice | null;
  /** Dawn toggles it runs with, by mode of the engine; null without a GPU of Dawn's. Like is compared with like. */
  readonly mode: Mode | null;
  /** Best settings per case: called after a first run, with what is to be tried; the fastest stays. */
  readonly settings?: readonly PeerSetting[];
  /** @returns null where the peer lacks an operation, with the reason in `missing` */
  prepare(work: Work): Promise<Prepared>;
  close(): Promise<void>;
}

export interface PeerSetting {
  readonly label: string;
  apply(): void;
}

/** The peer cannot do this case; the message says what it lacks. */
export class MissingOperation extends Error {
  override name = 'MissingOperation';
}
