/** What a checkpoint holds, wherever it is kept. */

import { z } from 'zod';
import type { StoredTensor } from './safetensors.ts';

const wholeNumber = z.int().min(0);

/** Where a run stands; with the weights and the optimiser's state it decides every later number of the run. */
export const trainingState = z.strictObject({
  format: z.literal(1),
  /** Steps done; the random numbers of the next step follow from it and the seed. */
  step: wholeNumber,
  totalSteps: wholeNumber,
  seed: wholeNumber,
  /** The next image of the data order. */
  cursor: z.strictObject({ epoch: wholeNumber, position: wholeNumber }),
  configHash: z.string(),
  /** Hash of the names of the training images. */
  imagesHash: z.string(),
  /** Hashes of the sizes and times of their files; older checkpoints have none. */
  imageFiles: z.strictObject({ sizes: z.string(), times: z.string() }).optional(),
  /** Hash of what the images hold, where `--verify-data` asked for it. */
  contentsHash: z.string().optional(),
});

export type TrainingState = z.infer<typeof trainingState>;

export interface Checkpoint {
  /** The model; where a training keeps an average of its net, that, and the class weights as they are trained. */
  readonly weights: ReadonlyMap<string, StoredTensor>;
  /** The net as it is trained, where `weights` has its average. */
  readonly trained?: ReadonlyMap<string, StoredTensor>;
  /** What the weights file says of itself: net, image size and so on. */
  readonly metadata: Record<string, string>;
  readonly optimiser: ReadonlyMap<string, StoredTensor>;
  readonly state: TrainingState;
}
