/** What a training would take, found by training for a moment. */

import { hash32 } from '../../../engine/core/random.ts';
import type { Device } from '../../../engine/core/tensor.ts';
import { accumulatedBatches } from '../accumulated-batches.ts';
import { trainingBatches } from '../batches.node.ts';
import { imagesPerStep, type TrainingConfig } from '../config/config.ts';
import type { BatchSource, LabelledImages } from '../loop.ts';
import { Model } from '../model.ts';
import type { ModelMemory } from '../model-memory.ts';
import type { TrainingData } from '../training-data.node.ts';

/** Steps are measured until they have taken so long, at least two of them unless these take longer than the most. */
const ENOUGH_SECONDS = 2;
const MOST_SECONDS = 10;

export interface Forecast {
  readonly memory: ModelMemory;
  /** Time of a step with its images, after one that warms up. */
  readonly secondsPerStep: number;
}

/** Images to try a training on; close them after use. */
export type TrialImages = BatchSource<unknown> & { close(): Promise<void> };

/** The images of the training itself. */
export function trialImages(
  config: TrainingConfig,
  data: TrainingData,
  onCorrupt: (name: string, reason: string) => void,
): TrialImages {
  const loader = trainingBatches(config, data, { onCorrupt });
  const batches = accumulatedBatches(loader, config.accumulate ?? 1);
  return { next: () => batches.next(), close: () => loader.close() };
}

/** The images and labels of a step at random. */
export function randomStep(config: TrainingConfig, people: number): LabelledImages {
  const [height, width] = config.data.imageSize;
  const { seed } = config;
  const count = imagesPerStep(config);
  return {
    pixels: Uint8Array.from({ length: count * height * width * 4 }, (_, i) => hash32(seed, 1, i)),
    labels: Uint32Array.from({ length: count }, (_, i) => hash32(seed, 2, i) % people),
  };
}

/** Random images, where there are none: what reading and decoding takes is not in their time. */
export function randomImages(config: TrainingConfig, people: number): TrialImages {
  const step = { ...randomStep(config, people), cursor: null };
  return { next: async () => step, close: async () => {} };
}

/** Runs a few steps and throws their results away. @throws DeviceError when the GPU has too little memory */
export async function forecast(
  device: Device,
  config: TrainingConfig,
  people: number,
  images: TrialImages,
): Promise<Forecast> {
  let model: Model | undefined;
  try {
    model = await device.tuner.tuned(
      () => new Model(device, config, people),
      (discarded) => discarded.dispose(),
    );
    await model.compile();
    let number = 0;
    const secondsOfStep = async (trained: Model) => {
      const start = performance.now();
      await trained.step(await images.next(), 0, number++);
      return (performance.now() - start) / 1000;
    };
    // A driver may compile at the first run what `compile` gave it.
    await secondsOfStep(model);
    let [seconds, steps] = [0, 0];
    for (; seconds < ENOUGH_SECONDS || (steps < 2 && seconds < MOST_SECONDS); steps++)
      seconds += await secondsOfStep(model);
    return { memory: model.memory, secondsPerStep: seconds / steps };
  } finally {
    model?.dispose();
    await images.close();
  }
}
