/** What a run keeps to go on from. */

import type { Cursor } from '../data/order.ts';
import type { StoredTensor } from './safetensors.ts';

/** Where a run stands; with the weights and the optimiser's state it decides every later number of the run. */
export interface TrainingState {
  readonly format: 1;
  /** Steps done; the random numbers of the next step follow from it and the seed. */
  readonly step: number;
  readonly totalSteps: number;
  readonly seed: number;
  /** The next image of the data order. */
  readonly cursor: Cursor;
  readonly configHash: string;
  /** Hash of the names of the training images. */
  readonly imagesHash: string;
}

export interface Checkpoint {
  readonly weights: ReadonlyMap<string, StoredTensor>;
  /** What the weights file says of itself: net, image size and so on. */
  readonly metadata: Record<string, string>;
  readonly optimiser: ReadonlyMap<string, StoredTensor>;
  readonly state: TrainingState;
}
